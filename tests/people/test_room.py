"""The room: codes that stand for a sandbox, names, and how far everybody is."""

import base64
import random
from pathlib import Path

import pytest

from lib.people.room import (
    NameProblem,
    Rooms,
    checked_name,
    is_code,
    new_code,
    squeezed,
    was_meant_as_code,
)
from lib.people.room_words import WORDS
from lib.snowplow.definitions import COUNT
from lib.ui.address import TOKEN
from lib.world.app_state import AppState
from lib.world.history import Reading
from tests.support.rooms import (
    NOW,
    TOKEN_OF_ROOM,
    rooms,  # noqa: F401 (a fixture)
    state,  # noqa: F401 (a fixture)
)

OTHER_TOKEN = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


def test_code_has_thirty_random_bits_and_can_never_be_taken_for_a_token() -> None:
    assert len(WORDS) ** 3 * 900 > 2**30
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(is_code(code) and not TOKEN.fullmatch(code) for code in codes)


def test_code_joins_the_room_that_it_was_made_for(rooms: Rooms) -> None:
    room = rooms.open(TOKEN_OF_ROOM, with_code=True)
    other = rooms.open(OTHER_TOKEN, with_code=True)

    assert rooms.joined_by(room.code) == room
    assert rooms.joined_by(other.code) == other
    assert (room.place, other.place) == (TOKEN_OF_ROOM, OTHER_TOKEN)
    assert rooms.open(TOKEN_OF_ROOM, with_code=True) == room  # one for each sandbox


@pytest.mark.parametrize(
    "written",
    [
        lambda code: code.upper(),
        lambda code: code.replace("-", " "),
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.title().replace('-', ' - ')}\n",
        lambda code: code.replace("-", "--"),
    ],
)
def test_code_may_differ_in_capitals_spaces_and_hyphens(rooms: Rooms, written) -> None:
    room = rooms.open(TOKEN_OF_ROOM, with_code=True)
    assert is_code(written(room.code))
    assert rooms.joined_by(written(room.code)) == room


def test_unknown_code_joins_nothing(rooms: Rooms) -> None:
    rooms.open(TOKEN_OF_ROOM, with_code=True)
    assert rooms.joined_by("zero-zero-zero-000") is None
    assert rooms.joined_by("") is None


@pytest.mark.parametrize(
    "mistyped",
    [
        "amber-otter-stone-482amber-otter-stone-482",
        "AMBER-OTTER-STONE-482AMBER-OTTER-STONE-482",
        "Amber-otter-stone-482amber-otter-stone-482",
        "amb3r-otter-bottle-4821",
        "amber_otter_stone_482_sandbox",
    ],
)
def test_mistyped_code_as_long_as_a_token_is_taken_for_a_code(mistyped: str) -> None:
    assert TOKEN.fullmatch(mistyped) and was_meant_as_code(mistyped)


def test_token_is_never_taken_for_a_mistyped_code() -> None:
    some = random.Random(482)
    tokens = (base64.urlsafe_b64encode(some.randbytes(24)).decode() for _ in range(20_000))
    assert [each for each in tokens if was_meant_as_code(each)] == []
    assert not was_meant_as_code("a" * 32)


def test_replaced_code_stops_working(rooms: Rooms) -> None:
    old = rooms.open(TOKEN_OF_ROOM, with_code=True)
    new = rooms.new_code(TOKEN_OF_ROOM)

    assert rooms.joined_by(old.code) is None
    assert rooms.joined_by(new.code) == new
    assert new.place == old.place and new.code != old.code


def test_code_that_another_room_has_is_not_given_twice(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rooms.open(TOKEN_OF_ROOM, with_code=True)
    codes = iter([first.code, "amber-otter-stone-482"])
    monkeypatch.setattr("lib.people.room.new_code", lambda: next(codes))

    assert rooms.open(OTHER_TOKEN, with_code=True).code == "amber-otter-stone-482"
    assert rooms.joined_by(first.code) == first


def test_room_survives_a_restart(tmp_path: Path) -> None:
    state = AppState(tmp_path / "app.db")
    room = Rooms(state).open(TOKEN_OF_ROOM, with_code=True)
    Rooms(state).pause(TOKEN_OF_ROOM, True)
    state.close()

    again = AppState(tmp_path / "app.db")
    found = Rooms(again).joined_by(room.code)
    again.close()

    assert found is not None
    assert (found.place, found.code, found.is_paused) == (room.place, room.code, True)


def test_wrong_codes_keep_nobody_out(rooms: Rooms) -> None:
    room = rooms.open(TOKEN_OF_ROOM, with_code=True)
    for _ in range(1_000):
        assert rooms.joined_by("zero-zero-zero-000") is None
    assert rooms.joined_by(room.code) == room


def test_account_has_a_room_without_a_code(rooms: Rooms) -> None:
    one, other = (rooms.open(place, with_code=False) for place in ("account-1", "account-2"))
    assert (one.code, other.code) == ("", "")
    assert rooms.joined_by("") is None


def test_names_are_numbered_until_they_are_chosen(rooms: Rooms) -> None:
    assert [rooms.member(TOKEN_OF_ROOM, user).name for user in "abca"] == [
        "Guest 1",
        "Guest 2",
        "Guest 3",
        "Guest 1",
    ]
    rooms.rename(TOKEN_OF_ROOM, "b", "Ana")
    chosen = rooms.member(TOKEN_OF_ROOM, "b")
    assert (chosen.name, chosen.has_chosen) == ("Ana", True)
    assert rooms.member(OTHER_TOKEN, "b").name == "Guest 1"


def test_name_that_somebody_has_is_not_given_twice(rooms: Rooms) -> None:
    for user in "ab":
        rooms.member(TOKEN_OF_ROOM, user)
    rooms.rename(TOKEN_OF_ROOM, "a", "Ana")

    with pytest.raises(NameProblem, match="Somebody here is already called ANA"):
        rooms.rename(TOKEN_OF_ROOM, "b", "ANA")
    rooms.rename(TOKEN_OF_ROOM, "b", "Guest 3")
    assert rooms.member(TOKEN_OF_ROOM, "c").name == "Guest 4"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("  Ana \n Maria\t", "Ana Maria"),
        ("Ana\u202e", "Ana"),
        ("A\u0000n\ud800a", "Ana"),
        ("<b>Ana</b>", "<b>Ana</b>"),
        ("a" * 30, "a" * 30),
    ],
)
def test_name_is_kept_on_one_line_without_what_cannot_be_seen(given: str, name: str) -> None:
    assert checked_name(given) == name


@pytest.mark.parametrize("given", ["", " \n", "\u202e\u200b", "a" * 31, "Everyone", "Me"])
def test_name_that_cannot_be_is_refused(given: str) -> None:
    with pytest.raises(NameProblem):
        checked_name(given)


def test_standings_tell_how_far_everybody_is(state: AppState, rooms: Rooms) -> None:
    for user, name in (("a", "Ana"), ("b", "Ben")):
        rooms.member(TOKEN_OF_ROOM, user)
        rooms.rename(TOKEN_OF_ROOM, user, name)
    for count in (1, 2):
        state.add_reading(f"{TOKEN_OF_ROOM}:a", Reading(NOW, {COUNT: count}))
    for version in (1, 2):
        body = {"name": "nudge", "version": version}
        state.add_intervention(f"{TOKEN_OF_ROOM}:a", f"id-{version}", NOW, body)

    ana, ben, new = rooms.standings(TOKEN_OF_ROOM, {"b", "c"}, ("nudge", 2))

    assert (ana.name, ana.tasks, ana.nudged_at, ana.is_here) == ("Ana", 2, NOW, False)
    assert (ben.name, ben.tasks, ben.nudged_at, ben.is_here) == ("Ben", None, None, True)
    assert (new.name, new.is_here) == ("Guest 3", True)
    nobody_yet = rooms.standings(TOKEN_OF_ROOM, (), ("nudge", 3))
    assert [each.nudged_at for each in nobody_yet] == [None] * 3


def test_no_secret_is_in_what_is_printed_of_a_room(rooms: Rooms) -> None:
    room = rooms.open(TOKEN_OF_ROOM, with_code=True)
    member = rooms.member(TOKEN_OF_ROOM, "secret-user")
    assert TOKEN_OF_ROOM not in repr(room)
    assert "secret-user" not in repr(member)


def test_code_is_found_by_its_letters_and_digits_alone() -> None:
    assert squeezed("Amber – Otter_Stone\u00a0482") == "amberotterstone482"
