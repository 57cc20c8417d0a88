"""The panel "Signals sees" on the board and, when asked for, on the other pages."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.support.events_page import patience  # noqa: F401 (a fixture)
from tests.support.steps import click, complete, go_to, publish, texts, world

OpenApp = Callable[..., AppTest]
TITLE = "**:material/visibility: Signals sees**"


def has_panel(at: AppTest) -> bool:
    return TITLE in [each.value for each in at.markdown]


def switch(at: AppTest, is_on: bool, key: str = "signals_sees_elsewhere") -> AppTest:
    at.toggle(key=key).set_value(is_on).run()
    assert not at.exception
    return at


def test_board_has_the_panel_until_it_is_switched_off(open_app: OpenApp) -> None:
    at = open_app()
    assert has_panel(at)
    assert not has_panel(switch(at, False, "signals_sees"))


def test_any_other_page_has_the_panel_once_it_is_switched_on(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    assert not has_panel(at)
    assert has_panel(switch(at, True))
    assert has_panel(go_to(at, "interventions"))
    assert not has_panel(switch(at, False))


def test_switch_of_the_other_pages_leaves_the_board_alone(open_app: OpenApp) -> None:
    at = switch(go_to(open_app(), "events"), True)
    switch(at, False)
    assert has_panel(go_to(at, "board"))


def test_journey_opens_that_of_the_event_in_the_strip_whatever_was_shown_before(
    open_app: OpenApp,
) -> None:
    at = go_to(complete(publish(open_app()), 1), "events")
    at.multiselect(key="event_names").select("page_view").run()
    chosen = at.selectbox(key="event").select_index(1).run().selectbox(key="event").value

    click(complete(go_to(at, "board"), 1), "open_journey")

    assert not at.exception
    assert at.title[0].value == "Events"
    newest = world(at).newest_gesture
    assert newest is not None
    assert at.selectbox(key="event").value == newest.event_id != chosen
    assert "**attributes** tasks_completed_count: 1 → 2" in texts(at)


def test_journey_before_any_event_opens_the_page(open_app: OpenApp) -> None:
    at = click(open_app(), "open_journey")
    assert not at.exception
    assert at.title[0].value == "Events"


def test_journey_on_the_events_page_itself_shows_the_newest_gesture(open_app: OpenApp) -> None:
    at = switch(go_to(complete(publish(open_app()), 2), "events"), True)
    at.selectbox(key="event").select_index(3).run()
    click(at, "open_journey")
    assert not at.exception
    assert "**attributes** tasks_completed_count: 1 → 2" in texts(at)
