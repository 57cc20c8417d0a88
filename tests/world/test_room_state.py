"""What the app's file keeps of rooms: codes are unique, and so are the names in a room."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.world.app_state import AppState
from lib.world.room_state import RoomState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
def rooms(path: Path) -> Iterator[RoomState]:
    with closing(AppState(path)) as state:
        yield state.rooms


def test_a_room_is_found_by_its_place_and_by_its_code(rooms):
    assert (rooms.room("p"), rooms.room_place("abc")) == (None, None)
    assert rooms.save_room("p", "a-b-c", "abc")
    assert (rooms.room("p"), rooms.room_place("abc")) == (("a-b-c", False), "p")


def test_a_new_code_replaces_the_old_one(rooms):
    rooms.save_room("p", "a-b-c", "abc")
    assert rooms.save_room("p", "d-e-f", "def")
    assert (rooms.room("p"), rooms.room_place("abc")) == (("d-e-f", False), None)


def test_a_code_that_another_room_has_is_refused_to_new_and_old_rooms(rooms):
    rooms.save_room("p", "a-b-c", "abc")
    rooms.save_room("q", "d-e-f", "def")
    assert not rooms.save_room("new", "a-b-c", "abc")
    assert not rooms.save_room("q", "a-b-c", "abc")
    assert (rooms.room("new"), rooms.room("q")) == (None, ("d-e-f", False))


def test_rooms_without_codes_do_not_conflict(rooms):
    assert rooms.save_room("p", "", None) and rooms.save_room("q", "", None)


def test_pausing_is_of_one_room_and_outlives_a_restart(rooms, path):
    rooms.save_room("p", "", None)
    rooms.save_room("q", "", None)
    rooms.pause_room("p", True)
    with closing(AppState(path)) as again:
        assert (again.rooms.room("p"), again.rooms.room("q")) == (("", True), ("", False))


def test_members_are_listed_in_the_order_in_which_they_came(rooms):
    for user in ("u", "v"):
        rooms.add_member("p", user, f"Guest {user}", 10)
    rooms.add_member("q", "w", "Guest w", 10)
    assert rooms.members("p") == [("u", "Guest u", False), ("v", "Guest v", False)]
    assert (rooms.member("p", "v"), rooms.member("p", "w")) == (("Guest v", False), None)
    assert (rooms.count_members("p"), rooms.count_members("q")) == (2, 1)


def test_a_name_is_unique_in_a_room_ignoring_capitals(rooms):
    rooms.add_member("p", "u", "Ana", 10)
    rooms.add_member("p", "v", "ANA", 10)
    assert rooms.members("p") == [("u", "Ana", False)]
    rooms.add_member("p", "v", "Ben", 10)
    assert not rooms.rename_member("p", "v", "aNa")
    assert rooms.rename_member("p", "v", "Bea")
    assert rooms.member("p", "v") == ("Bea", True)
    rooms.add_member("q", "v", "Ana", 10)
    assert rooms.member("q", "v") == ("Ana", False)


def test_the_oldest_members_leave_a_full_room(rooms):
    for number in range(5):
        rooms.add_member("p", str(number), f"Guest {number}", 3)
    assert [user for user, *_ in rooms.members("p")] == ["2", "3", "4"]
    assert rooms.count_members("p") == 3


@pytest.mark.parametrize(
    "write",
    [
        lambda state: state.rooms.save_room("p", "a-b-c", "abc"),
        lambda state: state.rooms.pause_room("p", True),
        lambda state: state.rooms.add_guest("p", "guest"),
        lambda state: state.rooms.add_owner("p", "owner"),
        lambda state: state.rooms.add_member("p", "guest", "Ann", 10),
        lambda state: state.rooms.rename_member("p", "guest", "Bob"),
        lambda state: state.move_home("guest", "p"),
        lambda state: state.save_project("p:guest", "{}"),
        lambda state: state.start_over("p:guest"),
    ],
    ids=["code", "pause", "guest", "owner", "member", "name", "home", "reset board", "start over"],
)
def test_a_room_a_role_and_a_reset_are_synced_to_the_disk_at_once(
    path: Path, write: Callable[[AppState], object]
) -> None:
    with closing(AppState(path)) as state:
        told: list[str] = []
        state._file._file.set_trace_callback(told.append)
        write(state)
        state._file._file.set_trace_callback(None)

    synced = told[told.index("PRAGMA synchronous = FULL") :]
    assert "COMMIT" in synced[: synced.index("PRAGMA synchronous = NORMAL")]


def test_a_role_that_is_known_is_not_written_again(rooms, path):
    rooms.add_guest("p", "guest")
    rooms.add_owner("p", "owner")
    told: list[str] = []
    rooms._file._file.set_trace_callback(told.append)
    rooms.add_guest("p", "guest")
    rooms.add_owner("p", "owner")
    assert [each for each in told if "role" in each and "INSERT" in each] == []
