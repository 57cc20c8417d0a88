"""An emitter that never makes the page wait, and says how each event fared.

The tracker's own `Emitter` sends while `track()` runs, so a collector that hangs would freeze the
page. This one is the same emitter with the sending moved to a shared pool of threads; retries,
batches and timeouts stay the tracker's own. Events wait in order until they are sent, and what the
collector refuses for good (400, 401, 403, 410, 422) is reported instead of dropped in silence.

Source: https://docs.snowplow.io/docs/sources/python-tracker/emitters/
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from snowplow_tracker import Emitter

from lib.outbox import Outbox

CONNECT_AND_READ_SECONDS = (2.0, 5.0)
LONGEST_RETRY_SECONDS = 5
REFUSALS_KEPT = 20
NO_ANSWER = -1

Payload = dict[str, Any]

# The tracker logs the collector's URL, and the sandbox's has a secret token in its path.
logging.getLogger("snowplow_tracker.emitters").setLevel(logging.CRITICAL)

_SENDERS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="sender")


@dataclass(frozen=True)
class Refusal:
    """Events that the collector refused for good."""

    tstamp: datetime
    status: int
    events: int


@dataclass(frozen=True)
class Delivery:
    """How the events of one tracker fare.

    `retry_at` is set while the collector cannot be reached: events wait and will be sent again.
    """

    sent: int = 0
    waiting: int = 0
    retry_at: datetime | None = None
    refusals: list[Refusal] = field(default_factory=list)


class BackgroundEmitter(Emitter):
    """The tracker's emitter, sending from a pool of threads.

    Events wait in the `outbox`; what waits there from before is sent too. `on_change` is called
    from those threads whenever the delivery of an event changes.
    """

    def __init__(self, endpoint: str, outbox: Outbox, on_change: Callable[[], None]) -> None:
        session = requests.Session()
        session.trust_env = not endpoint.startswith("http://")
        super().__init__(
            endpoint,
            batch_size=1,
            request_timeout=CONNECT_AND_READ_SECONDS,
            max_retry_delay_seconds=LONGEST_RETRY_SECONDS,
            event_store=outbox,
            session=session,
            on_success=self._note_success,
            on_failure=self._note_failure,
        )
        self._session = session
        self._on_change = on_change
        self._state = threading.Condition()
        self._tracked = outbox.size()
        self._sent = 0
        self._status = NO_ANSWER
        self._retry_at: datetime | None = None
        self._refusals: deque[Refusal] = deque(maxlen=REFUSALS_KEPT)
        self._refused = 0
        self._is_sending = False
        self._is_closed = False
        if self._tracked:
            self._send_soon()

    @property
    def delivery(self) -> Delivery:
        """How the events fare now."""
        with self._state:
            return Delivery(self._sent, self._waiting, self._retry_at, list(self._refusals))

    def input(self, payload: Payload) -> None:
        """Take an event from the tracker and return at once."""
        if self.event_store.add_event({name: str(value) for name, value in payload.items()}):
            with self._state:
                self._tracked += 1
            self._send_soon()

    def flush(self) -> None:
        """Send what waits, now and in this thread, unless a retry is due later anyway."""
        if not self._is_closed:
            super().flush()

    def wait_until_sent(self, seconds: float) -> bool:
        """Wait until every event is sent, at most this long; stops at once when one fails."""
        with self._state:
            self._state.wait_for(
                lambda: not self._waiting or self._retry_at is not None, timeout=seconds
            )
            return not self._waiting

    def close(self) -> None:
        """Stop retrying and close the connection. What waits is not sent."""
        self._is_closed = True
        self._cancel_retry_timer()
        self._session.close()

    def http_post(self, data: str) -> int:
        """As in the tracker, and keep the status for the report."""
        self._status = super().http_post(data)
        return self._status

    @property
    def _waiting(self) -> int:
        return self._tracked - self._sent - self._refused

    def _send_soon(self) -> None:
        """Have a thread of the pool send what waits; one for each emitter is enough."""
        with self._state:
            if self._is_sending or self._is_closed:
                return
            self._is_sending = True
        _SENDERS.submit(self._send_all)

    def _send_all(self) -> None:
        try:
            while self.event_store.size() and not self.retry_timer.is_active():
                self.flush()
        finally:
            with self._state:
                self._is_sending = False
        if self.event_store.size() and not self.retry_timer.is_active():
            self._send_soon()

    def _note_success(self, events: list[Payload]) -> None:
        with self._state:
            self._sent += len(events)
            self._retry_at = None
            self._state.notify_all()
        self._on_change()

    def _note_failure(self, _sent: int, events: list[Payload]) -> None:
        if self._should_retry(self._status):
            return
        self.event_store.cleanup(events, need_retry=False)
        with self._state:
            self._refused += len(events)
            self._retry_at = None
            self._refusals.append(Refusal(datetime.now(UTC), self._status, len(events)))
            self._state.notify_all()
        self._on_change()

    def _set_retry_timer(self, timeout: float) -> None:
        super()._set_retry_timer(timeout)
        with self._state:
            self._retry_at = datetime.now(UTC) + timedelta(seconds=timeout)
            self._state.notify_all()
        self._on_change()
