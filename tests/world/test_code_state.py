"""The tokens of addresses for code, in the app's file."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.world.app_state import AppState
from lib.world.code_state import EVERYTHING, CodeState


@pytest.fixture
def code(tmp_path: Path) -> Iterator[CodeState]:
    with closing(AppState(tmp_path / "app.db")) as state:
        yield state.code


def test_token_is_found_by_its_sandbox_and_the_sandbox_by_its_token(code: CodeState) -> None:
    code.add("p", EVERYTHING, "one")
    code.add("p", "guest", "two")
    assert (code.token("p", EVERYTHING), code.token("p", "guest")) == ("one", "two")
    assert (code.found("one"), code.found("two")) == (("p", EVERYTHING), ("p", "guest"))
    assert (code.token("q", EVERYTHING), code.found("three")) == (None, None)


def test_second_token_changes_nothing(code: CodeState) -> None:
    code.add("p", EVERYTHING, "one")
    code.add("p", EVERYTHING, "two")
    assert (code.token("p", EVERYTHING), code.found("two")) == ("one", None)


def test_replaced_token_stands_for_nothing_after_a_restart_too(tmp_path: Path) -> None:
    with closing(AppState(tmp_path / "app.db")) as state:
        state.code.add("p", EVERYTHING, "one")
        state.code.replace("p", EVERYTHING, "two")
    with closing(AppState(tmp_path / "app.db")) as state:
        assert (state.code.found("one"), state.code.found("two")) == (None, ("p", EVERYTHING))


def test_moved_token_is_another_user_s_unless_they_have_one(code: CodeState) -> None:
    code.add("p", "before", "one")
    code.move("p", "before", "after")
    assert code.found("one") == ("p", "after")
    code.add("p", "before", "two")
    code.move("p", "before", "after")
    assert (code.token("p", "after"), code.token("p", "before")) == ("one", "two")


def test_guests_of_a_room_are_let_and_no_longer(code: CodeState) -> None:
    assert not code.lets_guests("p")
    code.let_guests("p", True)
    code.let_guests("p", True)
    assert (code.lets_guests("p"), code.lets_guests("q")) == (True, False)
    code.let_guests("p", False)
    assert not code.lets_guests("p")
