"""One app and one browser for all tests; each test is a new person in windows of its own."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from tests.support.app import BROWSER_MILLISECONDS, AppPage
from tests.support.app_server import Server
from tests.support.chromium import CHROMIUM, FLAGS

# Chromium compiles scripts anew that it reads while they arrive, though it has kept them compiled:
# a seventh of the tests' time.
COMPILED_ONCE = "--disable-features=ScriptStreaming"
VIEWPORT = ViewportSize(width=1280, height=720)

expect.set_options(timeout=BROWSER_MILLISECONDS)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """An app that the test may kill and start again."""
    server = Server(tmp_path / "sandbox.db")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Chromium keeps the app's files, and compiled: pages open in two thirds of the time."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def shared_context(profile: Path) -> Iterator[BrowserContext]:
    """For all windows but those of browsers that share nothing."""
    # For one file at a time: while Playwright is open, its event loop runs in this thread, and
    # other files' tests could start none.
    flags = [*FLAGS, COMPILED_ONCE]
    if os.geteuid() == 0:  # who runs in most containers, and whom Chromium refuses its own sandbox
        flags.append("--no-sandbox")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=flags
        ) as context,
    ):
        yield context


@pytest.fixture(scope="module")
def browser(shared_context: BrowserContext) -> Browser:
    """For contexts of a test's own."""
    assert shared_context.browser is not None
    return shared_context.browser


@pytest.fixture
def window(server: Server, shared_context: BrowserContext) -> Iterator[Callable[..., AppPage]]:
    """Opens an empty window: `window(color_scheme="dark").go("/attributes")`.

    No window may ask anything but localhost.
    """
    with windows(shared_context, server.url) as open_window:
        yield open_window


@pytest.fixture(scope="module")
def lasting_window(
    server: Server, shared_context: BrowserContext
) -> Iterator[Callable[..., AppPage]]:
    """The same, for windows that all tests of a file look at."""
    with windows(shared_context, server.url) as open_window:
        yield open_window


@contextmanager
def windows(context: BrowserContext, server_url: str) -> Iterator[Callable[..., AppPage]]:
    opened: list[AppPage] = []

    def open_window(
        url: str = server_url,
        color_scheme: Literal["light", "dark"] = "light",
        viewport: ViewportSize = VIEWPORT,
    ) -> AppPage:
        page = context.new_page()
        page.emulate_media(color_scheme=color_scheme)
        page.set_viewport_size(viewport)
        opened.append(AppPage(page, url))
        return opened[-1]

    yield open_window
    for each in opened:
        each.page.close()
    strangers = {urlsplit(url).hostname for each in opened for url in each.requests}
    assert strangers <= {"localhost", None}  # None: what is in the page itself, such as data:
