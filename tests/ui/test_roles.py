"""Who is a guest in a room, and who is not, whichever way they came, went and came back."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection.account import OwnAccount
from lib.connection.settings import load_own_account
from lib.people.room import Room
from lib.ui import session
from tests.support.presentations import (
    OpenApp,
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import click, go_to, has, publish

Way = Callable[[AppTest, OpenApp], AppTest]
ACCOUNT = {
    "COLLECTOR_URL": "https://collector.example.com",
    "SIGNALS_API_URL": "https://example.signals.snowplowanalytics.com",
    "CONSOLE_API_KEY": "6f2b8a60-0000-4000-8000-000000000001",
    "CONSOLE_API_KEY_ID": "6f2b8a60-0000-4000-8000-000000000002",
    "ORG_ID": "6f2b8a60-0000-4000-8000-000000000000",
}


def place_of(at: AppTest) -> str:
    place: str = at.session_state["place"]
    return place


def room_of(at: AppTest) -> Room:
    room = session.process().rooms.find(place_of(at))
    assert room is not None
    return room


def user_of(at: AppTest) -> str:
    return at.query_params["user"]


def is_guest(at: AppTest) -> bool:
    """Whether the pages treat somebody as a guest: each asks by itself."""
    assert not at.exception
    may_clear = has(go_to(at, "events"), "clear_events")
    may_move_the_clock = has(go_to(at, "attributes"), "back_to_now") or has(at, "fast_forward_1")
    may_publish = not go_to(at, "definitions").get_by_key("publish").disabled
    may_replace_the_code = has(go_to(at, "presenter"), "new_code")
    rights = {may_clear, may_publish, may_replace_the_code}
    assert len(rights) == 1 and (not may_move_the_clock or may_clear)
    return not may_clear


def restart() -> None:
    """End the process's part of the app; the files stay."""
    AppTest.from_function(_forget_membership).run()
    session.process.clear()


def _forget_membership() -> None:
    from lib.ui import session

    session._membership.clear()


# How a guest may try to be one no more, without leaving the room


def stays(guest: AppTest, _: OpenApp) -> AppTest:
    return guest.run()


def comes_back_by_the_whole_address(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(**guest.query_params)


def comes_back_by_the_user_alone(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(guest))


def takes_the_code_out_of_the_address(guest: AppTest, _: OpenApp) -> AppTest:
    del guest.query_params["sandbox"]
    return guest.run()


def opens_the_same_address_in_a_second_tab(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(**guest.query_params)


def comes_back_after_a_restart(guest: AppTest, open_app: OpenApp) -> AppTest:
    restart()
    return open_app(user=user_of(guest))


def starts_over(guest: AppTest, open_app: OpenApp) -> AppTest:
    return click(guest, "start_over")


def starts_over_after_coming_back(guest: AppTest, open_app: OpenApp) -> AppTest:
    return click(open_app(user=user_of(guest)), "start_over")


def starts_over_and_comes_back(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(click(guest, "start_over")))


def becomes_a_new_user_after_coming_back(guest: AppTest, open_app: OpenApp) -> AppTest:
    return click(open_app(user=user_of(guest)), "new_user")


def becomes_a_new_user_and_comes_back(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(click(guest, "new_user")))


def brings_an_account_and_forgets_it(guest: AppTest, _: OpenApp) -> AppTest:
    guest.session_state["own_account"] = own_account()
    guest.run()
    del guest.session_state["own_account"]
    return guest.run()


def brings_an_account_and_comes_back(guest: AppTest, open_app: OpenApp) -> AppTest:
    guest.session_state["own_account"] = own_account()
    guest.run()
    return open_app(user=user_of(guest))


def comes_with_half_a_token(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(guest), sandbox="half")


def own_account() -> OwnAccount:
    return load_own_account(ACCOUNT, session.process().settings)


STAYS_A_GUEST = (
    stays,
    comes_back_by_the_whole_address,
    comes_back_by_the_user_alone,
    takes_the_code_out_of_the_address,
    opens_the_same_address_in_a_second_tab,
    comes_back_after_a_restart,
    starts_over,
    starts_over_after_coming_back,
    starts_over_and_comes_back,
    becomes_a_new_user_after_coming_back,
    becomes_a_new_user_and_comes_back,
    brings_an_account_and_forgets_it,
    brings_an_account_and_comes_back,
    comes_with_half_a_token,
)


@pytest.mark.parametrize("is_replaced", [False, True], ids=["same_code", "new_code"])
@pytest.mark.parametrize("way", STAYS_A_GUEST)
def test_guest_stays_a_guest(
    presenter: AppTest, open_app: OpenApp, way: Way, is_replaced: bool
) -> None:
    guest = guest_of(presenter, open_app)
    if is_replaced:
        click(go_to(presenter, "presenter"), "new_code")

    at = way(guest, open_app)

    assert place_of(at) == place_of(presenter)
    assert is_guest(at)


def test_guest_of_two_rooms_is_one_in_both(presenter: AppTest, open_app: OpenApp) -> None:
    other = go_to(open_app(), "presenter")
    guest = guest_of(presenter, open_app)
    user, codes = user_of(guest), (room_of(other).code, room_of(presenter).code)

    for code in codes:
        assert is_guest(open_app(user=user, sandbox=code))
    for host in (presenter, other):
        click(go_to(host, "presenter"), "new_code")
    assert is_guest(open_app(user=user))


# How somebody leaves, or was no guest from the start


def leaves_by_the_address_without_anything(_: AppTest, open_app: OpenApp) -> AppTest:
    return open_app()


def leaves_by_the_token_of_another_sandbox(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(guest), sandbox="a" * 32)


def has_the_token_of_the_room(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(sandbox=place_of(guest))


def had_the_token_and_comes_back_by_the_user(guest: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(open_app(sandbox=place_of(guest))))


def had_the_token_and_takes_the_code(guest: AppTest, open_app: OpenApp) -> AppTest:
    at = open_app(sandbox=place_of(guest))
    return open_app(user=user_of(at), sandbox=room_of(guest).code)


@pytest.mark.parametrize(
    "way",
    [
        leaves_by_the_address_without_anything,
        leaves_by_the_token_of_another_sandbox,
        has_the_token_of_the_room,
        had_the_token_and_comes_back_by_the_user,
        had_the_token_and_takes_the_code,
    ],
)
def test_people_who_left_or_have_the_token_are_not_guests(
    presenter: AppTest, open_app: OpenApp, way: Way
) -> None:
    assert not is_guest(way(guest_of(presenter, open_app), open_app))


def in_a_second_browser(presenter: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(presenter))


def by_the_link_of_the_room(presenter: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(presenter), sandbox=room_of(presenter).code)


def after_being_a_guest_elsewhere(presenter: AppTest, open_app: OpenApp) -> AppTest:
    other = go_to(open_app(), "presenter")
    open_app(user=user_of(presenter), sandbox=room_of(other).code)
    return open_app(user=user_of(presenter), sandbox=room_of(presenter).code)


def after_a_restart(presenter: AppTest, open_app: OpenApp) -> AppTest:
    restart()
    return open_app(user=user_of(presenter))


def as_a_new_user(presenter: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(user=user_of(click(presenter, "new_user")))


@pytest.mark.parametrize(
    "way",
    [
        in_a_second_browser,
        by_the_link_of_the_room,
        after_being_a_guest_elsewhere,
        after_a_restart,
        as_a_new_user,
    ],
)
def test_presenter_stays_the_presenter(presenter: AppTest, open_app: OpenApp, way: Way) -> None:
    place = place_of(presenter)
    at = way(presenter, open_app)

    assert place_of(at) == place
    assert not is_guest(at)


def test_guest_does_not_become_a_ready_made_person_who_owns_the_sandbox(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    host = publish(open_app())
    click(host, "persona_ana")
    guest = guest_of(go_to(host, "presenter"), open_app)
    click(host, "new_code")

    assert not has(open_app(user=user_of(guest)), "persona")
