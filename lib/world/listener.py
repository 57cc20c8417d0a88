"""One user's subscription, kept alive.

The SDK's subscription ends silently when the connection drops. `keep_alive`, called about once a
second, starts it again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from snowplow_signals import InterventionInstance
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.api_client import StreamState
from lib.snowplow.interventions import subscription

LONGEST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_AFTER_REFUSAL_SECONDS = 30.0


@dataclass(frozen=True)
class ListenerState:
    """The state of a subscription, and since when.

    While it is not live, `reason` says why the last try ended and `next_try` when the next is.
    """

    kind: Literal["connecting", "live", "reconnecting", "refused"]
    since: datetime
    reason: str = ""
    next_try: datetime | None = None


class Listener:
    """One user's subscription. `handler` is called in the SDK's thread for each intervention.

    `stream_state` returns the state of the stream that the SDK's thread reads.
    """

    def __init__(
        self,
        signals: BaseSignalsWithApiClient,
        user_id: str,
        handler: Callable[[InterventionInstance], object],
        stream_state: Callable[[], StreamState],
    ) -> None:
        self._subscription = subscription(signals, user_id, handler)
        self._stream_state = stream_state
        self._down_since = datetime.now(UTC)
        self._was_live = False
        self._pause = 0.0
        self._next_try: datetime | None = None
        self._is_stopped = False

    @property
    def state(self) -> ListenerState:
        """The state of the subscription now."""
        stream = self._stream_state()
        if stream.kind == "live":
            return ListenerState("live", stream.since)
        if _is_refusal(stream):
            return ListenerState("refused", self._down_since, stream.reason, self._next_try)
        has_tried = self._was_live or stream.kind == "ended" or self._pause > 0
        kind: Literal["connecting", "reconnecting"] = "reconnecting" if has_tried else "connecting"
        return ListenerState(kind, self._down_since, stream.reason, self._next_try)

    def has_opened_since(self, moment: datetime) -> bool:
        """Whether the stream is open, and was not yet at that moment."""
        stream = self._stream_state()
        return stream.kind == "live" and stream.since > moment

    def start(self) -> None:
        """Subscribe. The SDK connects in its own thread."""
        self._subscription.start()

    def keep_alive(self) -> None:
        """Subscribe again if the subscription has ended, with growing, uneven pauses between."""
        stream, now = self._stream_state(), datetime.now(UTC)
        if self._is_stopped or stream.kind == "connecting":
            return
        if stream.kind == "live":
            self._was_live, self._pause, self._next_try = True, 0.0, None
        elif self._next_try is None:
            self._plan_next_try(stream, now)
        elif now >= self._next_try:
            self._try_again()

    def stop(self) -> None:
        """Unsubscribe; the SDK's thread ends with the next line that arrives."""
        self._is_stopped = True
        self._subscription.stop()

    def _plan_next_try(self, stream: StreamState, now: datetime) -> None:
        if self._was_live and not self._pause:
            self._down_since = stream.since
        longest = (
            LONGEST_PAUSE_AFTER_REFUSAL_SECONDS if _is_refusal(stream) else LONGEST_PAUSE_SECONDS
        )
        self._pause = min(2 * self._pause + random.random(), longest)
        self._next_try = now + timedelta(seconds=self._pause)

    def _try_again(self) -> None:
        try:
            self._subscription.start()
        except RuntimeError:  # the thread of the last try is just ending
            return
        self._next_try = None


def _is_refusal(stream: StreamState) -> bool:
    return stream.status is not None and 400 <= stream.status < 500
