"""The app's file while it cannot be used: memory stands in for it, and it catches up afterwards."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.world import app_file as app_file_module
from lib.world.app_file import AppFile
from lib.world.app_state import AppState
from lib.world.history import Mark, Reading
from tests.support.file_faults import (
    LONG,
    SAID,
    Fault,
    breakable_files,  # noqa: F401 (a fixture)
    damaged,
    faults,
    locked,
)
from tests.support.waiting import PATIENCE_SECONDS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


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
    state.outboxes.add("w", "e", {"eid": "e"})
    state.rooms.save_room("p", "a-b-c", "abc")
    state.rooms.pause_room("p", True)
    state.rooms.add_member("p", "user", "Ana", 10)
    state.code.add("p", "user", "token")
    state.code.let_guests("p", True)


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
        state.outboxes.events("w"),
        state.rooms.room("p"),
        state.rooms.room_place("abc"),
        state.rooms.members("p"),
        state.code.found("token"),
        state.code.lets_guests("p"),
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
    with fault(path):
        write_everything(state)
        assert everything(state) == expected


@faults
def test_what_is_written_while_the_file_cannot_be_used_is_in_it_once_it_can_be(
    fault: Fault, state: AppState, path: Path, expected: list[object]
) -> None:
    with fault(path):
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
    with fault(path):
        state.save_project("w", LONG * 2)
        after = state.inbox("w"), state.shown("w"), state.guide_steps("w"), state.rooms.room("p")
        assert (after, state.home("user", "new")) == (before, "token")


@faults
def test_the_problem_is_what_sqlite_said_until_what_waited_is_written(
    fault: Fault, state: AppState, path: Path
) -> None:
    assert state.problem is None
    with fault(path):
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
        with fault(path):
            state.save_project("w", LONG * number)
            state.add_intervention("w", f"i{number}", NOW, {"intervention_id": f"i{number}"})
        state.catch_up()
    with closing(AppState(path)) as again:
        assert again.project("w") == LONG * 2
        assert [body["intervention_id"] for _, body, *_ in again.inbox("w")] == ["i2", "i1"]


def test_only_the_first_write_waits_for_a_lock(state: AppState, path: Path) -> None:
    with locked(path):
        state.save_project("w", "{}")
        started = time.monotonic()
        for number in range(20):
            state.add_mark("w", Mark(NOW, "event", str(number)))
            state.catch_up()
        waited = 1_000 * (time.monotonic() - started)
    assert waited < 20 * app_file_module.BUSY_MILLISECONDS / 2


def test_a_lock_that_is_short_is_no_problem(state: AppState, path: Path) -> None:
    with locked(path):
        writing = threading.Thread(target=state.save_project, args=("w", "{}"))
        writing.start()
    writing.join()
    assert (state.project("w"), state.problem) == ("{}", None)


def test_an_event_sent_while_the_file_cannot_be_used_is_not_sent_again(
    state: AppState, path: Path
) -> None:
    state.outboxes.add("w", "old", {"eid": "old"})
    with locked(path):
        state.outboxes.add("w", "new", {"eid": "new"})
        state.outboxes.remove("w", ["old", "new"])
    state.catch_up()
    with closing(AppState(path)) as again:
        assert again.outboxes.events("w") == []


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
    assert (state.project("w"), state.outboxes.size("w")) == ("{}", 0)
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
    with damaged(path, "reading"):
        assert state.readings("w") == []
        state.save_project("w", "{}")
        state.catch_up()
        assert state.problem is not None

    state.catch_up()
    assert state.problem is None


def test_a_damaged_table_takes_nothing_from_the_others(state: AppState, path: Path) -> None:
    write_everything(state)
    with damaged(path, "reading"):
        assert state.readings("w") == []
        assert (state.project("w"), state.rooms.members("p")) == (LONG, [("user", "Ana", False)])


@pytest.mark.parametrize("limit", ["PENDING_AT_MOST", "PENDING_BYTES"])
def test_what_exceeds_a_limit_stays_in_memory_and_the_message_says_so(
    state: AppState, path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(app_file_module, limit, {"PENDING_AT_MOST": 2, "PENDING_BYTES": 300}[limit])
    with locked(path):
        for number in range(4):
            state.save_project(f"w{number}", "{}")
    state.catch_up()

    assert [state.project(f"w{number}") for number in range(4)] == ["{}"] * 4
    assert state.problem is not None
    assert "start the app again" in state.problem.advice


def test_what_is_too_large_to_be_remembered_is_read_each_time(
    state: AppState, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(app_file_module, "REMEMBERED_BYTES", 50)
    small = AppState(path)
    for body in ("[1]", f'["{"x" * 100}"]', "[2]"):
        small.save_project("w", body)
        assert small.project("w") == body
    small.close()


def test_a_closed_file_is_a_mistake_and_no_fault(path: Path) -> None:
    state = AppState(path)
    state.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        state.project("w")


def test_what_is_remembered_is_had_while_another_thread_uses_the_file(path: Path) -> None:
    is_held, may_end = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        is_held.set()
        assert may_end.wait(PATIENCE_SECONDS)

    with closing(AppFile(path, "", {}, lambda _: [])) as file:
        assert file.known("project", "w", lambda _: "kept") == "kept"
        found: list[str] = []
        holding = threading.Thread(target=file.known, args=("other", "w", hold))
        asking = threading.Thread(
            target=lambda: found.append(file.known("project", "w", lambda _: "read again"))
        )
        holding.start()
        try:
            assert is_held.wait(PATIENCE_SECONDS)
            asking.start()
            asking.join(PATIENCE_SECONDS)
            assert found == ["kept"]
        finally:
            may_end.set()
            holding.join(PATIENCE_SECONDS)
