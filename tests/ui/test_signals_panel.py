"""The panel "Signals sees" on the board and, when asked for, on the other pages."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.support.steps import complete, go_to, publish

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
