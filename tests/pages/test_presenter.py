"""The presenter page: who may open it, joining, names, and what a guest may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import session
from tests.support.account_steps import with_own_account
from tests.support.internet import snowplow  # noqa: F401 (a fixture)
from tests.support.presentations import (
    members,
    presenter,  # noqa: F401 (a fixture)
    room_of,
)
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.steps import (
    alerts,
    click,
    complete,
    everything,
    go_to,
    has,
    publish,
    texts,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the browser were on the machine that the app runs on."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)


# Who may


def test_page_is_closed_where_nobody_can_show_that_they_present(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_local", lambda *_: False)
    at = go_to(open_app(), "presenter")

    assert not at.exception
    ((title, advice),) = alerts(at.info)
    assert title == "Presenting is off."
    assert "no PRESENTER_PASSPHRASE is set" in advice
    assert not has(at, "passphrase") and not has(at, "pause_room")
    assert session.process().rooms.find(world(at).connection.place) is None


def test_passphrase_opens_the_page(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp, local: None
) -> None:
    unconfigured.setenv("PRESENTER_PASSPHRASE", "open sesame")
    at = go_to(open_app(), "presenter")
    assert alerts(at.info) == [
        ("Only the presenter sees the room.", "Enter the presenter's passphrase.")
    ]
    assert not has(at, "pause_room")

    at.text_input(key="passphrase").input("open sesame")
    click(at, "enter_passphrase")

    assert not at.exception
    assert has(at, "pause_room")


def test_page_is_open_on_localhost(presenter: AppTest) -> None:
    assert not presenter.exception
    code = room_of(presenter).code
    assert code.replace("-", " ") in texts(presenter)
    assert presenter.code[0].value.endswith(f"/?sandbox={code}")
    assert members(presenter) == [("Presenter", "—", ":green-badge[here]")]


# Secrets


@pytest.mark.parametrize("view", ["", "screen"])
def test_no_token_and_no_id_of_another_is_on_the_page(
    open_app: OpenApp, presenter: AppTest, view: str
) -> None:
    token = world(presenter).connection.token
    code = room_of(presenter).code
    guests = [open_app(sandbox=code) for _ in range(2)]
    publish(presenter)
    if view:
        presenter.query_params["view"] = view

    presenter.run()

    assert not presenter.exception
    shown = everything(presenter)
    assert code.replace("-", " ") in shown
    assert [token in shown, *(each.query_params["user"] in shown for each in guests)] == [False] * 3
    for guest in guests:
        assert guest.query_params["sandbox"] == code
        assert token not in everything(guest) + str(dict(guest.query_params))


def test_big_screen_shows_no_nudge_and_the_desk_does(presenter: AppTest) -> None:
    click(presenter, "push_room")
    assert eventually(lambda: len(world(presenter).inbox) == 1)
    assert has(presenter.run(), "dismiss_nudge")

    presenter.query_params["view"] = "screen"
    presenter.run()

    assert not presenter.exception
    assert not has(presenter, "dismiss_nudge")


# Joining


def test_code_joins_the_sandbox_of_the_presenter_however_it_is_written(
    open_app: OpenApp, presenter: AppTest
) -> None:
    code = room_of(presenter).code
    guest = open_app(sandbox=code.upper().replace("-", " "))

    assert not guest.exception and not guest.error
    assert world(guest).connection.place == world(presenter).connection.place
    assert guest.query_params["sandbox"] == code
    click(presenter, "publish")
    assert not has(guest.run(), "publish")


def test_code_that_was_read_aloud_joins_from_the_sidebar(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = open_app()
    guest.text_input(key="room_code").input("zero zero zero 000")
    click(guest, "join_room")
    ((title, _),) = alerts(guest.error)
    assert title == "No room has the code 'zero zero zero 000'."

    guest.text_input(key="room_code").input(room_of(presenter).code.replace("-", " "))
    click(guest, "join_room")

    assert not guest.exception and not guest.error
    assert world(guest).connection.place == world(presenter).connection.place
    assert not has(guest, "room_code")


def test_new_code_leaves_newcomers_with_the_old_one_outside_and_keeps_who_is_here(
    open_app: OpenApp, presenter: AppTest
) -> None:
    old = room_of(presenter).code
    guest = open_app(sandbox=old)
    click(presenter, "new_code")
    assert room_of(presenter).code != old

    newcomer = open_app(sandbox=old)
    back = open_app(user=guest.query_params["user"], sandbox=old)

    place = world(presenter).connection.place
    assert [title for title, _ in alerts(newcomer.error)] == [f"No room has the code {old!r}."]
    assert world(newcomer).connection.place != place
    assert not back.error
    assert world(back).connection.place == place


def test_without_a_link_there_is_no_room_and_no_question_for_a_name(open_app: OpenApp) -> None:
    at = open_app()
    assert not has(at, "display_name")
    assert has(at, "room_code")


# Names


def test_name_is_asked_for_once_and_shown_to_the_presenter(
    open_app: OpenApp, presenter: AppTest
) -> None:
    guest = open_app(sandbox=room_of(presenter).code)
    assert guest.text_input(key="display_name").placeholder == "Guest 2"
    guest.text_input(key="display_name").input("Presenter")
    click(guest, "choose_name")
    for _ in range(2):  # what is new elsewhere runs the page again
        assert [each.value for each in guest.error] == [
            "Somebody here is already called Presenter\\. Add something to it\\."
        ]
        guest.run()

    guest.text_input(key="display_name").input("*Ana*")
    click(guest, "choose_name")

    assert not guest.exception and not guest.error
    assert not has(guest, "display_name")
    assert [name for name, *_ in members(presenter.run())] == ["Presenter", "\\*Ana\\*"]


# On Snowplow


def test_on_snowplow_those_in_the_account_are_listed_and_what_cannot_be_done_is_not_offered(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp, local: None, tmp_path: Path
) -> None:
    with running_snowplow(tmp_path, unconfigured) as snowplow:
        for key, value in snowplow.settings.items():
            unconfigured.setenv(key, value)
        at = go_to(open_app(), "presenter")
        other = open_app()
        click(at, "publish")

        assert not at.exception and not at.error
        assert [name for name, *_ in members(at)] == ["Presenter", "Guest 2"]
        assert "On Snowplow there is no sandbox to share" in texts(at)
        assert not has(at, "pause_room") and not has(at, "reset_room") and not at.code
        assert has(at, "push_room")
        assert not has(other.run(), "publish")
        assert other.query_params["user"] not in everything(at)
        session.process.clear()


# What a guest may not


def test_guest_of_a_room_changes_nothing_that_is_everybodys(
    open_app: OpenApp, presenter: AppTest
) -> None:
    publish(go_to(presenter, "presenter"))
    guest = complete(open_app(sandbox=room_of(presenter).code), 1)

    go_to(guest, "definitions")
    assert not guest.exception
    titles = [title for title, _ in alerts(guest.info)]
    assert "The presenter of this room publishes for everybody." in titles
    assert guest.get_by_key("publish").disabled and guest.get_by_key("unpublish").disabled
    assert not guest.get_by_key("preview").disabled
    assert not has(go_to(guest, "attributes"), "forward_day")
    assert not has(go_to(guest, "events"), "clear_events")
    assert not guest.exception


def test_nobody_is_asked_to_join_an_account_that_is_in_this_tab_only(
    snowplow: Snowplow, open_app: OpenApp, local: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = go_to(with_own_account(open_app(), snowplow), "presenter")
    assert "Only this tab uses your account" in texts(at)
    assert "the same account" not in texts(at) and not at.exception

    screens: list[Any] = []
    monkeypatch.setattr("lib.ui.room.show_big_screen", lambda data, _: screens.append(data))
    click(at, "big_screen")
    assert [(each["qr"], each["address"], each["code"]) for each in screens] == [("", [], "")]
