"""What holds on every page: axe finds nothing serious, nothing is wider than a phone, and the
browser's console tells of no error.

Opening a page is what costs most here, so each is opened once in a window and once on a phone, and
the tests read what was found.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.support.app import PAGES, AppPage

OpenWindow = Callable[..., AppPage]
AXE = Path(__file__).parent.parent / "foreign/node_modules/axe-core/axe.min.js"
PHONE = ViewportSize(width=390, height=844)
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 17, 31)"}

# What axe says is critical or serious, each with the first element that it is about. Transitions
# are ended, not waited for: one in a section that was just folded never ends by itself.
VIOLATIONS = """async (rules) => {
    const fading = document.getAnimations().filter((each) => each instanceof CSSTransition);
    fading.forEach((each) => each.finish());
    const only = rules ? { runOnly: { type: 'rule', values: rules } } : {};
    const found = await axe.run(document, { resultTypes: ['violations'], ...only });
    return found.violations
        .filter((each) => ['critical', 'serious'].includes(each.impact))
        .map((each) => `${each.id}: ${each.nodes[0].html} ${each.nodes[0].failureSummary}`);
}"""
# The rules that depend on colors. What a page is made of is the same in the light and in the dark.
OF_COLORS = ["color-contrast", "link-in-text-block"]

OVERFLOW = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map((element) => element.scrollWidth - element.clientWidth)"""


@dataclass
class Found:
    """What was found, by where."""

    violations: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))
    too_wide: dict[str, list[int]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def ask_axe(self, visitor: AppPage, where: str) -> None:
        """Ask axe in the light and in the dark, and leave the page in the light."""
        paint(visitor, "light")
        visitor.page.evaluate(AXE.read_text())
        self.violations["light"][where] = violations(visitor)
        paint(visitor, "dark")
        self.violations["dark"][where] = violations(visitor, OF_COLORS)
        paint(visitor, "light")


def violations(visitor: AppPage, rules: list[str] | None = None) -> list[str]:
    """What axe finds. If it finds anything, it looks again: while a page runs by itself, Streamlit
    fades what is on it."""
    found: list[str] = visitor.page.evaluate(VIOLATIONS, rules)
    return found and visitor.wait_for_answer().page.evaluate(VIOLATIONS, rules)


def paint(visitor: AppPage, scheme: str) -> None:
    """Have the page drawn in these colors as it is once nothing runs, with the mouse and the focus
    nowhere: what is under them Streamlit paints in the primary color, which cannot be both light
    enough for text in the dark and dark enough for the white text of buttons. Streamlit's toasts,
    which it shows for four seconds as dialogs without a name, are waited for."""
    visitor.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    app = visitor.page.get_by_test_id("stApp")
    expect(app).to_have_css("background-color", BACKGROUNDS[scheme])
    expect(visitor.page.get_by_test_id("stToast")).to_have_count(0)
    visitor.page.mouse.move(0, 0)
    visitor.page.evaluate("document.activeElement.blur()")
    visitor.wait_for_answer()


@pytest.fixture(scope="module")
def found(lasting_window: OpenWindow) -> Found:
    """What is found on each page by somebody who has been nudged."""
    found = Found()
    visitor = lasting_window().go()
    found.ask_axe(visitor, "before publishing")
    visitor.publish().complete(1, 2, 3, 4, 5)
    expect(visitor.nudge).to_be_visible()
    visitor.choose_from_menu("why")
    expect(visitor.keyed("look_again")).to_be_visible()
    found.ask_axe(visitor, "with checks")
    user = visitor.user
    for path in PAGES:
        found.ask_axe(visitor.go(path, user=user), path)

    phone = lasting_window(viewport=PHONE)
    for path in PAGES:
        phone.go(path, user=user)
        expect(phone.nudge).to_be_visible()
        found.too_wide[path] = phone.page.evaluate(OVERFLOW)
    found.errors = visitor.errors + phone.errors
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(found: Found, scheme: str) -> None:
    violations = found.violations[scheme]
    assert violations == dict.fromkeys(("before publishing", "with checks", *PAGES), [])


def test_no_page_scrolls_sideways_on_a_phone(found: Found) -> None:
    assert found.too_wide == dict.fromkeys(PAGES, [0, 0])


def test_no_page_logs_an_error_to_the_console(found: Found) -> None:
    assert found.errors == []


def test_axe_finds_nothing_serious_on_a_stage_or_a_phone(window: OpenWindow) -> None:
    found = Found()
    visitor = window(viewport=PHONE)
    found.ask_axe(visitor.go("/?mode=presentation"), "phone")
    visitor.button("play_story").click()
    expect(visitor.keyed("autoplay")).to_be_visible()
    visitor.button("pause_story").click()
    expect(visitor.button("pause_story")).to_have_text(re.compile("Resume"))
    found.ask_axe(visitor, "story")
    visitor.page.goto(f"{visitor.url}/presenter?view=screen")
    expect(visitor.page.get_by_role("dialog", name="Big screen")).to_be_visible()
    found.ask_axe(visitor, "big screen")

    nothing: dict[str, list[str]] = {"phone": [], "story": [], "big screen": []}
    assert found.violations == {"light": nothing, "dark": nothing}
