"""The app on bad wifi, in Chromium: 1.5 Mbit/s, and 150 ms until an answer begins.

A browser that has been nowhere opens the board, of a server where somebody else has been before.
Its user looks at it for a while, as a presenter does who begins to talk, and then opens the other
pages.
"""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from benchmarks.app_in_chromium import chromium
from benchmarks.app_server import project_app
from benchmarks.report import Line
from tests.support.app import AppPage

BYTES_A_SECOND = 1_500_000 / 8
LATENCY_MS = 150
TALK_SECONDS = 20.0
PATIENCE_MS = 60_000
BOARD_SECONDS, CHART_SECONDS, PAGE_SECONDS = 5.0, 5.0, 1.0
LATER = ("Events", "Definitions", "Interventions", "Guide")


def lines() -> list[Line]:
    """One visit."""
    with project_app() as app, chromium() as browser, browser.new_context() as context:
        with browser.new_context() as others:
            _open(AppPage(others.new_page(), app.url))
        visitor = AppPage(context.new_page(), app.url)
        _slow_down(visitor.page)
        board = _seconds(lambda: _open(visitor))
        visitor.wait().publish().complete(1)
        visitor.page.wait_for_timeout(TALK_SECONDS * 1000)
        chart = _seconds(lambda: _turn_to(visitor, "Attributes", ".js-plotly-plot .main-svg"))
        later = max(_seconds(lambda title=each: _turn_to(visitor, title, "h1")) for each in LATER)
    return [
        _line("the board can be used", board, BOARD_SECONDS),
        _line(f"the first chart, {TALK_SECONDS:.0f} s later", chart, CHART_SECONDS),
        _line("the slowest of the other pages", later, PAGE_SECONDS),
    ]


def _line(what: str, seconds: float, limit: float) -> Line:
    return Line(
        f"on a line of 1.5 Mbit/s and {LATENCY_MS} ms: {what}",
        f"≤ {limit:.0f} s",
        f"{seconds:.1f} s",
        "",
        seconds <= limit,
    )


def _slow_down(page: Page) -> None:
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND,
        },
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _open(visitor: AppPage) -> None:
    visitor.page.goto(visitor.url, wait_until="commit")
    expect(visitor.button("complete_task")).to_be_enabled(timeout=PATIENCE_MS)


def _turn_to(visitor: AppPage, title: str, shown: str) -> None:
    visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
    expect(visitor.page.get_by_role("heading", name=title, level=1)).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(visitor.page.locator(shown).first).to_be_visible(timeout=PATIENCE_MS)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
