"""The open worlds of this process: shared by the browser sessions that look at them.

A world that everybody left is closed a moment later, so that a reload finds it open. The others are
kept connected. Events that closed worlds or an earlier process could not send are sent from here.
"""

import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from lib.connection.account import OwnAccount
from lib.connection.backend import OWN, Backend, Connection
from lib.connection.setting_checks import DEFAULT_VENDOR
from lib.diagnosis.diagnoses import Diagnoses, diagnoses
from lib.snowplow.definitions import Names, Plan
from lib.world.app_file import FileProblem
from lib.world.app_state import AppState
from lib.world.background import in_background
from lib.world.emitter import BackgroundEmitter
from lib.world.event_feed import make_room
from lib.world.outbox import Outboxes
from lib.world.participant import Participant

CLOSE_AFTER_SECONDS = 5.0
KEEP_EVERY_SECONDS = 1.0
LEFTOVERS_EVERY_SECONDS = 5.0
LEFTOVERS_WAIT_SECONDS = 10.0

WorldKey = tuple[str, str]


class Participants:
    """All open worlds of this process, shared by the browser sessions that look at them."""

    def __init__(self, backend: Backend, state: AppState, plan: Plan) -> None:
        self._backend = backend
        self._state = state
        self._plan = plan
        self._outboxes = Outboxes(state)
        self._lock = threading.Lock()
        self._open: dict[WorldKey, Participant] = {}
        self._users: dict[WorldKey, int] = {}
        self._left_at: dict[WorldKey, float] = {}
        self._diagnoses: dict[str, Diagnoses] = {}
        self._file_problems: tuple[FileProblem | None, str] = None, ""
        self._leftovers: Future[None] | None = None
        self._leftovers_due_at = 0.0
        self._is_closed = threading.Event()
        state.forget(f"{OWN}*:*")  # nobody can return to those of an earlier process
        threading.Thread(target=self._keep, name="participants", daemon=True).start()

    def join(self, user_id: str, token: str = "", own: OwnAccount | None = None) -> Participant:
        """The world of a user in a sandbox or account, opened if it is not.

        `token` names the sandbox, if there is one, and `own` is an account that they brought.
        Call `leave` once for each join.
        """
        key = self._key(user_id, token, own)
        with self._lock:
            if key not in self._open:
                connection = self._backend.connect(token, own)
                plan = self._plan_for(connection, own)
                self._open[key] = Participant(
                    user_id,
                    connection,
                    self._state,
                    plan,
                    self._outboxes,
                    partial(self._tell_of_definitions, user_id, connection.place),
                )
            self._users[key] = self._users.get(key, 0) + 1
            self._left_at.pop(key, None)
            self._open[key].note_sessions(self._users[key])
            return self._open[key]

    def _plan_for(self, connection: Connection, own: OwnAccount | None) -> Plan:
        """What to publish there. A sandbox beside an account has the schemas of this app alone."""
        if own is not None:
            return _own_plan(own)
        is_beside = connection.mode == "sandbox" and self._backend.settings.account is not None
        return replace(self._plan, vendor=DEFAULT_VENDOR) if is_beside else self._plan

    def leave(self, user_id: str, token: str = "", own: OwnAccount | None = None) -> None:
        """Note that a session left a world. A reload returns before it is closed."""
        key = self._key(user_id, token, own)
        with self._lock:
            self._users[key] = self._users.get(key, 0) - 1
            if self._users[key] <= 0:
                self._left_at[key] = time.monotonic()
            left = self._open.get(key)
            if left is not None:
                left.note_sessions(self._users[key])

    def diagnoses(self, participant: Participant) -> Diagnoses:
        """The diagnoses of an open world, shared like it."""
        with self._lock:
            if participant.world not in self._diagnoses:
                self._diagnoses[participant.world] = diagnoses(participant)
            return self._diagnoses[participant.world]

    def open_in(self, place: str) -> list[Participant]:
        """The open worlds of a sandbox or account: who is there now."""
        with self._lock:
            return [each for each in self._open.values() if each.connection.place == place]

    def count(self) -> int:
        """How many worlds are open."""
        return len(self._open)

    def tell(self, place: str) -> None:
        """Make every open page of a sandbox or account show what is new."""
        for participant in self.open_in(place):
            participant.tell()

    def start_over(
        self, connection: Connection, user_ids: Iterable[str], *, is_everyone: bool
    ) -> None:
        """Reset users of a sandbox, whether they are there or not.

        If all are reset, the sandbox keeps only its definitions. Raises `httpx.HTTPError`.
        """
        inspector, place = connection.inspector, connection.place
        if inspector is None:
            raise ValueError("Only the sandbox can forget what happened.")
        if is_everyone:
            inspector.back_to_now()
        here = {each.user_id: each for each in self.open_in(place)}
        for user_id in {*user_ids, *(here if is_everyone else ())}:
            if not is_everyone:
                inspector.reset_user(user_id)
            if user_id in here:
                here[user_id].start_over()
            else:
                self._state.start_over(f"{place}:{user_id}")

    def _tell_of_definitions(self, user_id: str, place: str) -> None:
        """A user changed the definitions of a place: the others there find out at once."""
        for participant in self.open_in(place):
            if participant.user_id != user_id:
                participant.definitions.hear_of_change()

    def forget(self, own: OwnAccount) -> None:
        """Close the worlds of an account that somebody brought and delete everything about them, at
        once, unless another session uses the same credentials."""
        place = self._backend.own_place(own)
        with self._lock:
            keys = [key for key in self._left_at if key[1] == place]
            worlds = [self._closing(key) for key in keys]
            is_in_use = any(key[1] == place for key in self._open)
        for participant in filter(None, worlds):
            participant.close()
            self._state.forget(participant.world)
        if not is_in_use:
            self._state.forget(f"{place}:*")  # also those that were closed before

    def close(self) -> None:
        """Close every world and stop keeping them."""
        self._is_closed.set()
        with self._lock:
            worlds = list(self._open.values())
            self._open.clear()
        for participant in worlds:
            participant.close()

    def _key(self, user_id: str, token: str, own: OwnAccount | None) -> WorldKey:
        return user_id, token if own is None else self._backend.own_place(own)

    def _keep(self) -> None:
        while not self._is_closed.wait(KEEP_EVERY_SECONDS):
            self._backend.keep_alive()
            self._look_after_files()
            for participant in self._deserted():
                participant.close()
            with self._lock:
                worlds = list(self._open.values())
            for participant in worlds:
                participant.keep_alive()
            make_room(each.events for each in worlds)
            self._send_leftovers_soon()

    def _look_after_files(self) -> None:
        """Make every page show whether the app's file and the sandbox's can be used."""
        self._state.catch_up()
        problems = self._state.problem, self._backend.trouble
        if problems != self._file_problems:
            self._file_problems = problems
            with self._lock:
                worlds = list(self._open.values())
            for participant in worlds:
                participant.tell()

    def _deserted(self) -> list[Participant]:
        """The worlds that everybody left."""
        until = time.monotonic() - CLOSE_AFTER_SECONDS
        with self._lock:
            gone = [key for key, left_at in self._left_at.items() if left_at <= until]
            worlds = [self._closing(key) for key in gone]
        return [each for each in worlds if each is not None]

    def _closing(self, key: WorldKey) -> Participant | None:
        """Remove a world that is about to be closed from the open ones."""
        self._left_at.pop(key, None)
        self._users.pop(key, None)
        world = self._open.pop(key, None)
        if world is not None:
            self._diagnoses.pop(world.world, None)
        return world

    def _send_leftovers_soon(self) -> None:
        is_busy = self._leftovers is not None and not self._leftovers.done()
        if not is_busy and time.monotonic() >= self._leftovers_due_at:
            self._leftovers_due_at = time.monotonic() + LEFTOVERS_EVERY_SECONDS
            self._leftovers = in_background("leftovers", self._send_leftovers)

    def _send_leftovers(self) -> None:
        """Send the events that wait in closed worlds, until a collector refuses one."""
        for world in self._state.outboxes.worlds():
            with self._lock:
                is_open = any(each.world == world for each in self._open.values())
            collector_url = self._backend.collector_url(world.rpartition(":")[0])
            if is_open or collector_url is None or self._is_closed.is_set():
                continue
            emitter = BackgroundEmitter(collector_url, self._outboxes.of(world), lambda _: None)
            try:
                if not emitter.wait_until_sent(LEFTOVERS_WAIT_SECONDS):
                    return
            finally:
                emitter.close()


def _own_plan(own: OwnAccount) -> Plan:
    return Plan(owner=own.owner, vendor=own.vendor, names=Names(own.suffix))
