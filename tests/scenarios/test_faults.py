"""Faults while the app runs: its own file cannot be used, or the sandbox's thread dies.

Nothing that was acknowledged is lost, nothing is counted twice, and nobody gets an exception.
"""

import gc
import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection import backend as connection_module
from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.people import participants as participants_module
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT
from lib.ui import session
from lib.world import app_file as app_file_module
from lib.world.app_state import AppState
from lib.world.history import Mark, Reading
from lib.world.participant import Participant
from tests.support import steps
from tests.support.waiting import eventually
from tests.support.worlds import PLAN, World, complete, running_world

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MALFORMED = "database disk image is malformed"
OpenApp = Callable[..., AppTest]


# The faults of a file


class Damaged:
    """A connection to a file of which some tables, or all, cannot be used any more."""

    def __init__(self, db: sqlite3.Connection, *tables: str) -> None:
        self.db = db
        self.tables = tables

    def execute(self, query: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        is_about_it = not self.tables or any(f" {each} " in f"{query} " for each in self.tables)
        if is_about_it and not query.startswith(("BEGIN", "ROLLBACK", "COMMIT", "PRAGMA")):
            raise sqlite3.DatabaseError(MALFORMED)
        return self.db.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


@contextmanager
def locked(state: AppState, path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(state: AppState, path: Path) -> Iterator[None]:
    db = state._file._file
    db.execute("PRAGMA query_only = ON")
    yield
    db.execute("PRAGMA query_only = OFF")


@contextmanager
def full(state: AppState, path: Path) -> Iterator[None]:
    """What is longer than a page finds no room."""
    db = state._file._file
    db.execute("PRAGMA max_page_count = 1")  # SQLite takes it for the size that there is
    yield
    db.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def damaged(state: AppState, path: Path) -> Iterator[None]:
    db = state._file._file
    state._file._file = Damaged(db)  # type: ignore[assignment]
    yield
    state._file._file = db


SAID = {
    locked: "database is locked",
    read_only: "attempt to write a readonly database",
    full: "database or disk is full",
    damaged: MALFORMED,
}
Fault = Callable[[AppState, Path], Any]
faults = pytest.mark.parametrize("fault", SAID, ids=lambda each: each.__name__)
LONG = "x" * 20_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
def state(path: Path) -> Iterator[AppState]:
    state = AppState(path)
    yield state
    state.close()


def write_everything(state: AppState) -> None:
    state.save_project("w", LONG)
    state.home("user", "token")
    state.add_reading("w", Reading(NOW, {"n": 1}))
    state.add_mark("w", Mark(NOW, "event", "done"))
    state.add_intervention("w", "i", NOW, {"intervention_id": "i"})
    state.answer_intervention("w", "i", "accepted")
    state.add_shown("w", "i", NOW)
    state.add_guide_step("w", "publish", NOW)
    state.add_missed("w", "nudge", 1, NOW)
    state.add_to_outbox("w", "e", {"eid": "e"})
    state.rooms.save_room("p", "a-b-c", "abc")
    state.rooms.pause_room("p", True)
    state.rooms.add_member("p", "user", "Ana", 10)


def everything(state: AppState) -> list[object]:
    return [
        state.project("w"),
        state.home("user", "another"),
        state.readings("w"),
        state.marks("w"),
        state.inbox("w"),
        state.shown("w"),
        state.guide_steps("w"),
        state.missed("w"),
        state.outbox("w"),
        state.rooms.room("p"),
        state.rooms.room_place("abc"),
        state.rooms.members("p"),
    ]


@pytest.fixture
def expected() -> list[object]:
    """What is read after everything was written, without a fault."""
    sound = AppState(":memory:")
    write_everything(sound)
    found = everything(sound)
    sound.close()
    return found


@faults
def test_what_is_written_while_the_file_cannot_be_used_is_read_back(
    fault: Fault, state: AppState, path: Path, expected: list[object]
) -> None:
    with fault(state, path):
        write_everything(state)
        assert everything(state) == expected


@faults
def test_what_is_written_while_the_file_cannot_be_used_is_in_it_once_it_can_be(
    fault: Fault, state: AppState, path: Path, expected: list[object]
) -> None:
    with fault(state, path):
        write_everything(state)
    state.catch_up()

    with closing(AppState(path)) as again:
        assert everything(again) == expected


@faults
def test_what_was_read_before_is_there_while_the_file_cannot_be_used(
    fault: Fault, state: AppState, path: Path
) -> None:
    write_everything(state)
    before = state.inbox("w"), state.shown("w"), state.guide_steps("w"), state.rooms.room("p")
    assert state.home("user", "") == "token"
    with fault(state, path):
        state.save_project("w", LONG * 2)
        after = state.inbox("w"), state.shown("w"), state.guide_steps("w"), state.rooms.room("p")
        assert (after, state.home("user", "new")) == (before, "token")


@faults
def test_the_problem_is_what_sqlite_said_until_what_waited_is_written(
    fault: Fault, state: AppState, path: Path
) -> None:
    assert state.problem is None
    with fault(state, path):
        state.save_project("w", LONG)
        state.catch_up()
        assert state.problem is not None
        assert (state.problem.said, state.problem.name) == (SAID[fault], "app.db")
    state.catch_up()
    assert state.problem is None


@faults
def test_a_file_that_fails_twice_is_caught_up_twice(
    fault: Fault, state: AppState, path: Path
) -> None:
    for number in (1, 2):
        with fault(state, path):
            state.save_project("w", LONG * number)
            state.add_intervention("w", f"i{number}", NOW, {"intervention_id": f"i{number}"})
        state.catch_up()
    with closing(AppState(path)) as again:
        assert again.project("w") == LONG * 2
        assert [body["intervention_id"] for _, body, *_ in again.inbox("w")] == ["i2", "i1"]


def test_only_the_first_write_waits_for_a_lock(state: AppState, path: Path) -> None:
    with locked(state, path):
        state.save_project("w", "{}")
        started = time.monotonic()
        for number in range(20):
            state.add_mark("w", Mark(NOW, "event", str(number)))
            state.catch_up()
        waited = 1_000 * (time.monotonic() - started)
    assert waited < 20 * app_file_module.BUSY_MILLISECONDS / 2


def test_a_lock_that_is_short_is_no_problem(state: AppState, path: Path) -> None:
    with locked(state, path):
        writing = threading.Thread(target=state.save_project, args=("w", "{}"))
        writing.start()
    writing.join()
    assert (state.project("w"), state.problem) == ("{}", None)


def test_an_event_sent_while_the_file_cannot_be_used_is_not_sent_again(
    state: AppState, path: Path
) -> None:
    state.add_to_outbox("w", "old", {"eid": "old"})
    with locked(state, path):
        state.add_to_outbox("w", "new", {"eid": "new"})
        state.remove_from_outbox("w", ["old", "new"])
    state.catch_up()
    with closing(AppState(path)) as again:
        assert again.outbox("w") == []


def test_pages_overwritten_on_the_disk_leave_the_session_what_it_knew(
    state: AppState, path: Path
) -> None:
    state.save_project("w", "{}")
    state.add_intervention("w", "i", NOW, {"intervention_id": "i"})
    assert (state.project("w"), len(state.inbox("w"))) == ("{}", 1)
    overwrite(path)

    assert state.readings("w") == []
    assert state.add_intervention("w", "j", NOW, {"intervention_id": "j"})

    assert [body["intervention_id"] for _, body, *_ in state.inbox("w")] == ["j", "i"]
    assert (state.project("w"), state.outbox_size("w")) == ("{}", 0)
    assert state.problem is not None and "delete app.db" in state.problem.advice


def overwrite(path: Path) -> None:
    """Write nonsense over all pages but the first, and have every connection read them again."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((size,),) = other.execute("PRAGMA page_size")
        with path.open("r+b") as file:
            file.seek(size)
            file.write(b"nonsense" * ((path.stat().st_size - size) // 8))
        other.execute("PRAGMA user_version = 7")


def test_a_file_that_is_written_but_not_read_does_not_take_over(
    state: AppState, path: Path
) -> None:
    db = state._file._file
    state._file._file = Damaged(db, "reading")  # type: ignore[assignment]
    assert state.readings("w") == []
    state.save_project("w", "{}")
    state.catch_up()
    assert state.problem is not None

    state._file._file = db
    state.catch_up()
    assert state.problem is None


def test_a_damaged_table_takes_nothing_from_the_others(state: AppState, path: Path) -> None:
    write_everything(state)
    state._file._file = Damaged(state._file._file, "reading")  # type: ignore[assignment]
    assert state.readings("w") == []
    assert (state.project("w"), state.rooms.members("p")) == (LONG, [("user", "Ana", False)])


def test_more_than_can_wait_stays_in_memory_and_is_said(
    state: AppState, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_file_module, "PENDING_AT_MOST", 2)
    with locked(state, path):
        for number in range(4):
            state.save_project(f"w{number}", "{}")
    state.catch_up()

    assert [state.project(f"w{number}") for number in range(4)] == ["{}"] * 4
    assert state.problem is not None
    assert "start the app again" in state.problem.advice


def test_a_closed_file_is_a_mistake_and_no_fault(path: Path) -> None:
    state = AppState(path)
    state.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        state.project("w")


# A person's world in these faults


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    with running_world(tmp_path) as running:
        yield running


def joined(world: World) -> Participant:
    """Somebody who has published."""
    participant = world.join()
    participant.publish(PLAN)
    return participant


def count_of(participant: Participant) -> object:
    return service_attributes(participant.signals, participant.user_id)[COUNT]


def is_settled(participant: Participant, count: int) -> bool:
    """Whether all was sent and counted, and the nudge has arrived."""
    is_sent = participant.emitter.wait_until_sent(5)
    return is_sent and count_of(participant) == count and len(participant.inbox) == 1


@faults
def test_tasks_completed_while_the_file_cannot_be_used_are_counted_once_and_bring_the_nudge(
    fault: Fault, world: World
) -> None:
    participant = joined(world)
    complete(participant, 3)
    with fault(world.state, world.backend.settings.app_db):
        world.state.save_project("other", LONG)
        complete(participant, 2)
        assert eventually(lambda: is_settled(participant, 5))
        assert len(participant.project.filtered("done")) == 5
        assert participant.emitter.delivery.refused == []
    assert eventually(lambda: world.state.problem is None)

    with closing(AppState(world.backend.settings.app_db)) as again:
        assert again.project(participant.world) == participant.project.to_json()
        assert len(again.inbox(participant.world)) == 1
        assert again.worlds_with_outbox() == []
    assert is_settled(participant, 5)


def test_an_intervention_that_arrives_while_the_file_is_locked_is_kept_with_its_answer(
    world: World,
) -> None:
    participant = joined(world)
    complete(participant, 4)
    with locked(world.state, world.backend.settings.app_db):
        complete(participant, 1)
        assert eventually(lambda: len(participant.inbox) == 1)
        participant.answer(participant.inbox[0], "accepted")
    assert eventually(lambda: world.state.problem is None)
    with closing(AppState(world.backend.settings.app_db)) as again:
        assert [answer for *_, answer, _ in again.inbox(participant.world)] == ["accepted"]


def test_everybody_is_told_when_the_file_fails_and_when_it_works_again(world: World) -> None:
    participant = joined(world)
    assert eventually(lambda: participant.is_live)
    with locked(world.state, world.backend.settings.app_db):
        before = participant.revision
        world.state.save_project("other", "{}")
        assert eventually(lambda: participant.revision > before)
        before = participant.revision
    assert eventually(lambda: participant.revision > before)
    assert world.state.problem is None


# What the pages show of it


PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")
TITLE = "The app's file cannot be used: database is locked"


@pytest.fixture
def app(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    return steps.publish(open_app())


def own_file() -> tuple[AppState, Path]:
    process = session.process()
    return process.state, process.settings.app_db


def titles(at: AppTest) -> list[str]:
    return [title for title, _ in steps.alerts(at.warning)]


def test_every_page_renders_and_says_that_the_file_cannot_be_used(app: AppTest) -> None:
    with locked(*own_file()):
        steps.complete(app, 1)
        for page in PAGES:
            steps.go_to(app, page)
            assert not app.exception, page
            assert titles(app) == [TITLE], page


def test_the_message_names_the_file_and_no_folder(app: AppTest) -> None:
    state, path = own_file()
    with locked(state, path):
        steps.complete(app, 1)
        ((_, text),) = steps.alerts(app.warning)
    assert "Another program has locked sandbox.app.db. Close that program." in text
    assert str(path.parent) not in text


def test_the_message_goes_when_the_file_can_be_used_again(app: AppTest) -> None:
    with locked(*own_file()):
        steps.complete(app, 1)
        assert titles(app) == [TITLE]
    assert eventually(lambda: titles(app.run()) == [])
    assert not app.exception


@faults
def test_the_whole_story_plays_on_while_the_file_cannot_be_used(fault: Fault, app: AppTest) -> None:
    state, path = own_file()
    with fault(state, path):
        state.save_project("other", LONG)
        steps.complete(app, 5)
        assert steps.count(app) == "5"
        steps.click(app, "accept_nudge")
        assert not app.exception
        assert not steps.has(app, "nudge")


def test_a_newcomer_comes_in_while_the_file_is_damaged(app: AppTest, open_app: OpenApp) -> None:
    with damaged(*own_file()):
        newcomer = open_app()
        steps.complete(steps.publish(newcomer), 1)
        assert not newcomer.exception
        assert steps.count(newcomer) == "1"


# The sandbox's thread dies


def dies(test: Callable[..., None]) -> Callable[..., None]:
    """A thread dies in this test, of an exception, and leaves its loop to close what is open."""
    for warning in ("pytest.PytestUnhandledThreadExceptionWarning", "ResourceWarning"):
        test = pytest.mark.filterwarnings(f"ignore::{warning}")(test)
    return test


def kill(sandbox: EmbeddedServer | None) -> None:
    """Have the server's loop raise something that nobody expected."""
    assert sandbox is not None

    async def fail(_: int) -> bool:
        raise RuntimeError("the loop fails")

    sandbox.server.on_tick = fail  # type: ignore[method-assign]
    assert eventually(lambda: not sandbox.is_alive)


def revived(world: World, dead: EmbeddedServer | None) -> bool:
    sandbox = world.backend.sandbox
    return sandbox is not None and sandbox is not dead and sandbox.is_alive


@dies
def test_after_the_sandboxs_thread_died_a_task_brings_the_nudge_and_counts_once(
    world: World,
) -> None:
    participant = joined(world)
    complete(participant, 4)
    kill(world.backend.sandbox)
    complete(participant, 1)
    assert eventually(lambda: participant.is_live and is_settled(participant, 5))
    assert len(participant.project.filtered("done")) == 5


@dies
def test_a_sandbox_whose_loop_was_stopped_is_started_again_where_it_was(world: World) -> None:
    dead = world.backend.sandbox
    assert dead is not None
    loop = dead.server.servers[0].get_loop()
    loop.call_soon_threadsafe(loop.stop)
    assert eventually(lambda: revived(world, dead))
    assert world.backend.sandbox is not None
    assert world.backend.sandbox.url == dead.url


@dies
def test_what_the_sandbox_acknowledged_before_its_thread_died_is_still_there(world: World) -> None:
    participant, dead = joined(world), world.backend.sandbox
    complete(participant, 2)
    assert participant.emitter.wait_until_sent(5)
    kill(dead)
    assert eventually(lambda: revived(world, dead))
    assert count_of(participant) == 2
    assert participant.connection.inspector is not None
    assert len(participant.connection.inspector.events()) == 2


@dies
def test_a_sandbox_that_cannot_start_again_is_tried_until_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, fails, tries = connection_module.start_sandbox, threading.Event(), []
    fails.set()

    def start_if_it_can(database: Path, port: int) -> EmbeddedServer:
        tries.append(port)
        if fails.is_set():
            raise OSError("Address already in use")
        return start(database, port)

    monkeypatch.setattr(connection_module, "start_sandbox", start_if_it_can)
    dead = world.backend.sandbox
    with caplog.at_level(logging.WARNING, logger="lib.connection.backend"):
        kill(dead)
        assert eventually(lambda: len(tries) >= 3)
        fails.clear()
        assert eventually(lambda: revived(world, dead))
    assert [each.message for each in caplog.records if each.name == "lib.connection.backend"] == [
        "The sandbox's thread died. It is started again.",
        "The sandbox does not start again: Address already in use",
    ]


def test_a_sandbox_that_was_stopped_stays_stopped(world: World) -> None:
    stopped = world.backend.sandbox
    assert stopped is not None
    stopped.stop()
    world.backend.keep_alive()
    assert world.backend.sandbox is stopped
    assert not stopped.is_alive


@dies
def test_a_server_that_died_keeps_nothing_in_memory(tmp_path: Path) -> None:
    """What belongs to it: the rest may stay, as the app has the garbage collector pass over it."""
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    dead = backend.sandbox
    assert dead is not None
    kept = weakref.ref(dead.app.state.sandboxes.of_token(new_token()))
    died = weakref.ref(dead)
    kill(dead)
    backend.keep_alive()
    del dead
    gc.collect()
    assert (kept(), died()) == (None, None)
    backend.close()


@dies
def test_a_backend_that_was_closed_starts_nothing_again(tmp_path: Path) -> None:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    dead = backend.sandbox
    kill(dead)
    backend.close()
    backend.keep_alive()
    assert backend.sandbox is dead


@dies
def test_pages_recover_by_themselves_after_the_sandboxs_thread_died(app: AppTest) -> None:
    steps.complete(app, 4)
    kill(session.process().backend.sandbox)
    steps.complete(app, 1)
    assert not app.exception
    assert eventually(lambda: steps.count(app.run()) == "5")
    assert eventually(lambda: steps.has(app.run(), "nudge") and not app.run().warning)
    assert not app.exception
    assert len(steps.world(app).inbox) == 1
