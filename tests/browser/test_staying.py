"""What stays: over a reload, over a crash of the server, between two windows, and whatever the
browser's clock says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.support.app import AppPage, done
from tests.support.app_server import Server

OpenWindow = Callable[..., AppPage]


def test_reload_in_the_middle_keeps_the_person_and_everything_shown(window: OpenWindow) -> None:
    board = window().go().publish().complete(1, 2, 3)
    user = board.user

    board.reload()

    board.expect_count(3)
    assert (board.user, done(board)) == (user, 3)
    board.complete(4, 5)
    expect(board.nudge).to_be_visible()


def test_dismissed_nudge_is_gone_from_every_page_and_stays_in_the_inbox(
    window: OpenWindow,
) -> None:
    board = window().go().publish().complete(1, 2, 3, 4, 5)
    inbox = window().go("/interventions", user=board.user)
    expect(inbox.nudge).to_be_visible()

    board.button("dismiss_nudge").click()

    expect(board.nudge).to_have_count(0)
    expect(inbox.nudge).to_have_count(0)
    board.reload()
    board.expect_count(5)
    expect(board.nudge).to_have_count(0)
    entry = inbox.page.locator("[class*='st-key-received_']")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("power_user_nudge")
    expect(entry).to_contain_text("dismissed")


def test_quick_double_click_on_a_card_counts_once(window: OpenWindow) -> None:
    board = window().go().publish()

    board.button("complete_task-5").dblclick()

    board.expect_count(1)
    board.complete(2)  # and not 3: the second click of the pair was nothing
    assert done(board) == 2


def test_windows_of_different_people_do_not_see_each_other(window: OpenWindow) -> None:
    one, other = window().go(), window().go()
    one.publish().complete(1, 2)

    other.button("publish").wait_for()  # nothing is published in a sandbox of one's own
    other.publish().complete(1)

    one.reload().expect_count(2)
    assert (done(one), done(other)) == (2, 1)
    assert one.user != other.user


def test_back_button_after_new_user_returns_to_the_one_before(window: OpenWindow) -> None:
    board = window().go().publish().complete(1, 2)
    before = board.user
    board.button("new_user").click()
    board.page.wait_for_url(lambda url: before not in url)
    board.expect_count("—")
    assert done(board) == 0

    board.page.go_back()

    board.page.wait_for_url(lambda url: before in url)
    board.expect_count(2)
    assert done(board) == 2


COUNT_RUNS = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    window.runs = 0;
    new MutationObserver((changes) => {
        const ended = changes.some((change) => change.oldValue === 'running');
        window.runs += ended && app.dataset.testScriptState !== 'running' ? 1 : 0;
    }).observe(app, { attributeFilter: ['data-test-script-state'], attributeOldValue: true });
}"""


def test_killed_server_carries_on_where_it_was_and_the_open_page_with_it(
    window: OpenWindow, own_server: Server
) -> None:
    board = window(own_server.url).go().publish().complete(1, 2, 3, 4, 5)
    user = board.user
    expect(board.nudge).to_be_visible()
    board.complete(6)

    own_server.kill()
    board.expect_app("connection-state", re.compile("(?!CONNECTED)"))
    board.page.evaluate(COUNT_RUNS)
    own_server.start()

    board.page.wait_for_function("() => window.runs > 0")  # a click before it would be nobody's
    board.wait().complete(7)
    assert (board.user, done(board)) == (user, 7)
    board.reload()
    board.expect_count(7)
    inbox = window(own_server.url).go("/interventions", user=user)
    expect(inbox.page.locator("[class*='st-key-received_']")).to_have_count(1)


def new_tab(window: AppPage, title: str) -> AppPage:
    """What a middle click on a page in the menu opens."""
    with window.page.context.expect_page() as opened:
        window.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click(button="middle")
    return AppPage(opened.value, window.url).wait()


def test_page_opened_in_a_new_tab_is_the_same_persons_and_a_new_visit_is_somebody_new(
    window: OpenWindow,
) -> None:
    board = window().go()
    first = board.user
    with new_tab(board, "Interventions").page as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Interventions")
        assert f"user={first}" in page.url

    board.button("new_user").click()
    board.page.wait_for_url(lambda url: first not in url)
    second = board.user
    with new_tab(board, "Interventions").page as page:
        assert f"user={second}" in page.url

    assert window().go("/interventions").user not in (first, second)


@pytest.mark.parametrize("days_off", [-1, 1])
def test_browser_whose_clock_is_a_day_off_sees_the_nudge_as_everybody_else(
    window: OpenWindow, browser: Browser, server: Server, days_off: int
) -> None:
    with browser.new_context() as context:
        context.clock.install(time=datetime.now(UTC) + timedelta(days=days_off))
        board = AppPage(context.new_page(), server.url).go()
        started = datetime.fromtimestamp(board.page.evaluate("Date.now()") / 1000, UTC)
        assert round((started - datetime.now(UTC)) / timedelta(days=1), 2) == days_off

        board.publish().complete(1, 2, 3, 4, 5)

        expect(board.nudge).to_be_visible()
        user = board.user
        for each in (window(), board):
            each.go("/interventions", user=user)
            entry = each.page.locator("[class*='st-key-received_']")
            expect(entry).to_have_count(1)
            expect(entry).to_contain_text(re.compile(f"{datetime.now(UTC):%Y-%m-%d} .* UTC"))
