"""A simulated team: many users who complete tasks, to see how Signals handles a crowd.

These users are not people. Everything else is real: the events go through the tracker, Signals
computes the values, and the nudges arrive through subscriptions. The app id of the events says that
they are simulated. The users of a sandbox or account are the same in every run, so their tasks add
up and each is nudged once.

The events wait in memory, not in the app's file: what a run cannot send is lost when it ends.
"""

import random
import threading
import time
import uuid
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from typing import Any

from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance
from snowplow_tracker import SelfDescribing, SelfDescribingJson, Subject, Tracker

from lib.connection.backend import Connection
from lib.connection.explanations import Explanation, explained
from lib.people.crowd_progress import CrowdProgress, Nudge, Size
from lib.project import DEFAULT_TEMPLATE, PRIORITIES, Template
from lib.snowplow.attributes import KEY
from lib.snowplow.criteria import is_number
from lib.snowplow.definitions import COUNT, Names
from lib.snowplow.tracking import TASK_COMPLETED, EventName
from lib.world.app_state import AppState
from lib.world.background import in_background
from lib.world.emitter import BackgroundEmitter
from lib.world.outbox import Outbox

APP_ID = "project-app-simulated"
SEED = 1
TICK_SECONDS = 0.1
READ_EVERY_SECONDS = 2.0
READ_AT_ONCE = 500
HEARD_AT_ONCE = 100  # all are in the stream's URL
WAITING_AT_MOST = 1_000
CATCH_UP_SECONDS = 10.0
LISTENING_WITHIN_SECONDS = 5.0
SENT_WITHIN_SECONDS = 5.0
LAST_NUDGES_WITHIN_SECONDS = 2.0
CROWDS_KEPT = 50


def simulated_ids(place: str, users: int) -> list[str]:
    """The UUIDs of the users: the same in every run in a sandbox or account."""
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, place)
    return [str(uuid.uuid5(namespace, f"simulated-{number}")) for number in range(1, users + 1)]


class Crowd:
    """One run. It ends, with its threads and connections, when its time is over, when it is
    stopped, or when `is_watched` says that nobody is there. It stands still while `is_paused`.

    `connect` makes connections for the run. `template` is the project that the events are about,
    and `completed` the event of a completed task, if not the app's own.
    `other_nudge` is the intervention to listen for if it is not the story's: Signals then counts no
    tasks, so the tracked ones are counted here. `rule` is the name and the version of the
    intervention, and `nudged_before` the users whom it nudged in earlier runs.
    Tests replace the clock, `monotonic`, and the sleep, `pause`.
    """

    def __init__(
        self,
        size: Size,
        connect: Callable[[], Connection],
        vendor: str,
        names: Names,
        threshold: float | None = None,
        is_watched: Callable[[], bool] = lambda: True,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
        template: Template = DEFAULT_TEMPLATE,
        other_nudge: str = "",
        completed: EventName | None = None,
        is_paused: Callable[[], bool] = lambda: False,
        rule: tuple[str, int] | None = None,
        nudged_before: frozenset[int] = frozenset(),
    ) -> None:
        self.size = size
        self.rule = rule
        self._other_nudge = other_nudge
        self._tracked: Counter[str] = Counter()
        self._completed = completed or EventName(vendor, TASK_COMPLETED)
        self._project_schema = EventName(vendor, "project").schema
        self._names = names
        self._threshold = threshold
        self._is_watched = is_watched
        self._is_paused = is_paused
        self._monotonic = monotonic
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait
        self._news = threading.Condition()
        self._progress = CrowdProgress(size, datetime.now(UTC), nudged_before=nudged_before)
        self._nudges: dict[int, Nudge] = {}
        self._random = random.Random(SEED)
        # Some complete many more tasks than others, as in any team.
        self._weights = list(
            accumulate(0.1 + self._random.expovariate(1) for _ in range(size.users))
        )
        self._project = template
        self._reading: Future[None] | None = None
        self._read_at = -READ_EVERY_SECONDS
        # Not kept here: it may hold an account's credentials, and this object outlives the run.
        self._run = in_background("crowd", partial(self._run_to_the_end, connect))

    @property
    def progress(self) -> CrowdProgress:
        """How far the run is."""
        with self._news:
            return replace(self._progress, nudges=tuple(self._nudges.values()))

    @property
    def is_over(self) -> bool:
        return self._run.done()

    def stop(self) -> None:
        """Stop tracking. The run is over a moment later, once its results are known."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, at most this long."""
        wait_for([self._run], timeout=seconds)
        return self._run.done()

    # The run, in its own thread

    def _run_to_the_end(self, connect: Callable[[], Connection]) -> None:
        try:
            with self._connections(connect) as connections:
                self._act(connections)
        except Exception as error:
            self._note(problem=explained(error))
        finally:
            self._note(state="done", was_stopped=self._stopped.is_set(), ended_at=datetime.now(UTC))

    @contextmanager
    def _connections(self, connect: Callable[[], Connection]) -> Iterator[list[Connection]]:
        """Connections, one for each group of users to listen for: a client has one stream."""
        opened: list[Connection] = []
        try:
            for _ in range(0, self.size.users, HEARD_AT_ONCE):
                opened.append(connect())
            yield opened
        finally:
            for connection in opened:
                connection.close()

    def _act(self, connections: Sequence[Connection]) -> None:
        self._ids = simulated_ids(connections[0].place, self.size.users)
        self._numbers = {each: number for number, each in enumerate(self._ids, 1)}
        with self._listening(connections), self._emitter(connections[0]) as emitter:
            problem = _deafness(connections)
            if problem is not None or self._stopped.is_set():
                self._note(problem=None if self._stopped.is_set() else problem)
                return
            self._note(state="running")
            self._track(emitter, connections)
            self._note(state="ending")
            emitter.wait_until_sent(SENT_WITHIN_SECONDS)
            self._note(sent=emitter.delivery.sent)
            if self._reading is not None:
                wait_for([self._reading])  # else it might answer after the last one
            self._read(connections[0])
            self._wait_for_last_nudges()

    @contextmanager
    def _listening(self, connections: Sequence[Connection]) -> Iterator[None]:
        """Subscribe to the nudges of all users before anything is tracked: what fires earlier is
        lost."""
        self._subscriptions = [
            connection.signals.pull_interventions(AttributeKeyIdentifiers({KEY: ids}))
            for connection, ids in zip(connections, _parts(self._ids, HEARD_AT_ONCE), strict=True)
        ]
        try:
            for subscription in self._subscriptions:
                subscription.add_handler(self._hear)
                subscription.start()
            deadline = time.monotonic() + LISTENING_WITHIN_SECONDS
            while _deafness(connections) and time.monotonic() < deadline:
                if self._stopped.wait(0.02):
                    break
            yield
        finally:
            for subscription in self._subscriptions:
                subscription.stop()

    @contextmanager
    def _emitter(self, connection: Connection) -> Iterator[BackgroundEmitter]:
        memory = AppState(":memory:")
        outbox = Outbox(memory, APP_ID)
        weakref.finalize(outbox, memory.close)  # a sender may need it longer than the run
        session = connection.collector_session()
        emitter = BackgroundEmitter(connection.collector_url, outbox, lambda _: None, session)
        try:
            yield emitter
        finally:
            emitter.close()

    def _track(self, emitter: BackgroundEmitter, connections: Sequence[Connection]) -> None:
        """Track at the requested rate: catch up when late, never run ahead."""
        tracker = Tracker(APP_ID, emitter, app_id=APP_ID)
        began, tracked, elapsed = self._monotonic(), 0, 0.0
        while tracked < self.size.events and elapsed < self.size.seconds + CATCH_UP_SECONDS:
            if self._stopped.is_set() or not self._is_watched():
                self._stopped.set()
                return
            if self._is_paused():
                self._pause(TICK_SECONDS)
                began = self._monotonic() - elapsed
                continue
            elapsed = self._monotonic() - began
            delivery = emitter.delivery
            room = max(0, WAITING_AT_MOST - delivery.waiting)
            late = min(self.size.due(elapsed) - tracked, room)
            for number in range(tracked + 1, tracked + late + 1):
                tracker.track(self._task_completed(number))
            tracked += late
            self._note(elapsed=elapsed, tracked=tracked, sent=delivery.sent)
            self._look_after(connections)
            self._pause(TICK_SECONDS)

    def _task_completed(self, number: int) -> SelfDescribing:
        (user_id,) = self._random.choices(self._ids, cum_weights=self._weights)
        self._tracked[user_id] += 1
        task = {
            "task_id": f"simulated-{number}",
            "priority": self._random.choice(PRIORITIES),
        }
        project = {"project_id": self._project.id, "plan": self._project.plan}
        return SelfDescribing(
            SelfDescribingJson(self._completed.schema, task),
            context=[SelfDescribingJson(self._project_schema, project)],
            event_subject=Subject().set_platform("web").set_user_id(user_id),
        )

    def _look_after(self, connections: Sequence[Connection]) -> None:
        """Now and then: read the values, and subscribe again where a stream has ended."""
        is_free = self._reading is None or self._reading.done()
        if not is_free or self._monotonic() - self._read_at < READ_EVERY_SECONDS:
            return
        self._read_at = self._monotonic()
        self._reading = in_background("crowd reader", partial(self._read, connections[0]))
        for connection, subscription in zip(connections, self._subscriptions, strict=True):
            if connection.api_client.stream_state.kind == "ended":
                with suppress(RuntimeError):  # the thread of the last try is just ending
                    subscription.start()

    # What Signals says

    def _read(self, connection: Connection) -> None:
        """Ask how many tasks each user has completed, many users at once.

        The SDK asks for one user; its API client can ask for many.
        Source: https://docs.snowplow.io/docs/signals/applications/retrieve-attributes/
        """
        if self._other_nudge:
            tracked = tuple(self._tracked[each] for each in self._ids)
            self._note(tasks=tracked, is_own_count=True)
            return
        tasks: list[int] = []
        try:
            for ids in _parts(self._ids, READ_AT_ONCE):
                asked = {"service": self._names.service, "attribute_keys": {KEY: ids}}
                answer = connection.api_client.make_request(
                    "POST", "get-online-attributes", data=asked
                )
                tasks += [int(each) if is_number(each) else 0 for each in answer.get(COUNT, [])]
        except Exception as error:
            self._note(problem=explained(error))
        else:
            self._note(tasks=tuple(tasks), problem=None)

    def _hear(self, intervention: InterventionInstance) -> None:
        target = intervention.target_attribute_key
        number = self._numbers.get(target.id if target else "")
        is_nudge = intervention.name == (self._other_nudge or self._names.intervention)
        if is_nudge and number is not None:
            with self._news:
                self._nudges.setdefault(number, Nudge(number, datetime.now(UTC)))
                self._news.notify_all()

    def _wait_for_last_nudges(self) -> None:
        """Wait for the nudges of users past the threshold, unless an earlier run nudged them."""
        line = self._threshold
        over = [each for each in self._progress.tasks if line is not None and each >= line]
        with self._news:
            self._news.wait_for(
                lambda: not self._other_nudge and len(self._nudges) >= len(over),
                timeout=LAST_NUDGES_WITHIN_SECONDS,
            )

    def _note(self, **news: Any) -> None:
        with self._news:
            self._progress = replace(self._progress, **news)


class Crowds:
    """The last run of each sandbox and account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._crowds: OrderedDict[str, Crowd] = OrderedDict()

    def find(self, place: str) -> Crowd | None:
        """The last run; None if there was none."""
        return self._crowds.get(place)

    def nudged(self, place: str, rule: tuple[str, int] | None) -> frozenset[int]:
        """The simulated users, counted from 1, whom an intervention has nudged so far."""
        crowd = self.find(place)
        return crowd.progress.nudged if crowd and crowd.rule == rule else frozenset()

    def forget(self, place: str) -> None:
        """End the run of a place that is about to start over, with what is still being sent."""
        with self._lock:
            crowd = self._crowds.pop(place, None)
        if crowd is not None:
            crowd.stop()
            crowd.wait(SENT_WITHIN_SECONDS)

    def start(self, place: str, begin: Callable[[], Crowd]) -> Crowd:
        """Start a run, or return the one that is running."""
        with self._lock:
            crowd = self._crowds.get(place)
            if crowd is None or crowd.is_over:
                crowd = self._crowds[place] = begin()
                self._crowds.move_to_end(place)
                while len(self._crowds) > CROWDS_KEPT:
                    self._crowds.popitem(last=False)[1].stop()
            return crowd

    def close(self) -> None:
        """Stop all of them."""
        with self._lock:
            for crowd in self._crowds.values():
                crowd.stop()


def _parts(ids: Sequence[str], size: int) -> list[list[str]]:
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]


def _deafness(connections: Sequence[Connection]) -> Explanation | None:
    """Why nudges would not arrive; None if they would."""
    states = [connection.api_client.stream_state for connection in connections]
    deaf = [each for each in states if each.kind != "live"]
    if not deaf:
        return None
    reason = next((each.reason for each in deaf if each.reason), "no answer yet")
    return Explanation(
        f"The simulated team cannot listen for interventions: {reason}.",
        "Nothing was tracked, because nudges would be lost. Check the connection and start again.",
    )
