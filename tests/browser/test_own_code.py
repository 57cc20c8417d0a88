"""The tag for a web page, taken off the connection page as it is, on a page of another origin.

It loads its scripts from a network that tests may not ask: those requests are answered with the
same packages from `tests/foreign/node_modules`, and everything else is as the tag has it.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.app import AppPage
from tests.support.chromium import bundle
from tests.support.other_origin import page_of_another_origin

OpenWindow = Callable[..., AppPage]
NETWORK = "https://cdn.jsdelivr.net/npm/"


def answer_with_the_package(route: Route) -> None:
    """The script that the network has at this address: `@scope/name@version/dist/file`."""
    scope, name, path = route.request.url.removeprefix(NETWORK).split("/", 2)
    package = f"{scope}/{name.partition('@')[0]}"
    assert path == "dist/index.umd.min.js"
    route.fulfill(content_type="text/javascript", path=bundle(package))


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A visitor of the other page, who knows nothing of the app."""
    context = browser.new_context()
    context.route(f"{NETWORK}**", answer_with_the_package)
    yield context.new_page()
    context.close()


def test_tag_on_a_page_of_another_origin_sends_events_and_shows_the_nudge(
    window: OpenWindow, stranger: Page
) -> None:
    board = window().go().publish()
    connection = window().go("/connection", board.user)
    connection.button("show_address").click()
    connection.page.get_by_role("tab", name="Browser").click()
    tag = connection.page.get_by_test_id("stCode").filter(has_text="<script").inner_text()
    expect(connection.page.get_by_text("Programs can reach this address.")).to_be_visible()
    complaints: list[str] = []
    stranger.on("pageerror", lambda error: complaints.append(str(error)))
    stranger.on("console", lambda told: complaints.append(told.text))

    with page_of_another_origin(f"<!doctype html><title>Shop</title><body>{tag}") as address:
        stranger.goto(address)
        panel = connection.page.get_by_test_id("stMain")
        expect(panel).to_contain_text("s ago, accepted.")
        expect(panel).to_contain_text("1 listening now.")
        board.complete(2, 3, 4, 5)
        expect(stranger.locator("body")).to_contain_text("power_user_nudge")
    assert complaints == []


def test_host_that_asks_people_to_sign_in_is_found_out(window: OpenWindow) -> None:
    """The browser asks as a program would, without cookies, and gets what one gets."""
    connection = window().go("/connection")
    connection.page.route(
        "**/sandbox/*/health", lambda route: route.fulfill(status=303, headers={"Location": "/"})
    )
    connection.button("show_address").click()
    warning = connection.page.get_by_text("Programs cannot reach this address: its host sends")
    expect(warning).to_be_visible()
