"""A workshop in small: three join by the room's link, and one runs the room."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.app import AppPage
from tests.support.app_server import Server

OpenWindow = Callable[..., AppPage]
SCREEN = {"width": 1920, "height": 1080}
NAMES = ("Ana", "Ben", "Chi")
WAIT = "Until the presenter publishes, what you complete is not counted."


@pytest.fixture
def guests(browser: Browser, server: Server) -> Iterator[list[AppPage]]:
    """Three browsers that share nothing."""
    contexts = [browser.new_context() for _ in range(3)]
    yield [AppPage(context.new_page(), server.url) for context in contexts]
    for context in contexts:
        context.close()


def row(presenter: AppPage, name: str) -> Locator:
    """What the presenter sees of somebody."""
    rows = presenter.page.get_by_test_id("stTable").get_by_role("row")
    return rows.filter(has_text=name)


def choose(presenter: AppPage, name: str) -> None:
    presenter.keyed("who").get_by_role("combobox").click()
    presenter.page.get_by_role("option", name=name).click()
    presenter.wait_for_answer()


def join(presenter: AppPage, guests: list[AppPage], link: str) -> None:
    """All open the link, are seen, and say their names."""
    for guest, number in zip(guests, (2, 3, 4), strict=True):
        guest.page.goto(link)
        guest.wait_for_answer()
        expect(guest.keyed("display_name")).to_be_visible()
        expect(row(presenter, f"Guest {number}")).to_contain_text("here")
    for guest, name in zip(guests, NAMES, strict=True):
        guest.page.get_by_label("Your name in this room").fill(name)
        guest.button("choose_name").click()
        expect(row(presenter, name)).to_be_visible()


def reset_ben(presenter: AppPage, guests: list[AppPage]) -> None:
    """The others keep what they have."""
    choose(presenter, "Ben")
    presenter.button("reset_room").click()
    presenter.button("confirm_reset").click()
    guests[1].expect_count("—")
    expect(guests[1].nudge).to_have_count(0)
    for guest in (guests[0], guests[2]):
        guest.expect_count(5)
        expect(guest.nudge).to_be_visible()


def pause_and_go_on(presenter: AppPage, guests: list[AppPage]) -> None:
    presenter.button("pause_room").click()
    for guest in guests:
        expect(guest.button("complete_task")).to_be_disabled()
        expect(guest.page.get_by_text("The presenter paused the room")).to_be_visible()
    presenter.button("pause_room").click()
    for guest in guests:
        expect(guest.button("complete_task")).to_be_enabled()


def show_big_screen(presenter: AppPage, ben: AppPage) -> None:
    """Ben crosses while it is shown. A reload does not show it again."""
    presenter.button("big_screen").click()
    screen = presenter.page.get_by_role("dialog", name="Big screen")
    expect(screen.get_by_role("heading", name="Scan, then complete 5 tasks")).to_be_in_viewport()
    expect(screen.get_by_role("img", name="QR code")).to_be_in_viewport()
    expect(screen.locator(".number")).to_have_text("2")
    ben.complete(1, 2, 3, 4, 5)
    expect(screen.get_by_role("status")).to_contain_text("Ben")
    presenter.page.reload()
    expect(screen.locator(".row.nudged")).to_have_count(3)
    expect(screen.get_by_role("status")).to_be_hidden()  # each crossing is shown once


def test_presenter_runs_a_room_of_three_that_joined_by_link(
    window: OpenWindow, guests: list[AppPage]
) -> None:
    presenter = window(viewport=SCREEN).go("/presenter")
    link = presenter.page.get_by_test_id("stCode").locator("code").inner_text()

    join(presenter, guests, link)
    for guest in guests:
        expect(guest.page.get_by_text(WAIT)).to_be_visible()
    presenter.button("publish").click()
    for guest in guests:
        expect(guest.page.get_by_text(WAIT)).to_have_count(0)
    for guest in guests:
        guest.complete(1, 2, 3, 4, 5)
        expect(guest.nudge).to_be_visible()
    for name in NAMES:
        expect(row(presenter, name)).to_contain_text("5")

    reset_ben(presenter, guests)
    pause_and_go_on(presenter, guests)
    show_big_screen(presenter, guests[1])
    addresses = [each.page.url for each in guests]
    assert all(link.rpartition("=")[2] in each for each in addresses)
    presenter.page.keyboard.press("Escape")
    expect(presenter.button("big_screen")).to_be_visible()
    shown = presenter.page.content()
    assert [guest.user in shown for guest in guests] == [False] * 3
    assert presenter.errors == []
