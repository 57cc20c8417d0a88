"""Starting over, alone and in company."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import session
from tests.support.presentations import (
    OpenApp,
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import alerts, click, complete, count, go_to, has, publish, texts, world
from tests.support.studio_steps import open_studio, start_from
from tests.support.waiting import eventually


def test_starting_over_is_as_if_nothing_had_happened(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "definitions")
    at.get_by_key("threshold").set_value(9).run()
    before = at.query_params["user"], world(at).connection.token
    click(at, "start_over")

    assert not at.exception
    assert (count(at), has(at, "publish"), has(at, "nudge")) == ("—", True, False)
    after = at.query_params["user"], world(at).connection.token
    assert not set(before) & set(after)
    assert go_to(at, "definitions").get_by_key("threshold").value == 5


def test_starting_over_in_company_leaves_the_definitions_to_the_others(
    presenter: AppTest, open_app: OpenApp
) -> None:
    publish(presenter)
    guest = complete(guest_of(presenter, open_app), 1)
    token = world(guest).connection.token
    click(guest, "start_over")

    assert not guest.exception
    assert (count(guest), world(guest).connection.token) == ("—", token)
    assert "Nothing is published for this board yet" not in texts(guest)


def test_presenter_who_starts_over_stays_in_the_room_that_others_are_invited_to(
    presenter: AppTest,
) -> None:
    token = world(presenter).connection.token
    click(presenter, "start_over")

    assert not presenter.exception
    assert world(presenter).connection.token == token


def test_presenter_who_starts_over_alone_is_still_the_presenter_and_nobody_else_has_come(
    presenter: AppTest,
) -> None:
    click(presenter, "start_over")
    place = world(presenter).connection.place
    members = session.process().rooms.standings(place, [world(presenter).user_id], None)

    assert [each.name for each in members] == ["Presenter"]
    assert has(presenter, "persona")


@pytest.mark.parametrize("profile", ["", "webshop"])
def test_sandbox_in_which_nothing_happened_is_used_again(open_app: OpenApp, profile: str) -> None:
    at = open_app(profile=profile)
    schema = world(at).own_event.current.schema
    assert eventually(lambda: world(at).connection.inspector.has_schema(schema))
    token, before = at.session_state["place"], at.query_params["user"]
    click(at, "start_over")

    assert not at.exception
    assert at.session_state["place"] == token and at.query_params["user"] != before


@pytest.mark.parametrize("key", ["publish", "complete_task", "start_next"])
def test_sandbox_in_which_something_happened_is_left(open_app: OpenApp, key: str) -> None:
    at = click(open_app(), key)
    token = at.session_state["place"]
    click(at, "start_over")

    assert not at.exception
    assert at.session_state["place"] != token


def test_sandbox_with_definitions_of_one_s_own_is_left(open_app: OpenApp) -> None:
    at = start_from(open_studio(open_app), "mix")
    click(at, "publish_draft")
    token = at.session_state["place"]
    click(at, "start_over")

    assert not at.exception
    assert at.session_state["place"] != token


def test_people_who_keep_starting_over_have_to_wait(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = publish(open_app())
    monkeypatch.setattr(session.process().new_sandboxes, "wait", lambda *_: 9.5)
    token = at.session_state["place"]
    click(at, "start_over")

    assert not at.exception
    ((title, advice),) = alerts(at.error)
    assert title == "You started over too often."
    assert "Wait 10 s, or choose New user." in advice
    assert at.session_state["place"] == token
