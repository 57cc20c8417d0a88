"""From a click on "Complete task" to the nudge's text in front of a person: a session in Chromium.

Measured inside the page, by its own clock: from the click to the frame that is drawn with the text
in it. So all is in it that Streamlit's frontend does, which `app_clicks` leaves out, and nothing of
what drives the browser. The bare app shows the same text at every fifth click; the two are measured
in turns, so that whatever else the machine does holds up both.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.app_server import Served, other_app, project_app
from benchmarks.report import Line, percentile
from lib.demo.demo_profile import DemoProfile
from tests.support.app import AppPage
from tests.support.chromium import CHROMIUM, FLAGS

CLICKS_TO_THE_NUDGE = 5
ROUNDS = 60

# A message is handled after the frame that was asked for before it has been drawn.
CLICK_AND_SEE = """([button, text]) => new Promise((resolve) => {
    let began;
    const has = (node) => node.textContent.includes(text);
    const seen = () => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now() - began);
        port2.postMessage(null);
    });
    const observer = new MutationObserver((changes) => {
        if (changes.some((each) => [...each.addedNodes].some(has) || has(each.target))) {
            observer.disconnect();
            seen();
        }
    });
    if (has(document.body)) throw new Error('it is there already');
    observer.observe(document.body, { childList: true, characterData: true, subtree: true });
    began = performance.now();
    document.querySelector(button).click();
})"""


def lines() -> list[Line]:
    """One session of the app, beside one of the bare app."""
    with (
        chromium() as browser,
        project_app() as app,
        other_app("bare_app.py") as bare,
        _board(browser, app) as board,
        _board(browser, bare) as bare_board,
    ):
        board.wait().publish()
        both = [
            (_as_new_user(board), _nudge_ms(bare_board, CLICKS_TO_THE_NUDGE * each))
            for each in range(ROUNDS)
        ]
    ours, theirs = zip(*both, strict=True)
    p50, p95 = (percentile(ours, percent) for percent in (50, 95))
    bare_p50, bare_p95 = (percentile(theirs, percent) for percent in (50, 95))
    return [
        Line(
            "the same as a person sees it, one session in Chromium",
            "p95 ≤ a bare default app's",
            f"p50 {p50:.0f} ms, p95 {p95:.0f} ms",
            f"p50 {bare_p50:.0f} ms, p95 {bare_p95:.0f} ms",
            p95 <= bare_p95,
        )
    ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that has been nowhere."""
    # Chromium refuses its own sandbox to root, which is who runs in most containers.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=flags) as browser,
    ):
        yield browser


@contextmanager
def _board(browser: Browser, app: Served) -> Iterator[AppPage]:
    """An app in a window of its own."""
    with browser.new_context() as context:
        board = AppPage(context.new_page(), app.url)
        board.page.goto(app.url)
        board.expect_app("script-state", "notRunning")
        yield board


def _as_new_user(board: AppPage) -> float:
    """As `_nudge_ms`, and then somebody else is there."""
    took = _nudge_ms(board, 0)
    board.button("new_user").click()
    board.expect_count("—")
    return took


def _nudge_ms(board: AppPage, completed: int) -> float:
    """Complete as many tasks as the nudge needs; the milliseconds that it took after the last."""
    board.complete(*range(completed + 1, completed + CLICKS_TO_THE_NUDGE))
    expect(board.page.get_by_text(DemoProfile.button)).to_have_count(0)
    board.expect_app("script-state", "notRunning")
    expect(board.button("complete_task")).to_be_enabled()
    took = board.page.evaluate(CLICK_AND_SEE, [".st-key-complete_task button", DemoProfile.button])
    board.expect_count(completed + CLICKS_TO_THE_NUDGE)
    return float(took)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
