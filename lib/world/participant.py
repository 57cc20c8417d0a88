"""One participant's world: tracker, subscription, inbox, project and history.

Opened and closed in one place. A world is one user in one sandbox or account. Tabs that share both
share it, so it belongs to no browser session and knows nothing about Streamlit. `participants.py`
keeps the open ones.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial

from snowplow_signals import InterventionInstance

from lib.connection.backend import Connection
from lib.demo.demo_profile import DemoProfile
from lib.demo.own_words import OwnWords
from lib.project import Project, Task
from lib.snowplow import publishing
from lib.snowplow.definitions import Plan
from lib.snowplow.session_id import SessionId
from lib.snowplow.tracking import WITHOUT_GESTURE, ProjectTracking
from lib.world.app_state import AppState
from lib.world.background import in_background
from lib.world.context_reader import ContextReader
from lib.world.emitter import BackgroundEmitter
from lib.world.event_feed import EventFeed
from lib.world.fired import FiredReader
from lib.world.guide_steps import GuideSteps
from lib.world.history import Mark, Reading
from lib.world.inbox import Inbox, Missed, Received
from lib.world.jobs import Jobs
from lib.world.kept_draft import KeptDraft
from lib.world.listener import Listener
from lib.world.news import News
from lib.world.outbox import Outboxes
from lib.world.own_definitions import OwnDefinitions
from lib.world.own_event import OwnEvent
from lib.world.own_project import OwnProject
from lib.world.pace import Pace
from lib.world.polling import Polling, Seen
from lib.world.settling import Settling
from lib.world.shown_profile import ShownProfile
from lib.world.stage import Stage
from lib.world.time_travel import SandboxTime, read_ahead
from lib.world.tracked_event import TrackedEvent
from lib.world.watched import WatchedValues


class Participant:
    """An open world. `sessions` is how many browser sessions look at it."""

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
        self.sessions = 0
        self._state = state
        self.news = News()
        self.stage = Stage(self.news)
        self.guide_steps = GuideSteps(state, self.world, self.news)
        self.shown_profile = ShownProfile(
            state, connection.place, user_id, is_sandbox=connection.mode == "sandbox"
        )
        self.own_event = OwnEvent(plan, lambda: self.profile, connection)
        self.draft = KeptDraft(state.drafts, self.world)
        self._pace = Pace()
        self._shown: tuple[object, ...] = ()
        self.jobs = Jobs(self.news.tell, self._pace)
        self._is_open = threading.Event()
        self._inbox = Inbox(
            state, self.world, self.news.tell_of_user, lambda: self.ahead, lambda: self.tracking
        )
        self.polling = self._new_polling()
        self.time = SandboxTime(connection.inspector, self.polling)
        self.listener = Listener(
            self.signals, user_id, self._receive, lambda: connection.api_client.stream_state
        )
        self.listener.start()  # before anything is tracked: what fires unheard is lost
        self._settling = Settling(self.polling, self._inbox, self.news)
        self.emitter = self._new_emitter(outboxes or Outboxes(state))
        self.session = SessionId(lambda: datetime.now(UTC))
        self.tracking = ProjectTracking(
            self.emitter, user_id, plan.vendor, self.session.current, lambda: self.own_event.current
        )
        self.context = ContextReader(
            self.signals, lambda: self.session.known, self.names.context, self.news.tell_of_user
        )
        self.definitions = OwnDefinitions(
            connection,
            lambda: self.plan,
            self.polling,
            self.context,
            self.news,
            on_definitions_changed or (lambda: None),
        )
        self.watched = WatchedValues(
            self.signals, lambda: self.identifiers, lambda: self.ahead, lambda: self.polling.beat
        )
        self.own_project = OwnProject(
            state,
            self.world,
            self.news,
            self.tracking,
            self.polling,
            lambda: self.profile.template,
        )
        self.events = EventFeed(
            connection.inspector, user_id, lambda: self.emitter.delivery, self.news.tell_of_user
        )
        self.fired = FiredReader(connection.inspector, user_id, self.news.tell_of_user)
        self._is_open.set()

    def _new_polling(self) -> Polling:
        return Polling(
            self.signals,
            self.user_id,
            self.names,
            next(self.newest_readings, None),
            self._note_reading,
            self.news.tell_of_user,
            partial(read_ahead, self.connection),
            self._state.ahead(self.world),
            self._start_over,
            lambda: self.connection.api_client.sandbox_definitions,
        )

    def _new_emitter(self, outboxes: Outboxes) -> BackgroundEmitter:
        return BackgroundEmitter(
            self.connection.collector_url,
            outboxes.of(self.world),
            self._settling.note,
            self.connection.collector_session(),
        )

    @property
    def revision(self) -> int:
        """Goes up whenever there is something new to show."""
        return self.news.revision

    @property
    def profile(self) -> DemoProfile:
        """The words and the look of the product that this user sees."""
        return self.shown_profile.current

    # The project

    def open_board(self, page_url: str) -> None:
        """Track that the board was opened: its views go to the collector in one request."""
        with self.emitter.together():
            self.tracking.board_opened(page_url)

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return self.own_project.current

    def complete_task(self, task_id: str) -> Task | None:
        """Complete a task and track it; None if it was already done, and while the room is paused.

        Waits a moment for the event to take effect, so that the page can show it at once, and no
        longer, whatever the collector does. Faster callers than people are throttled.
        """
        if self.is_paused:  # a disabled button is not a lock
            return None
        self._pace.hold("task")
        with self._settling.after(self.emitter):
            return self.own_project.complete(task_id)

    # What Signals says

    @property
    def identifiers(self) -> dict[str, str]:
        """Who this is, by attribute key, as far as the app knows."""
        return {
            "user_id": self.user_id,
            "domain_sessionid": self.session.known,
            "project_id": self.project.id,
            "plan": self.project.plan,
        }

    @property
    def seen(self) -> Seen:
        """What Signals said last."""
        return self.polling.seen

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
        """The same, newest first, for callers that need only some of it."""
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
        """The plan behind the definitions that Signals has; the profile's where it has none, and
        always with its event."""
        return publishing.plan_of(self.seen.published, self.own_event.plan)

    @property
    def nudge_name(self) -> str:
        """The name of the intervention that the app follows; the story's while none is
        published."""
        followed = self.seen.published.followed
        return self.names.intervention if followed is None else str(followed.name)

    @property
    def is_nudged(self) -> bool:
        """Whether the published version of the intervention that the app follows has arrived."""
        followed = self.seen.published.followed
        return followed is not None and self._inbox.has(followed.name, followed.version)

    def refresh(self) -> None:
        """Ask Signals for the current values. Never raises for its errors: see `seen`."""
        self.polling.refresh()

    def refresh_soon(self, *, values: bool = True) -> Future[None]:
        """`refresh` in the background, unless the last answer is recent enough."""
        return self.polling.refresh_soon(values=values)

    def first_look(self, *, values: bool = True) -> None:
        """Wait a moment at most for Signals' first answer, so that a page can start complete."""
        self.polling.first_look(values=values)
        self._shown = self._shown or self._connection_shown  # the page that waited shows it

    def note_shown(self, received: Received, problem: str = "") -> None:
        """Note that a page showed an intervention, or why it could not."""
        self._inbox.note_shown(received, problem)

    def words_of(self, intervention: str) -> OwnWords:
        """What the app shows when an intervention arrives, as people here wrote it."""
        return self._state.words.of(self.connection.place, intervention)

    def keep_words(self, intervention: str, words: OwnWords) -> None:
        """Keep what the app shows when an intervention arrives, for everyone here."""
        self._state.words.keep(self.connection.place, intervention, words)
        self.news.tell()

    def answer(self, received: Received, action: str) -> None:
        """Note that a person accepted or dismissed an intervention, and track it, once."""
        with self.own_project.lock, self._state.with_event():
            if not self._inbox.answer(received, action):
                return
            intervention = received.intervention
            self.tracking.nudge_answered(
                received.id, intervention.name, intervention.version, action
            )
        self.news.tell_of_user()

    @property
    def is_untouched(self) -> bool:
        """Whether nothing happened here that starting over would undo."""
        is_used = (
            self.seen.published.is_there
            or self.marks
            or self.inbox
            or self.ahead
            or next(self.newest_readings, None)
            or self.project != self.own_project.fresh
            or any(each.name not in WITHOUT_GESTURE for each in self.emitter.delivery.events)
            or not self.connection.is_empty(but_for=self.own_event.current.schema)
        )
        return self.seen.is_known and not is_used

    # The sandbox's time

    @property
    def ahead(self) -> timedelta:
        """How far ahead the sandbox's clock is, as last seen; zero on Snowplow."""
        return self.seen.ahead

    @property
    def now(self) -> datetime:
        """The time by the clock that Signals counts by."""
        return datetime.now(UTC) + self.ahead

    def _start_over(self) -> None:
        """Somebody set the sandbox's clock back: what happened here now lies in the future."""
        self._state.forget_what_happened(self.world)
        self.watched.forget()
        self._inbox.forget_crossing()

    # The room

    @property
    def is_paused(self) -> bool:
        """Whether a presenter paused this room."""
        room = self._state.rooms.room(self.connection.place)
        return room is not None and room[1]

    def tell(self) -> None:
        """Others did something that pages should show."""
        self.news.tell()

    def note_sessions(self, count: int) -> None:
        """Note how many browser sessions look at this world. A session that was alone checks for
        news more often once another joins."""
        is_new = count > self.sessions
        self.sessions = count
        if is_new and count > 1:
            self.news.tell()

    def start_over(self) -> None:
        """Reset this user: everything they did is gone from the sandbox. Events that still wait are
        sent."""
        self.polling.forget_values()
        self.watched.forget()
        with self.own_project.lock:
            self._state.start_over(self.world)
        self._inbox.forget_crossing()
        self.emitter.forget()
        self.news.tell()
        in_background("reader", self.polling.ask_again)

    # What was tracked last

    @property
    def last_event(self) -> TrackedEvent | None:
        """The last completed task that was tracked; None if there was none since this opened."""
        events, completed = reversed(self.emitter.delivery.events), self.own_event.current.schema
        return next((each for each in events if each.schema == completed), None)

    @property
    def newest_gesture(self) -> TrackedEvent | None:
        """The last event that a gesture made; None if there was none."""
        events = reversed(self.emitter.delivery.events)
        return next((each for each in events if each.name not in WITHOUT_GESTURE), None)

    # Staying connected

    def keep_alive(self) -> None:
        """Called about once a second: reconnects what was disconnected, and reports changes."""
        self.listener.keep_alive()
        self.emitter.resume()
        self.events.let_go()
        self.watched.keep_fresh()
        self.own_event.keep_schema()
        listening = self.listener.state
        self._inbox.look_for_missed(listening.since if listening.kind == "live" else None)
        if self.seen.problem is not None:
            self.refresh_soon()
        if self._connection_shown != self._shown:
            self._shown = self._connection_shown
            self.news.tell()

    @property
    def _connection_shown(self) -> tuple[object, ...]:
        """What every page shows about the connection."""
        return self.listener.state, self.polling.waits_for > 0, self.seen.next_try

    def close(self) -> None:
        """End the subscription and the tracker; what waits to be sent stays in the outbox."""
        self.listener.stop()
        self.connection.close()
        self.emitter.close()

    def _receive(self, intervention: InterventionInstance) -> None:
        self._is_open.wait()  # the stream opens before there is a tracker
        self.polling.stir()
        self._inbox.receive(intervention)

    def _note_reading(self, before: Reading | None, after: Reading) -> None:
        """Add to the history if the values or the clock changed, and check whether the values
        crossed the threshold."""
        if before is None or (before.values, before.ahead) != (after.values, after.ahead):
            self._state.add_reading(self.world, after)
        self._inbox.note_reading(before, after, self.seen.published.intervention)
