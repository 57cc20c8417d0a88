"""For everybody: the keyboard is enough, and nothing jumps."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.app import AppPage
from tests.support.waiting import PATIENCE_SECONDS

OpenWindow = Callable[..., AppPage]
SHIFT_AT_MOST = 0.1
IDLE_MILLISECONDS = 1_000 * float(os.environ.get("IDLE_SECONDS", "5"))  # in make soak a minute
TABS_AT_MOST = 80

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
SETTLED = "() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))"
FOCUSED = """() => {
    const element = document.activeElement;
    return element.matches('button, a, input') ? element.innerText : '';
}"""


# The keyboard


def press(visitor: AppPage, key: str) -> None:
    """Press a key once the page listens, which is a moment after it is there."""
    visitor.wait_for_answer().page.evaluate(SETTLED)
    visitor.page.keyboard.press(key)


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
