"""An emitter that never makes the page wait, and says what happened to each event.

The tracker's own `Emitter` sends while `track()` runs, so a collector that hangs would freeze the
page. This one is the same emitter with the sending moved to a thread; retries, batches and timeouts
stay the tracker's own. Events wait in order until they are sent. Those that the collector refuses
permanently (400, 401, 403, 410, 422) are reported instead of silently dropped.

Source: https://docs.snowplow.io/docs/sources/python-tracker/emitters/
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from snowplow_tracker import Emitter

from lib.connection.clients import CollectorAnswer, CollectorSession
from lib.snowplow.tracking import WITHOUT_GESTURE
from lib.world.background import in_background
from lib.world.outbox import Outbox
from lib.world.tracked_event import State, TrackedEvent, tracked_event

CONNECT_AND_READ_SECONDS = (2.0, 5.0)
LONGEST_RETRY_SECONDS = 5
EVENTS_KEPT = 100
SLOW = timedelta(seconds=1)

Payload = dict[str, Any]

# The tracker logs the collector's URL, and the sandbox's has a secret token in its path.
logging.getLogger("snowplow_tracker.emitters").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Delivery:
    """The state of one tracker's events.

    `events` are the newest ones, oldest first. While the collector accepts none, `retry_at` says
    when the next try is and `problem` why the last one failed.
    """

    sent: int = 0
    waiting: int = 0
    retry_at: datetime | None = None
    problem: str = ""
    events: tuple[TrackedEvent, ...] = ()

    @property
    def refused(self) -> list[TrackedEvent]:
        """The events that the collector refused permanently, oldest first."""
        return [each for each in self.events if each.state == "refused"]

    def being_sent(self, now: datetime) -> int:
        """How many events of a gesture have had no answer for a second: most take milliseconds, and
        a page that said so each time would flicker."""
        unanswered = [
            each for each in self.events if not each.is_final and now - each.tstamp > SLOW
        ]
        return sum(each.name not in WITHOUT_GESTURE for each in unanswered)

    @property
    def shown(self) -> tuple[object, ...]:
        """What pages show of it: not accepted events that no gesture made."""
        states = [
            (each.event_id, each.state)
            for each in self.events
            if each.name not in WITHOUT_GESTURE or each.state != "sent"
        ]
        return self.waiting, self.retry_at, *states


class BackgroundEmitter(Emitter):
    """The tracker's emitter, sending from a thread that lives while there is something to send.

    Events wait in the `outbox`, and those already waiting there are sent too. `on_change` gets the
    delivery whenever that of an event changes, in that thread.
    """

    def __init__(
        self,
        endpoint: str,
        outbox: Outbox,
        on_change: Callable[[Delivery], None],
        session: CollectorSession | None = None,
    ) -> None:
        self._session = session or CollectorSession(endpoint, only_public=False)
        super().__init__(
            endpoint,
            batch_size=1,
            request_timeout=CONNECT_AND_READ_SECONDS,
            max_retry_delay_seconds=LONGEST_RETRY_SECONDS,
            event_store=outbox,
            session=self._session,
            on_success=self._note_success,
            on_failure=self._note_failure,
        )
        self._on_change = on_change
        self._state = threading.Condition()
        self._outbox = outbox
        self._sent = 0
        self._events = OrderedDict(
            (each["eid"], tracked_event(each)) for each in outbox.oldest(EVENTS_KEPT)
        )
        self._retry_at: datetime | None = None
        self._problem = ""
        self._is_sending = False
        self._is_closed = False
        self._holders = 0
        if outbox.size():
            self._send_soon()

    @property
    def delivery(self) -> Delivery:
        """The state of the events now."""
        with self._state:
            return Delivery(
                self._sent,
                self._outbox.count(),
                self._retry_at,
                self._problem,
                tuple(self._events.values()),
            )

    def input(self, payload: Payload) -> None:
        """Take an event from the tracker and return at once."""
        event = tracked_event(payload)
        is_kept = self._outbox.add_event({name: str(each) for name, each in payload.items()})
        with self._state:
            if not is_kept:
                event = replace(event, state="refused", reason="too many are waiting")
            elif self._retry_at is not None:  # it is sent with those that wait for the retry
                event = replace(event, state="waiting", reason=self._problem)
            self._remember(event)
        if is_kept:
            self._send_soon()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is tracked in the block goes to the collector in one request."""
        with self._state:
            self._holders += 1
        try:
            yield
        finally:
            with self._state:
                self._holders -= 1
            if self._outbox.size():
                self._send_soon()

    def flush(self) -> None:
        """Send what waits, now and in this thread, unless a retry is already planned."""
        if not self._is_closed:
            super().flush()

    def wait_until_sent(self, seconds: float) -> bool:
        """Wait until every event is sent, at most this long; stops at once when one fails."""
        with self._state:
            self._state.wait_for(
                lambda: not self._outbox.count() or self._retry_at is not None, timeout=seconds
            )
            return not self._outbox.count()

    def resume(self) -> None:
        """Send what waits, if nothing else does: another emitter may have failed to."""
        if self._has_something_to_send():
            self._send_soon()

    def forget(self) -> None:
        """Forget the events that are sent or refused. Those that wait are still sent."""
        with self._state:
            for event_id in [key for key, each in self._events.items() if each.is_final]:
                del self._events[event_id]

    def close(self) -> None:
        """Stop retrying and close the connection. What waits is not sent."""
        self._is_closed = True
        self._cancel_retry_timer()
        if not self._is_sending:
            self._session.close()

    @property
    def _answer(self) -> CollectorAnswer:
        return self._session.answer or CollectorAnswer(None, "no request was sent")

    def _send_soon(self) -> None:
        """Start a thread that sends what waits, unless one is running."""
        with self._state:
            if self._is_sending or self._is_closed or self._holders:
                return
            self._is_sending = True
        in_background("sender", self._send_all)

    def _send_all(self) -> None:
        try:
            while self._has_something_to_send():
                self.flush()
        finally:
            with self._state:
                self._is_sending = False
        if self._is_closed:
            self._session.close()
        elif self._has_something_to_send():
            self._send_soon()

    def _has_something_to_send(self) -> bool:
        return bool(
            self._outbox.size() and not self.retry_timer.is_active() and not self._is_closed
        )

    def _note_success(self, events: list[Payload]) -> None:
        with self._state:  # so that an event leaves the outbox and changes its state at once
            self._outbox.cleanup(events, need_retry=False)
            self._sent += len(events)
            self._retry_at, self._problem = None, ""
            self._note(events, "sent")
        self._tell()

    def _note_failure(self, _sent: int, events: list[Payload]) -> None:
        is_final = self._answer.status is not None and not self._should_retry(self._answer.status)
        with self._state:
            if is_final:
                self._outbox.cleanup(events, need_retry=False)
            self._problem = _problem(self._answer)
            self._note(events, "refused" if is_final else "waiting")
            if is_final:
                self._retry_at = None
        if is_final:
            self._tell()

    def _set_retry_timer(self, timeout: float) -> None:
        if self._is_closed:
            return
        super()._set_retry_timer(timeout)
        with self._state:
            self._retry_at = datetime.now(UTC) + timedelta(seconds=timeout)
        self._tell()

    def _tell(self) -> None:
        """Report a change before waking those who wait for it, so that they see it."""
        self._on_change(self.delivery)
        with self._state:
            self._state.notify_all()
        if self._has_something_to_send():  # a retry sends one batch, and there may be more
            self._send_soon()

    def _note(self, events: Iterable[Payload], state: State) -> None:
        """Note the state of the events, with what the collector answered."""
        for payload in events:
            known = self._events.get(payload["eid"])
            if known is not None:
                self._events[payload["eid"]] = replace(
                    known,
                    state=state,
                    status=self._answer.status,
                    reason=self._reason(state),
                    sent_at=datetime.now(UTC) if state == "sent" else None,
                )

    def _reason(self, state: State) -> str:
        return "" if state == "sent" else _problem(self._answer)

    def _remember(self, event: TrackedEvent) -> None:
        self._events[event.event_id] = event
        while len(self._events) > EVENTS_KEPT:
            self._events.popitem(last=False)


def _problem(answer: CollectorAnswer) -> str:
    if answer.status is None:
        return answer.reason
    said = f": {answer.reason}" if answer.reason.strip() else ""
    return f"it answered {answer.status}{said}"
