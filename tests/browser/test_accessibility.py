"""For everybody: axe finds nothing serious, the keyboard is enough, and nothing jumps."""

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.app import PAGES, SETTLED, AppPage
from tests.support.waiting import PATIENCE_SECONDS

OpenWindow = Callable[..., AppPage]
AXE = Path(__file__).parent.parent / "foreign/node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 844}
SHIFT_AT_MOST = 0.1
IDLE_MILLISECONDS = 1_000 * float(os.environ.get("IDLE_SECONDS", "5"))  # in make soak a minute
TABS_AT_MOST = 80

# What axe says is critical or serious, each with the first element that it is about.
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter((each) => ['critical', 'serious'].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes[0].html} ${each.nodes[0].failureSummary}`)"""

# The sum of the layout shifts that no input explains, and what shifted, from the first paint on.
WATCH_SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries().filter((each) => !each.hadRecentInput)) {
            const moved = entry.sources.map((each) => each.node?.textContent?.slice(0, 60));
            window.shifts.push([entry.value, location.pathname, moved]);
        }
    }).observe({type: 'layout-shift', buffered: true});
}"""
FOCUSED = """() => {
    const element = document.activeElement;
    return element.matches('button, a, input') ? element.innerText : '';
}"""


# axe


def violations(visitor: AppPage) -> list[str]:
    """What axe finds on the page as it is once nothing runs, with the mouse and the focus nowhere:
    what is under them Streamlit paints in the primary color, which cannot be both light enough for
    text in the dark and dark enough for the white text of buttons. Streamlit's toasts, which it
    shows for four seconds as dialogs without a name, are waited for."""
    expect(visitor.page.get_by_test_id("stToast")).to_have_count(0)
    visitor.page.mouse.move(0, 0)
    visitor.page.evaluate("document.activeElement.blur()")
    visitor.wait_for_answer()
    visitor.page.evaluate(AXE.read_text())
    found: list[str] = visitor.page.evaluate(VIOLATIONS)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(window: OpenWindow, scheme: str) -> None:
    visitor = window(color_scheme=scheme).go()
    found = {"before publishing": violations(visitor)}
    visitor.publish().complete(1, 2, 3, 4, 5)
    expect(visitor.nudge).to_be_visible()
    visitor.choose_from_menu("why")
    expect(visitor.keyed("look_again")).to_be_visible()
    found["with checks"] = violations(visitor)

    for path in PAGES:
        found[path] = violations(visitor.go(path, user=visitor.user))

    assert found == dict.fromkeys(found, [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_a_stage_or_a_phone(window: OpenWindow, scheme: str) -> None:
    visitor = window(color_scheme=scheme, viewport=PHONE)
    found = {"phone": violations(visitor.go("/?mode=presentation"))}
    visitor.button("play_story").click()
    expect(visitor.keyed("autoplay")).to_be_visible()
    visitor.button("pause_story").click()
    expect(visitor.button("pause_story")).to_have_text(re.compile("Go on"))
    found["story"] = violations(visitor)
    visitor.page.goto(f"{visitor.url}/presenter?view=screen")
    expect(visitor.page.get_by_role("dialog", name="Big screen")).to_be_visible()
    found["big screen"] = violations(visitor)

    assert found == dict.fromkeys(found, [])


# The keyboard


def press(visitor: AppPage, key: str) -> None:
    """Press a key once the page listens, which is a moment after it is there."""
    visitor.wait_for_answer().page.keyboard.press(key)


def tab_to(page: Page, label: str) -> None:
    """Press Tab until what has the focus says this."""
    for _ in range(TABS_AT_MOST):
        page.keyboard.press("Tab")
        if label in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"{label!r} does not get the focus")


def test_keyboard_alone_completes_the_story(window: OpenWindow) -> None:
    visitor = window().go()
    keyboard = visitor.page.keyboard
    tab_to(visitor.page, "Publish the definitions")
    keyboard.press("Enter")
    expect(visitor.keyed("publish")).to_have_count(0)
    for count in range(1, 6):
        press(visitor, "t")
        visitor.expect_count(count)
    expect(visitor.nudge).to_be_visible()

    tab_to(visitor.page, "Invite a teammate")
    keyboard.press("Enter")
    expect(visitor.nudge).to_have_count(0)
    for title in ("Guide", "Definitions", "Attributes", "Interventions", "Events"):
        press(visitor, "n")
        expect(visitor.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    press(visitor, "p")
    expect(visitor.page.get_by_role("heading", name="Interventions", level=1)).to_be_visible()
    expect(visitor.page.get_by_text("accepted", exact=True)).to_be_visible()


def test_three_fast_presses_of_a_key_complete_three_tasks(window: OpenWindow) -> None:
    visitor = window().go().publish()
    visitor.page.evaluate(SETTLED)
    for _ in range(3):
        visitor.page.keyboard.press("t")
    visitor.expect_count(3)


def test_remote_control_of_a_presenter_turns_the_pages_of_a_presentation(
    window: OpenWindow,
) -> None:
    visitor = window().go("/?mode=presentation")
    press(visitor, "PageDown")
    expect(visitor.page.get_by_role("heading", name="Definitions", level=1)).to_be_visible()
    press(visitor, "PageUp")
    expect(visitor.page.get_by_role("heading", name="Website relaunch")).to_be_visible()


def test_letters_that_are_typed_into_a_field_are_no_shortcuts(window: OpenWindow) -> None:
    visitor = window().go().publish()
    visitor.button("open_form").click()
    title = visitor.page.get_by_label("Title")
    title.press_sequentially("print ten notes")
    visitor.button("add_task").click()

    expect(visitor.page.get_by_role("button", name="print ten notes")).to_be_visible()
    visitor.expect_count("—")


# Nothing jumps


def shifts(visitor: AppPage) -> list[Any]:
    """Each layout shift since the page was opened: how much, where, and what moved."""
    found: list[Any] = visitor.page.evaluate("window.shifts")
    return found


def shown(visitor: AppPage) -> tuple[int, float]:
    """How many shifts there were, and the milliseconds, once the page has its fonts: until then its
    icons are words."""
    visitor.page.evaluate("document.fonts.ready.then(() => {})")
    visitor.page.evaluate(SETTLED)
    return len(shifts(visitor)), visitor.page.evaluate("performance.now()")


def watched(visitor: AppPage) -> AppPage:
    visitor.page.add_init_script(f"({WATCH_SHIFTS})()")
    return visitor


def acts(visitor: AppPage) -> Iterator[Callable[[], object]]:
    """What somebody does who lives through the story; each is over once its effect is shown."""
    yield visitor.publish
    for count in range(1, 6):
        yield partial(visitor.complete, count)
    yield expect(visitor.nudge).to_be_visible

    def accept() -> None:
        visitor.button("accept_nudge").click()
        expect(visitor.nudge).to_have_count(0)

    yield accept

    def turn_to(title: str) -> None:
        visitor.button("next_page").click()
        expect(visitor.page.get_by_role("heading", name=title, level=1)).to_be_visible()

    for title in ("Guide", "Definitions", "Attributes", "Interventions", "Events"):
        yield partial(turn_to, title)


def test_nothing_jumps_while_the_story_is_lived_through(window: OpenWindow) -> None:
    """Browsers do not count what moves within half a second of a click. On a slow machine the
    answer takes longer: what moves until it is drawn is left out."""
    visitor = watched(window(viewport={"width": 1440, "height": 900})).go()
    drawn, _ = shown(visitor)
    found: list[Any] = []
    for act in acts(visitor):
        found += shifts(visitor)[drawn:]
        act()
        visitor.wait_for_answer()
        drawn, _ = shown(visitor)

    found += shifts(visitor)[drawn:]
    assert sum(value for value, *_ in found) < SHIFT_AT_MOST, "\n".join(map(str, found))


def test_nothing_moves_while_a_page_is_left_alone(window: OpenWindow) -> None:
    board = watched(window()).go().publish().complete(1)
    paths = ("/attributes", "/events", "/interventions")
    others = [watched(window()).go(path, user=board.user) for path in paths]
    began = {each: shown(each) for each in (board, *others)}

    for each, (count, milliseconds) in began.items():
        each.page.wait_for_function(
            "until => performance.now() > until",
            arg=milliseconds + IDLE_MILLISECONDS,
            timeout=IDLE_MILLISECONDS + 1_000 * PATIENCE_SECONDS,
        )
        found = shifts(each)[count:]
        assert round(sum(value for value, *_ in found), 3) == 0, found
