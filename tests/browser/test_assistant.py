"""Two assistants are asked the same question: one knows what was just done on the board."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.support.app import AppPage

OpenWindow = Callable[..., AppPage]
KNOWS_NOTHING = "I cannot see what you did."


def answers(window: AppPage) -> tuple[Locator, Locator]:
    """The newest answers: without Signals, and with it."""
    return window.keyed("without_signals_1"), window.keyed("with_signals_1")


def five_gestures(window: AppPage) -> None:
    """Complete two tasks, start two, and add one."""
    window.publish().complete(1, 2)
    window.button("start_next").click()
    expect(window.keyed("in_progress").get_by_text("Redirect the old blog")).to_be_visible()
    window.button("open_form").click()
    window.keyed("task_title").get_by_role("textbox").fill("Call the printer")
    window.button("add_task").click()
    expect(window.keyed("todo").get_by_text("Call the printer")).to_be_visible()
    window.button("start_next").click()


def test_only_the_assistant_with_signals_names_what_was_done_in_this_session(
    window: OpenWindow,
) -> None:
    page = window().go()
    five_gestures(page)
    page.page.get_by_role("link", name="Assistant").first.click()
    page.button("ask_1").click()

    without, with_signals = answers(page)
    expect(without).to_contain_text(KNOWS_NOTHING)
    for words in (
        "completed 2 tasks (Agree on the new sitemap, Fix the phone checkout)",
        "started 2 tasks (Redirect the old blog, Choose the team photos)",
        "added 1 task (Call the printer)",
    ):
        expect(with_signals).to_contain_text(words)

    page.button("new_session").click()
    page.button("ask_1").click()
    expect(with_signals).to_contain_text("Nothing yet in this session.")
    expect(without).to_contain_text(KNOWS_NOTHING)
    assert page.errors == []
