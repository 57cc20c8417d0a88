"""Receiving interventions with the Signals Python SDK, and keeping the subscription alive.

Interventions that fire while nobody listens are lost, so subscribe before tracking. The SDK's
subscription ends without a word when the connection drops; `Listener.keep_alive`, called now and
then, starts it again.

Source: https://docs.snowplow.io/docs/signals/applications/subscribe/
"""

import random
import time
from collections.abc import Callable

from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance
from snowplow_signals.signals import BaseSignalsWithApiClient

LONGEST_PAUSE_SECONDS = 5.0


class Listener:
    """One user's subscription. `handler` is called in the SDK's thread for each intervention."""

    def __init__(
        self,
        signals: BaseSignalsWithApiClient,
        user_id: str,
        handler: Callable[[InterventionInstance], object],
    ) -> None:
        targets = AttributeKeyIdentifiers({"user_id": [user_id]})
        self._subscription = signals.pull_interventions(targets)
        self._subscription.add_handler(handler)
        self._pause = 0.0
        self._next_try = 0.0
        self._is_stopped = False

    def start(self) -> None:
        """Subscribe. The connection is made in a thread of the SDK's."""
        self._subscription.start()

    def keep_alive(self) -> None:
        """Subscribe again if the subscription has ended, with growing pauses between tries."""
        now = time.monotonic()
        if self._is_stopped or now < self._next_try:
            return
        try:
            self._subscription.start()
        except RuntimeError:  # it is running, which is all that is wanted
            self._pause = 0.0
            return
        self._pause = min(2 * self._pause + random.random(), LONGEST_PAUSE_SECONDS)
        self._next_try = now + self._pause

    def stop(self) -> None:
        """Unsubscribe; the SDK's thread ends with the next line that arrives."""
        self._is_stopped = True
        self._subscription.stop()


def push_test_intervention(signals: BaseSignalsWithApiClient, user_id: str) -> str:
    """Push an intervention to one user directly, without criteria.

    Returns "success" if somebody was subscribed, else "undelivered". Raises `SignalsAPIError` and
    `httpx.HTTPError`.
    """
    intervention = InterventionInstance(
        name="hello_from_the_app",
        version=1,
        attributes={"sent_by": "project app"},
    )
    targets = AttributeKeyIdentifiers({"user_id": [user_id]})
    return str(signals.push_intervention(targets, intervention))
