"""Receiving and sending interventions with the Signals Python SDK.

A subscription names its targets, here one user, and hands each intervention to its handlers in a
thread of its own. Interventions that fire while nobody listens are lost, so subscribe before
tracking. The subscription ends silently when the connection drops: start it again.

Source: https://docs.snowplow.io/docs/signals/applications/subscribe/
"""

from collections.abc import Callable

from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance
from snowplow_signals.interventions_subscription import InterventionsSubscription
from snowplow_signals.signals import BaseSignalsWithApiClient

PUSHED = "hello_from_the_app"


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


def push_test_intervention(
    signals: BaseSignalsWithApiClient, *user_ids: str, **attributes: str
) -> str:
    """Push an intervention to one or more users directly, without criteria.

    It arrives with the `attributes`. Returns "success" if somebody was subscribed, else
    "undelivered". Raises `SignalsAPIError` and `httpx.HTTPError`.
    """
    intervention = InterventionInstance(
        name=PUSHED,
        version=1,
        attributes={"sent_by": "project app", **attributes},
    )
    targets = AttributeKeyIdentifiers({"user_id": list(user_ids)})
    return str(signals.push_intervention(targets, intervention))
