"""Which profile a user sees: the room's in a sandbox, their own on an account."""

from collections.abc import Iterator

import pytest

from lib.demo.demo_profile import DEFAULT
from lib.demo.ready_profiles import ready_profiles
from lib.world.app_state import AppState
from lib.world.shown_profile import ShownProfile

SHOP, MEDIA = ready_profiles()["webshop"], ready_profiles()["media"]


@pytest.fixture
def state() -> Iterator[AppState]:
    state = AppState(":memory:")
    yield state
    state.close()


def shown(state: AppState, user: str, *, is_sandbox: bool, place: str = "p") -> ShownProfile:
    return ShownProfile(state, place, user, is_sandbox=is_sandbox)


def test_without_a_choice_it_is_the_project_tool(state: AppState) -> None:
    one = shown(state, "ana", is_sandbox=True)
    assert (one.link, one.current) == (None, DEFAULT)


def test_a_sandbox_has_one_for_everybody(state: AppState) -> None:
    shown(state, "ana", is_sandbox=True).choose("webshop", for_everyone=False)
    assert shown(state, "ben", is_sandbox=True).current == SHOP
    assert shown(state, "ben", is_sandbox=True, place="q").current == DEFAULT


def test_on_an_account_a_choice_is_somebody_s_own_and_comes_first(state: AppState) -> None:
    ana, ben = (shown(state, user, is_sandbox=False) for user in ("ana", "ben"))
    ana.choose("webshop", for_everyone=False)
    assert (ana.current, ben.current) == (SHOP, DEFAULT)

    shown(state, "presenter", is_sandbox=False).choose("media", for_everyone=True)
    assert (ana.current, ben.current) == (SHOP, MEDIA)


def test_one_that_can_no_longer_be_read_is_the_project_tool(state: AppState) -> None:
    one = shown(state, "ana", is_sandbox=True)
    one.choose("was_deleted", for_everyone=False)
    assert one.current == DEFAULT


def test_an_account_that_is_forgotten_takes_its_profiles_along(state: AppState) -> None:
    one = shown(state, "ana", is_sandbox=False, place="own-1")
    one.choose("webshop", for_everyone=True)
    state.forget("own-1:*")
    assert one.link is None
