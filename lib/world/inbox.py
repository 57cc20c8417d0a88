"""The interventions that a user received, and those that were probably missed.

Interventions are not sent again. If the values crossed the threshold while nobody listened, the app
cannot have received the intervention. It then says that it probably fired.

What happens to an intervention is tracked as Signals' own events, each once, in one transaction
with the note of it.

Times are this machine's, like the subscription's; `ahead` is how far ahead of them the sandbox's
clock was.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from snowplow_signals import InterventionInstance

from lib.snowplow.criteria import meets
from lib.snowplow.interventions import is_test
from lib.snowplow.tracking import ProjectTracking
from lib.world.app_state import AppState, Shown
from lib.world.history import Mark, Reading

GRACE = timedelta(seconds=3)

Rows = list[tuple[datetime, dict[str, Any], str | None, timedelta]]


@dataclass(frozen=True)
class Received:
    """One intervention in the inbox. `answer` is None until it was accepted or dismissed, and
    `shown` until a page showed it; `problem` says why that failed, if it did."""

    tstamp: datetime
    intervention: InterventionInstance
    answer: str | None
    ahead: timedelta = timedelta(0)
    shown: datetime | None = None
    problem: str = ""

    @property
    def at(self) -> datetime:
        """When it arrived by the clock that Signals counts by."""
        return self.tstamp + self.ahead

    @property
    def id(self) -> str:
        return self.intervention.intervention_id or ""

    @property
    def is_test(self) -> bool:
        """Whether the app sent it as a test: no rule fired."""
        return is_test(self.intervention)


@dataclass(frozen=True)
class Missed:
    """An intervention that probably fired while nobody listened, and when that was noticed."""

    name: str
    version: int
    tstamp: datetime
    ahead: timedelta = timedelta(0)

    @property
    def at(self) -> datetime:
        """When it was noticed by the clock that Signals counts by."""
        return self.tstamp + self.ahead


@dataclass(frozen=True)
class _Crossing:
    """The values met an intervention's criteria at `seen`, but not at `before`."""

    name: str
    version: int
    before: datetime
    seen: datetime
    ahead: timedelta


class Inbox:
    """One user's inbox. `on_news` is called when something arrived or was missed, `ahead` returns
    how far ahead the sandbox's clock is, and `tracking` tracks what happens to an intervention."""

    def __init__(
        self,
        state: AppState,
        world: str,
        on_news: Callable[[], None],
        ahead: Callable[[], timedelta],
        tracking: Callable[[], ProjectTracking],
    ) -> None:
        self._state = state
        self._world = world
        self._on_news = on_news
        self._ahead = ahead
        self._tracking = tracking
        self._noting = threading.Lock()
        self._lock = threading.Lock()
        self._crossing: _Crossing | None = None
        self._kept: tuple[Rows, Shown] = [], {}
        self._received: list[Received] = []
        self.arrivals = 0

    @property
    def received(self) -> list[Received]:
        """Every intervention received, newest first."""
        kept = self._state.inbox(self._world), self._state.shown(self._world)
        if kept != self._kept:
            self._kept, self._received = kept, self._read(*kept)
        return self._received

    @staticmethod
    def _read(rows: Rows, noted: Shown) -> list[Received]:
        return [
            Received(
                tstamp,
                InterventionInstance.model_validate(body),
                answer,
                ahead,
                *_outcome(noted.get(body["intervention_id"])),
            )
            for tstamp, body, answer, ahead in rows
        ]

    @property
    def missed(self) -> list[Missed]:
        """What was probably missed, newest first."""
        return [Missed(*row) for row in self._state.missed(self._world)]

    def has(self, name: str, version: int) -> bool:
        """Whether this version of an intervention was received, other than as a test."""
        return any(
            (each.intervention.name, each.intervention.version) == (name, version)
            and not each.is_test
            for each in self.received
        )

    def receive(self, intervention: InterventionInstance) -> None:
        """Put an intervention in, and track that it arrived, once."""
        if not intervention.intervention_id:
            intervention = intervention.model_copy(update={"intervention_id": str(uuid.uuid4())})
        with self._noting, self._state.with_event():
            is_new = self._put_in(intervention)
            if is_new:
                self._tracking().intervention_received(intervention)
        if is_new:
            self.arrivals += 1
            self._on_news()

    def _put_in(self, intervention: InterventionInstance) -> bool:
        now, ahead = datetime.now(UTC), self._ahead()
        body: dict[str, Any] = intervention.model_dump(exclude_none=True)
        if not self._state.add_intervention(self._world, body["intervention_id"], now, body, ahead):
            return False
        self._state.remove_missed(self._world, intervention.name, intervention.version)
        label = f"{intervention.name} v{intervention.version}"
        self._state.add_mark(self._world, Mark(now, "intervention", label, ahead))
        return True

    def note_shown(self, received: Received, problem: str = "") -> None:
        """Note that a page showed an intervention, or why it could not, and track that, the first
        time."""
        if received.id in self._state.shown(self._world):
            return
        with self._noting, self._state.with_event():
            is_here = any(each.id == received.id for each in self.received)
            now = datetime.now(UTC)
            if not is_here or not self._state.add_shown(self._world, received.id, now, problem):
                return
            if problem:
                self._tracking().intervention_failed(received.intervention, problem)
            else:
                self._tracking().intervention_handled(received.intervention)

    def answer(self, received: Received, action: str) -> bool:
        """Note that a person accepted or dismissed an intervention; False if it was answered."""
        is_new = self._state.answer_intervention(self._world, received.id, action)
        if is_new:
            self._on_news()
        return is_new

    def note_reading(self, before: Reading | None, after: Reading, intervention: Any) -> None:
        """Check whether values crossed the threshold of a published intervention."""
        if before is None or intervention is None or not intervention.is_published:
            return
        was_met = meets(intervention.criteria, before.values)
        if was_met is False and meets(intervention.criteria, after.values):
            with self._lock:
                self._crossing = _Crossing(
                    intervention.name,
                    int(intervention.version),
                    before.tstamp,
                    after.tstamp,
                    after.ahead,
                )

    def forget_crossing(self) -> None:
        """The values started over: what they crossed before can no longer fire."""
        with self._lock:
            self._crossing = None

    def look_for_missed(self, live_since: datetime | None) -> None:
        """Called regularly: notes what was missed, once the stream is back and brought nothing.

        `live_since` is when the stream opened, None while it is not open.
        """
        with self._lock:
            crossing = self._crossing
            if crossing is None or live_since is None:
                return
            if datetime.now(UTC) - max(live_since, crossing.seen) < GRACE:
                return
            self._crossing = None
        with self._noting:  # one that arrives just now is either found or removes what is noted
            if live_since <= crossing.before or self.has(crossing.name, crossing.version):
                return
            self._state.add_missed(
                self._world, crossing.name, crossing.version, crossing.seen, crossing.ahead
            )
        self._on_news()


def _outcome(noted: tuple[datetime, str] | None) -> tuple[datetime | None, str]:
    """When a page showed an intervention, or why that failed."""
    tstamp, problem = noted or (None, "")
    return (None, problem) if problem else (tstamp, "")
