"""Receiving and sending interventions with the Signals Python SDK.

A subscription names its targets, here one user, and hands each intervention to its handlers in its
own thread. Interventions that fire while nobody listens are lost, so subscribe before tracking. The
subscription ends silently when the connection drops: start it again.

Source: https://docs.snowplow.io/docs/signals/applications/subscribe/
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance
from snowplow_signals.interventions_subscription import InterventionsSubscription
from snowplow_signals.signals import BaseSignalsWithApiClient

PUSHED = "hello_from_the_app"
SENDER = {"sent_by": "project app"}


def subscription(
    signals: BaseSignalsWithApiClient,
    user_id: str,
    handler: Callable[[InterventionInstance], object],
) -> InterventionsSubscription:
    """A subscription to what fires for one user; `start()` it before anything is tracked.

    `handler` is called in the SDK's thread for each intervention. `start()` raises `RuntimeError`
    while that thread is alive; `stop()` ends it with the next line that arrives.
    """
    subscribed: InterventionsSubscription = signals.pull_interventions(
        AttributeKeyIdentifiers({"user_id": [user_id]})
    )
    subscribed.add_handler(handler)
    return subscribed


def filled(text: str, attributes: Mapping[str, str] | None) -> str:
    """A text with each `{attribute}` replaced by its value in an intervention. Names without a
    value stay as typed.

    >>> filled("{tasks} done for {who}", {"tasks": "5"})
    '5 done for {who}'
    """
    values = attributes or {}
    return re.sub(
        r"\{(\w+)\}",
        lambda found: readable(values[found[1]]) if found[1] in values else found[0],
        text,
    )


def readable(value: str) -> str:
    """An intervention's value for a person: all arrive as text, lists and numbers as JSON.

    >>> readable("2.3333333"), readable('["a", "b"]'), readable('{"low": 2}'), readable("high")
    ('2.33', 'a, b', 'low: 2', 'high')
    """
    try:
        given = json.loads(value)
    except (ValueError, RecursionError):
        return value
    if isinstance(given, float) and abs(given) >= 0.01:
        return f"{given:.2f}".rstrip("0").rstrip(".")
    if isinstance(given, list):
        return ", ".join(map(str, given))
    if isinstance(given, dict):
        return ", ".join(f"{name}: {count}" for name, count in given.items())
    return value


def push_test_intervention(
    signals: BaseSignalsWithApiClient, *user_ids: str, **attributes: str
) -> str:
    """Push the app's own intervention directly to one or more users, without criteria.

    It arrives with the `attributes`. Returns "success" if somebody was subscribed, else
    "undelivered". Raises `SignalsAPIError` and `httpx.HTTPError`.
    """
    return push_intervention(signals, PUSHED, 1, user_ids, attributes)


def push_intervention(
    signals: BaseSignalsWithApiClient,
    name: str,
    version: int,
    user_ids: Sequence[str],
    attributes: Mapping[str, str],
) -> str:
    """Send an intervention to users as a test, as Console does: without checking its criteria, and
    as often as you like. It does not count as fired. Returns and raises as
    `push_test_intervention`.
    """
    intervention = InterventionInstance(
        name=name, version=version, attributes={**attributes, **SENDER}
    )
    targets = AttributeKeyIdentifiers({"user_id": list(user_ids)})
    return str(signals.push_intervention(targets, intervention))


def is_test(intervention: InterventionInstance) -> bool:
    """Whether this app sent an intervention as a test: no rule fired."""
    return SENDER.items() <= (intervention.attributes or {}).items()
