"""The connection to the app is cut while its page stays open, as on bad wifi, and comes back.

What is cut is all TCP between browser and app: Chromium keeps a WebSocket that is open when it is
told to be offline.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.app import AppPage, done
from tests.support.app_server import Server
from tests.support.servers import Gate

OpenWindow = Callable[..., AppPage]


class Line(Gate):
    """The line between a browser and the app. Who connects while it is cut is hung up on."""

    def __init__(self, server: Server) -> None:
        self._is_cut = threading.Event()
        super().__init__(server.port)
        self.url = f"http://localhost:{urlsplit(self.url).port}"  # as no window may ask another

    def cut(self) -> None:
        self._is_cut.set()
        self.hang_up()

    def mend(self) -> None:
        self.mutes.clear()
        self._is_cut.clear()

    def _connect(self, client: socket.socket) -> None:
        if self._is_cut.is_set():
            client.close()
        else:
            super()._connect(client)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    line = Line(server)
    yield line
    line.close()


def expect_lost(board: AppPage) -> None:
    """The page says that it has no connection, and takes no click that would get lost."""
    status = board.page.get_by_test_id("stStatusWidget")
    expect(status).to_have_text(re.compile("connecting", re.IGNORECASE))
    expect(board.button("complete_task")).to_be_disabled()


def expect_back(board: AppPage) -> None:
    """The page is connected again, by itself, and nothing is left of what it said."""
    board.wait()  # Streamlit's page tries again after pauses that grow
    expect(board.button("complete_task")).to_be_enabled()
    expect(board.page.get_by_role("dialog")).to_have_count(0)
    expect(board.page.get_by_test_id("stException")).to_have_count(0)


def expect_one_nudge(window: OpenWindow, user: str) -> None:
    inbox = window().go("/interventions", user=user)
    expect(inbox.page.locator("[class*='st-key-received_']")).to_have_count(1)


def test_page_whose_connection_is_cut_keeps_what_it_shows_and_goes_on_when_it_is_back(
    window: OpenWindow, line: Line
) -> None:
    board = window(line.url).go().publish().complete(1, 2, 3)
    user = board.user

    line.cut()
    expect_lost(board)
    expect(board.page.get_by_role("dialog")).to_contain_text("Connection error")
    board.expect_count(3)
    line.mend()

    expect_back(board)
    board.expect_count(3)
    assert (board.user, done(board)) == (user, 3)
    board.complete(4, 5)
    expect(board.nudge).to_be_visible()
    board.complete(6)
    expect_one_nudge(window, user)


def test_task_whose_answer_was_lost_with_the_connection_counts_once(
    window: OpenWindow, line: Line
) -> None:
    board = window(line.url).go().publish().complete(1, 2, 3)
    user = board.user

    line.mutes.set()
    board.button("complete_task").click()
    window().go(user=user).expect_count(4)  # the app got it
    board.expect_count(3)  # and this page does not know
    line.cut()
    expect_lost(board)
    line.mend()

    expect_back(board)
    board.expect_count(4)
    assert done(board) == 4
    board.complete(5)
    expect(board.nudge).to_be_visible()
    expect_one_nudge(window, user)


def test_nudge_that_came_while_the_connection_was_cut_is_there_when_it_is_back(
    window: OpenWindow, line: Line
) -> None:
    board = window(line.url).go().publish().complete(1, 2, 3, 4)
    user = board.user

    line.cut()
    expect_lost(board)
    elsewhere = window().go(user=user).complete(5)
    expect(elsewhere.nudge).to_be_visible()
    expect(board.nudge).to_have_count(0)
    line.mend()

    expect_back(board)
    expect(board.nudge).to_be_visible()
    board.expect_count(5)
    expect_one_nudge(window, user)
