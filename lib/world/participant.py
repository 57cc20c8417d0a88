"""One participant's world: tracker, subscription, inbox, project and history.

Opened and closed in one place. A world is one user in one sandbox or account; tabs that share both
share it, so it belongs to no browser session and knows nothing of Streamlit. `participants.py`
keeps the open ones.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from snowplow_signals import InterventionInstance

from lib.connection.backend import Connection
from lib.connection.sandbox_inspector import SandboxInspector
from lib.project import Priority, Project, Task
from lib.snowplow import definitions
from lib.snowplow.definitions import COUNT, Plan, Published
from lib.snowplow.tracking import TASK_COMPLETED, VIEWS, ProjectTracking
from lib.world.app_state import AppState
from lib.world.background import in_background
from lib.world.emitter import BackgroundEmitter
from lib.world.event_feed import EventFeed
from lib.world.history import Mark, Reading
from lib.world.inbox import Inbox, Missed, Received
from lib.world.jobs import Jobs
from lib.world.listener import Listener
from lib.world.outbox import Outboxes
from lib.world.pace import Pace
from lib.world.polling import Polling, Seen
from lib.world.tracked_event import TrackedEvent

SETTLE_SECONDS = 0.2
TASKS_A_SECOND = 5.0
TASKS_AT_ONCE = 20


class Participant:
    """An open world. `revision` goes up whenever there is something new to show, and `sessions` is
    how many browser sessions look at it."""

    def __init__(
        self,
        user_id: str,
        connection: Connection,
        state: AppState,
        plan: Plan,
        outboxes: Outboxes | None = None,
        on_definitions_changed: Callable[[], None] | None = None,
    ) -> None:
        self.user_id = user_id
        self.connection = connection
        self.names = plan.names
        self.signals = connection.signals
        self.world = f"{connection.place}:{user_id}"
        self.revision = 0
        self.sessions = 0
        self._default_plan = plan
        self._state = state
        self._on_definitions_changed = on_definitions_changed or (lambda: None)
        self._news = threading.Condition()
        self._project_lock = threading.Lock()
        self._settlers = 0
        self._pace = Pace(TASKS_A_SECOND, TASKS_AT_ONCE)
        self._shown: tuple[object, ...] = ()
        self._known_delivered: tuple[object, ...] = (0, None)
        self.jobs = Jobs(self._tell)
        self._inbox = Inbox(state, self.world, self._tell, lambda: self.ahead)
        self._polling = Polling(
            self.signals,
            user_id,
            self.names,
            next(self.newest_readings, None),
            self._note_reading,
            self._tell,
            self._read_ahead,
            state.ahead(self.world),
            self._start_over,
        )
        self.listener = Listener(
            self.signals, user_id, self._receive, lambda: connection.api_client.stream_state
        )
        self.listener.start()  # before anything is tracked: what fires unheard is lost
        self.emitter = BackgroundEmitter(
            connection.collector_url,
            (outboxes or Outboxes(state)).of(self.world),
            self._note_delivery,
            connection.collector_session(),
        )
        self.tracking = ProjectTracking(self.emitter, user_id, plan.vendor)
        self.events = EventFeed(
            connection.inspector, user_id, lambda: self.emitter.delivery, self._tell
        )

    # The project

    def open_board(self, page_url: str) -> None:
        """Track that the board was opened: its views go to the collector in one request."""
        with self.emitter.together():
            self.tracking.board_opened(page_url)

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
        """Complete a task and track it; None if it was done before, and while the room is paused.

        Waits a moment for the event to take effect, so that the page can show it at once, and no
        longer than that, whatever the collector does. Who goes on faster than people do is held up.
        """
        if self.is_paused:  # a disabled button is no lock
            return None
        self._pace.wait()
        with self.changed_project() as project:
            task = project.complete(task_id)
        if task is not None:
            arrivals = self._inbox.arrivals
            label = f"task_completed: {task.title} ({task.priority})"
            mark = Mark(datetime.now(UTC), "event", label, self.ahead)
            self._state.add_mark(self.world, mark)
            self._polling.stir()
            with self._settling():
                self.tracking.task_completed(task, project)
                self._settle(arrivals)
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
    def seen(self) -> Seen:
        """What was last seen of Signals."""
        return self._polling.seen

    @property
    def waits_for(self) -> float:
        """For how many seconds Signals has owed an answer; 0 if it is not slow."""
        return self._polling.waits_for

    @property
    def beat(self) -> float:
        """The seconds between two readings of the values now."""
        return self._polling.beat

    @property
    def is_live(self) -> bool:
        """Whether the subscription's stream is open."""
        return self.listener.state.kind == "live"

    @property
    def history(self) -> list[Reading]:
        """Attribute values over time: one entry for each change, oldest first."""
        return self._state.readings(self.world)

    @property
    def newest_readings(self) -> Iterator[Reading]:
        """The same, newest first, for who may need only some of it."""
        return self._state.newest_readings(self.world)

    @property
    def marks(self) -> list[Mark]:
        """Events tracked and interventions received, oldest first."""
        return self._state.marks(self.world)

    @property
    def inbox(self) -> list[Received]:
        """Every intervention received, newest first."""
        return self._inbox.received

    @property
    def missed(self) -> list[Missed]:
        """Interventions that probably fired while nobody listened, newest first."""
        return self._inbox.missed

    @property
    def plan(self) -> Plan:
        """What the definitions say that Signals has; the default where it has none."""
        return definitions.plan_of(self.seen.published or Published(), self._default_plan)

    @property
    def is_nudged(self) -> bool:
        """Whether the published version of the intervention has arrived."""
        published = self.seen.published.intervention if self.seen.published else None
        return published is not None and self._inbox.has(published.name, published.version)

    def refresh(self) -> None:
        """Ask Signals for the current values. Never raises for its errors: see `seen`."""
        self._polling.refresh()

    def refresh_soon(self, *, values: bool = True) -> Future[None]:
        """`refresh` in the background, unless what is known is young enough."""
        return self._polling.refresh_soon(values=values)

    def first_look(self, *, values: bool = True) -> None:
        """Wait a moment at most for the first answer of Signals, so that a page can start whole."""
        self._polling.first_look(values=values)
        self._shown = self._shown or self._connection_shown  # by the page that waited

    def publish(self, plan: Plan) -> Published:
        """Publish the definitions; returns what Signals then says. Raises what the SDK raises."""
        with self._changing_definitions():
            return definitions.publish(self.signals, plan)

    def unpublish(self) -> None:
        """Unpublish the definitions. Raises what the SDK raises."""
        with self._changing_definitions():
            definitions.unpublish(self.signals, self.names)

    def clean_up(self) -> list[str]:
        """Delete the definitions; returns the names of those that others made or use, which stay.

        Raises what the SDK raises.
        """
        with self._changing_definitions():
            return definitions.clean_up(self.signals, self.names)

    @contextmanager
    def _changing_definitions(self) -> Iterator[None]:
        """Asks Signals again afterwards: some may have changed even if the rest was refused."""
        try:
            yield
        finally:
            self.ask_anew()
            self._on_definitions_changed()

    def note_shown(self, received: Received) -> None:
        """Note that a page was drawn with an intervention."""
        self._inbox.note_shown(received)

    def answer(self, received: Received, action: str) -> None:
        """Note that a person accepted or dismissed an intervention, and track it, once."""
        if self._inbox.answer(received, action):
            intervention = received.intervention
            self.tracking.nudge_answered(
                received.id, intervention.name, intervention.version, action
            )

    # The sandbox's time

    @property
    def ahead(self) -> timedelta:
        """How far the sandbox's clock is ahead, as far as is known; on Snowplow none is."""
        return self.seen.ahead

    @property
    def now(self) -> datetime:
        """The time by the clock that Signals counts by."""
        return datetime.now(UTC) + self.ahead

    def fast_forward(self, by: timedelta) -> None:
        """Move the sandbox's clock. Raises `ClockLimit` and `httpx.HTTPError`."""
        with self._moving_clock() as inspector:
            inspector.forward(by)

    def back_to_now(self) -> None:
        """Set the sandbox's clock back: all that happened is gone, the definitions and the project
        stay. Raises `httpx.HTTPError`."""
        self.refresh()
        if self.ahead:  # if somebody else was faster, what has happened since is not to be lost
            with self._moving_clock() as inspector:
                inspector.back_to_now()

    @contextmanager
    def _moving_clock(self) -> Iterator[SandboxInspector]:
        if self.connection.inspector is None:
            raise ValueError("Only the sandbox has a clock that can be moved.")
        try:
            yield self.connection.inspector
        finally:
            self._polling.stir()
            self._polling.refresh()

    def _read_ahead(self, has_asked: bool) -> timedelta:
        said = self.connection.api_client.sandbox_ahead if has_asked else None
        if said is not None:
            return said
        inspector = self.connection.inspector
        return inspector.clock().ahead if inspector is not None else timedelta(0)

    def _start_over(self) -> None:
        """The sandbox's clock was set back, by whomever: what happened here is of the future."""
        self._state.forget_what_happened(self.world)
        self._inbox.forget_crossing()

    # The room

    @property
    def is_paused(self) -> bool:
        """Whether a presenter paused the room that this is in."""
        room = self._state.room(self.connection.place)
        return room is not None and room[1]

    def tell(self) -> None:
        """There is something new to show that others did."""
        self._tell()

    def note_sessions(self, count: int) -> None:
        """So many browser sessions look at this world now: those that were alone look more often
        when another comes."""
        is_new = count > self.sessions
        self.sessions = count
        if is_new and count > 1:
            self._tell()

    def hear_of_new_definitions(self) -> None:
        """Somebody else has changed them: ask for them now, without waiting for the answer."""
        in_background("reader", self.ask_anew)

    def start_over(self) -> None:
        """All that this user did is gone from the sandbox: be as new. Their events that wait to be
        sent are sent."""
        self._polling.forget_values()
        with self._project_lock:
            self._state.start_over(self.world)
        self._inbox.forget_crossing()
        self.emitter.forget()
        self._tell()
        in_background("reader", self.ask_anew)

    # The guide

    @property
    def guide_steps(self) -> dict[str, datetime]:
        """The steps of the guide that were found done, and when."""
        return self._state.guide_steps(self.world)

    def note_guide_step(self, key: str) -> None:
        """Note that a step of the guide is done."""
        if self._state.add_guide_step(self.world, key, datetime.now(UTC)):
            self._tell()

    def forget_guide_steps(self, keys: Iterable[str]) -> None:
        """Have steps of the guide done again."""
        self._state.remove_guide_steps(self.world, keys)
        self._tell()

    # What was tracked last

    @property
    def last_event(self) -> TrackedEvent | None:
        """The completed task that was tracked last; None if there was none since this opened."""
        events = reversed(self.emitter.delivery.events)
        return next((each for each in events if each.name == TASK_COMPLETED), None)

    def ask_anew(self) -> None:
        """Ask Signals for the definitions and the values now."""
        self._polling.forget_definitions()
        self._polling.refresh()

    # Staying connected

    def keep_alive(self) -> None:
        """Called about once a second: reconnects what was disconnected, and tells of changes."""
        self.listener.keep_alive()
        self.events.let_go()
        listening = self.listener.state
        self._inbox.look_for_missed(listening.since if listening.kind == "live" else None)
        if self.seen.problem is not None:
            self.refresh_soon()
        if self._connection_shown != self._shown:
            self._shown = self._connection_shown
            self._tell()

    @property
    def _connection_shown(self) -> tuple[object, ...]:
        """What every page shows of the connection."""
        return self.listener.state, self.waits_for > 0, self.seen.next_try

    def close(self) -> None:
        """End the subscription and the tracker; what waits to be sent stays in the outbox."""
        self.listener.stop()
        self.connection.close()
        self.emitter.close()

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

    def _settle(self, arrivals: int) -> None:
        """Wait until what was tracked is sent and the values are read again; if they reached the
        line that the intervention waits for, until there are more than `arrivals` in the inbox."""
        deadline = time.monotonic() + SETTLE_SECONDS
        before = self._count
        if not self.emitter.wait_until_sent(SETTLE_SECONDS):
            return
        reading = in_background("reader", self.refresh)  # one under way may have begun too early
        wait_for([reading], timeout=max(0.0, deadline - time.monotonic()))
        threshold = self.seen.published.threshold if self.seen.published else None
        if threshold is not None and before < threshold <= self._count:
            with self._news:
                self._news.wait_for(
                    lambda: self._inbox.arrivals > arrivals,
                    timeout=max(0.0, deadline - time.monotonic()),
                )

    @property
    def _count(self) -> float:
        count = self.seen.current.get(COUNT)
        return count if isinstance(count, int | float) else 0

    def _receive(self, intervention: InterventionInstance) -> None:
        self._polling.stir()
        self._inbox.receive(intervention)

    def _note_reading(self, before: Reading | None, after: Reading) -> None:
        """Add to the history if the values or the clock changed, and see whether they went over the
        line."""
        if before is None or (before.values, before.ahead) != (after.values, after.ahead):
            self._state.add_reading(self.world, after)
        published = self.seen.published
        self._inbox.note_reading(before, after, published.intervention if published else None)

    def _note_delivery(self) -> None:
        """An event fares otherwise: read the values, and tell. Views that arrive change nothing."""
        delivered = self._delivered
        if delivered == self._known_delivered:
            return
        self._known_delivered = delivered
        self._polling.stir()
        if not self._settlers:
            in_background("reader", self.refresh)
        self._tell()

    @property
    def _delivered(self) -> tuple[object, ...]:
        """How the events fare, but for views that the collector has taken."""
        delivery = self.emitter.delivery
        told = [
            (each.event_id, each.state)
            for each in delivery.events
            if each.name not in VIEWS or each.state != "sent"
        ]
        return delivery.waiting, delivery.retry_at, *told

    def _tell(self) -> None:
        with self._news:
            self.revision += 1
            self._news.notify_all()
