"""Starting over, alone and in company."""

from streamlit.testing.v1 import AppTest

from tests.support.presentations import (
    OpenApp,
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import click, complete, count, go_to, has, publish, texts, world


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
    assert "Nothing is published yet" not in texts(guest)


def test_presenter_who_starts_over_stays_in_the_room_that_others_are_invited_to(
    presenter: AppTest,
) -> None:
    token = world(presenter).connection.token
    click(presenter, "start_over")

    assert not presenter.exception
    assert world(presenter).connection.token == token
