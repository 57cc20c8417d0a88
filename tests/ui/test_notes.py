"""The presenter's second window follows the first one."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import session
from tests.support.presentations import members
from tests.support.steps import alerts, click, go_to, has, publish, texts, world

OpenApp = Callable[..., AppTest]


@pytest.fixture
def presenter(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The first window, on the machine that the app runs on."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    return open_app()


def notes_of(presenter: AppTest, open_app: OpenApp) -> AppTest:
    user = presenter.query_params["user"]
    return go_to(open_app(user=user, view="notes"), "presenter")


def test_lines_are_those_of_the_page_and_the_progress_of_the_first_window(
    open_app: OpenApp, presenter: AppTest
) -> None:
    notes = notes_of(presenter, open_app)
    assert not notes.exception
    assert notes.title[0].value == "A product, and a user"

    go_to(presenter, "definitions")
    assert notes.run().title[0].value == "Say what matters"
    publish(presenter)
    assert notes.run().title[0].value == "Published"
    go_to(presenter, "board")
    assert notes.run().title[0].value == "Each click counts"


def test_second_window_does_not_take_itself_for_the_first(
    open_app: OpenApp, presenter: AppTest
) -> None:
    go_to(presenter, "attributes")
    notes = notes_of(presenter, open_app)
    assert "The first window shows: **Attributes**" in texts(notes)


def test_second_window_goes_along_when_the_first_becomes_somebody_else(
    open_app: OpenApp, presenter: AppTest
) -> None:
    notes = notes_of(presenter, open_app)
    began = world(presenter).stage.began
    click(presenter, "new_user")
    notes.run()

    assert not notes.exception
    assert notes.query_params["user"] == presenter.query_params["user"]
    assert world(presenter).stage.began == began


@pytest.mark.parametrize("view", ["screen", "notes", "desk"])
def test_room_gains_nobody_when_a_presenter_with_two_windows_becomes_somebody_else(
    open_app: OpenApp, presenter: AppTest, view: str
) -> None:
    second = go_to(open_app(user=presenter.query_params["user"], view=view), "presenter")
    click(presenter, "new_user")
    second.run()

    assert not second.exception
    assert second.query_params["user"] == presenter.query_params["user"]
    assert [name for name, *_ in members(go_to(presenter, "presenter"))] == ["Presenter"]


def test_second_window_that_went_along_is_not_taken_for_the_first(
    open_app: OpenApp, presenter: AppTest
) -> None:
    second = go_to(open_app(user=presenter.query_params["user"], view="screen"), "presenter")
    click(go_to(presenter, "attributes"), "new_user")
    second.run()
    assert world(presenter).stage.page == "Attributes"


@pytest.mark.parametrize("page", ["board", "guide"])
def test_room_gains_nobody_by_a_page_that_shows_who_the_presenter_was(
    open_app: OpenApp, presenter: AppTest, page: str
) -> None:
    second = go_to(open_app(user=presenter.query_params["user"]), page)
    click(go_to(presenter, "presenter"), "new_user")

    assert not second.run().exception
    assert [name for name, *_ in members(presenter.run())] == ["Presenter"]


def test_window_that_was_left_behind_opens_the_presenter_s_page_as_whom_they_are_now(
    open_app: OpenApp, presenter: AppTest
) -> None:
    second = go_to(open_app(user=presenter.query_params["user"]), "attributes")
    click(go_to(presenter, "presenter"), "new_user")
    go_to(second, "presenter")

    assert not second.exception
    assert second.query_params["user"] == presenter.query_params["user"]
    assert [name for name, *_ in members(second)] == ["Presenter"]


def test_big_screen_is_not_taken_for_the_first_window(
    open_app: OpenApp, presenter: AppTest
) -> None:
    go_to(presenter, "attributes")
    screen = go_to(open_app(user=presenter.query_params["user"], view="screen"), "presenter")
    assert not screen.exception
    assert world(presenter).stage.page == "Attributes"


def test_presenter_who_goes_back_is_who_they_were(open_app: OpenApp, presenter: AppTest) -> None:
    before = presenter.query_params["user"]
    click(go_to(presenter, "presenter"), "new_user")
    presenter.query_params["user"] = before
    presenter.run()

    assert not presenter.exception
    assert presenter.query_params["user"] == before
    assert [name for name, *_ in members(presenter)] == ["Presenter"]


@pytest.mark.parametrize("view", ["screen", "notes", "desk"])
def test_second_window_that_goes_back_comes_to_rest(
    open_app: OpenApp, presenter: AppTest, view: str
) -> None:
    before = presenter.query_params["user"]
    second = go_to(open_app(user=before, view=view), "presenter")
    click(presenter, "new_user")
    second.run()
    second.query_params.update({"user": before, "view": view})
    second.run()

    assert not second.exception
    assert [name for name, *_ in members(go_to(presenter, "presenter"))][0] == "Presenter"


def test_lines_are_for_the_presenter_alone(
    open_app: OpenApp, presenter: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_local", lambda *_: False)
    notes = notes_of(presenter, open_app)
    assert "Presenting is off." in [title for title, _ in alerts(notes.info)]
    assert not has(notes, "restart_clock")
