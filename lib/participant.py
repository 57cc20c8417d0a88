"""One participant's world: tracker, subscription, inbox, project and history.

Opened and closed in one place. A world is one user in one sandbox or account; tabs that share both
share it, so it belongs to no browser session and knows nothing of Streamlit. `participants.py`
keeps the open ones.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from snowplow_signals import InterventionInstance

from lib import attributes, definitions
from lib.app_state import AppState
from lib.connection import Connection
from lib.definitions import COUNT, Plan, Published
from lib.explanations import SDK_ERRORS, Explanation, explained
from lib.history import Mark, Reading
from lib.interventions import Listener
from lib.outbox import Outbox
from lib.project import Priority, Project, Task
from lib.tracking import ProjectTracking

BEAT_SECONDS = 2.0
DEFINITIONS_SECONDS = 10.0
SETTLE_SECONDS = 0.25
FIRST_LOOK_SECONDS = 1.0

_READERS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="reader")


@dataclass(frozen=True)
class Received:
    """One intervention in the inbox; `answer` is None until it was accepted or dismissed."""

    tstamp: datetime
    intervention: InterventionInstance
    answer: str | None

    @property
    def id(self) -> str:
        return self.intervention.intervention_id or ""


@dataclass(frozen=True)
class Seen:
    """What was last seen of Signals.

    `values` is the latest reading, None before the first. `problem` says why the last attempt
    failed, since `since`; what was read before stays.
    """

    published: Published | None = None
    values: Reading | None = None
    problem: Explanation | None = None
    since: datetime | None = None


class Participant:
    """An open world. `revision` goes up whenever there is something new to show."""

    def __init__(self, user_id: str, connection: Connection, state: AppState, plan: Plan) -> None:
        self.user_id = user_id
        self.connection = connection
        self._default_plan = plan
        self.signals = connection.signals
        self.world = f"{connection.token or connection.mode}:{user_id}"
        self.revision = 0
        self.seen = Seen()
        self._state = state
        self._news = threading.Condition()
        self._project_lock = threading.Lock()
        self._reading: Future[None] | None = None
        self._read_at = 0.0
        self._asked_at = 0.0
        self._received = 0
        self._settlers = 0
        self._numbers = itertools.count(1)
        self._seen_number = 0
        self._delivery_status: tuple[bool, int] = (False, 0)
        self._was_live = False
        self._listener = Listener(self.signals, user_id, self._receive)
        self._listener.start()  # before anything is tracked: what fires unheard is lost
        self.tracking = ProjectTracking(
            connection.collector_url,
            user_id,
            plan.vendor,
            Outbox(state, self.world),
            self._note_delivery,
        )

    # The project

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return Project.from_json(self._state.project(self.world))

    @contextmanager
    def changed_project(self) -> Iterator[Project]:
        """The project, saved with the changes made in the block."""
        with self._project_lock:
            project = self.project
            yield project
            self._state.save_project(self.world, project.to_json())
        self._tell()

    def complete_task(self, task_id: str) -> Task | None:
        """Complete a task and track it; None if it was done before.

        Waits a moment for the event to take effect, so that the page can show it at once, and no
        longer than that, whatever the collector does.
        """
        with self.changed_project() as project:
            task = project.complete(task_id)
        if task is not None:
            received = self._received
            label = f"task_completed: {task.title} ({task.priority})"
            self._state.add_mark(self.world, Mark(datetime.now(UTC), "event", label))
            with self._settling():
                self.tracking.task_completed(task, project)
                self._settle(received)
        return task

    def add_task(self, title: str, priority: Priority) -> Task:
        """Add a task. Raises `ProjectError` for a title that will not do."""
        with self.changed_project() as project:
            return project.add(title, priority)

    def reset_project(self) -> None:
        """Back to the project that everyone starts with. What Signals counted stays."""
        with self._project_lock:
            self._state.save_project(self.world, Project.fresh().to_json())
        self._tell()

    # What Signals says

    @property
    def is_live(self) -> bool:
        """Whether the subscription's stream is open."""
        return self.connection.api_client.stream_state.is_live

    @property
    def history(self) -> list[Reading]:
        """Attribute values over time: one entry for each change, oldest first."""
        return self._state.readings(self.world)

    @property
    def marks(self) -> list[Mark]:
        """Events tracked and interventions received, oldest first."""
        return self._state.marks(self.world)

    @property
    def inbox(self) -> list[Received]:
        """Every intervention received, newest first."""
        return [
            Received(tstamp, InterventionInstance.model_validate(body), answer)
            for tstamp, body, answer in self._state.inbox(self.world)
        ]

    @property
    def plan(self) -> Plan:
        """What the definitions say that Signals has; the default where it has none."""
        return definitions.plan_of(self.seen.published or Published(), self._default_plan)

    @property
    def is_nudged(self) -> bool:
        """Whether the published version of the intervention has arrived."""
        published = self.seen.published.intervention if self.seen.published else None
        return published is not None and any(
            (each.intervention.name, each.intervention.version)
            == (published.name, published.version)
            for each in self.inbox
        )

    def refresh(self) -> None:
        """Ask Signals for the current values. Never raises for its errors: see `seen`."""
        self._read_at = time.monotonic()
        number = next(self._numbers)
        try:
            published = self._published_now()
            values = (
                attributes.service_attributes(self.signals, self.user_id)
                if published.service is not None
                else None
            )
        except SDK_ERRORS as error:
            self._asked_at = 0.0
            self._see_problem(explained(error))
            return
        self._see(number, published, values)

    def refresh_soon(self, beat: float = BEAT_SECONDS) -> Future[None]:
        """`refresh` in another thread, unless one is under way or the last is younger than a beat.

        Returns a future that is done when the values are fresh.
        """
        with self._news:
            is_due = time.monotonic() - self._read_at >= beat
            if self._reading is None or (self._reading.done() and is_due):
                self._reading = _READERS.submit(self.refresh)
            return self._reading

    def first_look(self) -> None:
        """Wait a moment at most for the first answer of Signals, so that a page can start whole."""
        wait_for([self.refresh_soon()], timeout=FIRST_LOOK_SECONDS)

    def publish(self, plan: Plan) -> None:
        """Publish the definitions. Raises what the SDK raises."""
        with self._changing_definitions():
            definitions.publish(self.signals, plan)

    def unpublish(self) -> None:
        """Unpublish the definitions. Raises what the SDK raises."""
        with self._changing_definitions():
            definitions.unpublish(self.signals)

    @contextmanager
    def _changing_definitions(self) -> Iterator[None]:
        """Asks Signals again afterwards: some may have changed even if the rest was refused."""
        try:
            yield
        finally:
            self._asked_at = 0.0
            self.refresh()

    def answer(self, received: Received, action: str) -> None:
        """Note that a person accepted or dismissed an intervention, and track it, once."""
        if self._state.answer_intervention(self.world, received.id, action):
            intervention = received.intervention
            self.tracking.nudge_answered(
                received.id, intervention.name, intervention.version, action
            )
            self._tell()

    # Staying connected

    def keep_alive(self) -> None:
        """Called about once a second: reconnects what was disconnected, and tells of changes."""
        self._listener.keep_alive()
        if self.is_live != self._was_live:
            self._was_live = self.is_live
            self._tell()
        if self.seen.problem is not None:
            self.refresh_soon()

    def close(self) -> None:
        """End the subscription and the tracker."""
        self._listener.stop()
        self.connection.api_client.close_stream()
        self.tracking.close()

    @contextmanager
    def _settling(self) -> Iterator[None]:
        """While somebody waits for an event to take effect, they read the values themselves."""
        with self._news:
            self._settlers += 1
        try:
            yield
        finally:
            with self._news:
                self._settlers -= 1

    def _settle(self, received: int) -> None:
        """Wait until what was tracked is sent and the values are read again; if they reached the
        line that the intervention waits for, until there are more than `received` of them."""
        deadline = time.monotonic() + SETTLE_SECONDS
        before = self._count
        if not self.tracking.emitter.wait_until_sent(SETTLE_SECONDS):
            return
        reading = _READERS.submit(self.refresh)  # one under way may have begun too early
        wait_for([reading], timeout=max(0.0, deadline - time.monotonic()))
        threshold = self.seen.published.threshold if self.seen.published else None
        if threshold is not None and before < threshold <= self._count:
            with self._news:
                self._news.wait_for(
                    lambda: self._received > received,
                    timeout=max(0.0, deadline - time.monotonic()),
                )

    def _published_now(self) -> Published:
        """What is published, asked for now and then: it changes rarely, and elsewhere too."""
        known = self.seen.published
        is_fresh = time.monotonic() - self._asked_at < DEFINITIONS_SECONDS
        if known is not None and known.is_complete and is_fresh:
            return known
        self._asked_at = time.monotonic()
        return definitions.published(self.signals)

    @property
    def _count(self) -> float:
        values = self.seen.values.values if self.seen.values else {}
        count = values.get(COUNT)
        return count if isinstance(count, int | float) else 0

    def _receive(self, intervention: InterventionInstance) -> None:
        now = datetime.now(UTC)
        body: dict[str, Any] = intervention.model_dump(exclude_none=True)
        intervention_id = intervention.intervention_id or f"{intervention.name}:{now.isoformat()}"
        body["intervention_id"] = intervention_id
        if self._state.add_intervention(self.world, intervention_id, now, body):
            label = f"{intervention.name} v{intervention.version}"
            self._state.add_mark(self.world, Mark(now, "intervention", label))
            self._received += 1
            self._tell()

    def _see(self, number: int, published: Published, values: dict[str, Any] | None) -> None:
        """Take note of an answer, unless one to a later question is known already."""
        with self._news:
            if number < self._seen_number:
                return
            self._seen_number = number
            before, reading = self.seen, self.seen.values
            if values is not None:
                reading = Reading(datetime.now(UTC), values)
                if values != _values(before):
                    self._record(reading)
            self.seen = Seen(published, reading)
        is_new = before.problem or before.published != published
        if is_new or _values(before) != _values(self.seen):
            self._tell()

    def _record(self, reading: Reading) -> None:
        """Add to the history, which may end with the same values since before a restart."""
        history = self._state.readings(self.world)
        if not history or history[-1].values != reading.values:
            self._state.add_reading(self.world, reading)

    def _see_problem(self, problem: Explanation) -> None:
        since = self.seen.since if self.seen.problem else datetime.now(UTC)
        is_new = self.seen.problem != problem
        self.seen = Seen(self.seen.published, self.seen.values, problem, since)
        if is_new:
            self._tell()

    def _note_delivery(self) -> None:
        delivery = self.tracking.emitter.delivery
        status = (delivery.retry_at is not None, len(delivery.refusals))
        if status != self._delivery_status:
            self._delivery_status = status
            self._tell()
        if not self._settlers:
            _READERS.submit(self.refresh)

    def _tell(self) -> None:
        with self._news:
            self.revision += 1
            self._news.notify_all()


def _values(seen: Seen) -> dict[str, Any] | None:
    return seen.values.values if seen.values else None
