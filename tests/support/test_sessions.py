"""Browser sessions without a browser: the client itself, and what the app keeps of those gone."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest

from lib.connection.clients import KEPT
from tests.support.app_server import Server
from tests.support.sessions import BrowserSession
from tests.support.usage import Usage, settled, usages

MANY = int(os.environ.get("SESSIONS", "25"))  # in make soak, 50
STREAM = 2  # ends of the connection of a subscription: the app has both of them
POOLED = 10  # threads of pools, which grow with use and stay
IDLE = 2 * KEPT  # connections that everybody who comes can use
CALL_TO_ACTION = "Invite a teammate"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """An app that the test has for itself."""
    server = Server(tmp_path / "sandbox.db")
    yield server
    server.kill()


def completed(session: BrowserSession) -> str:
    """The count of completed tasks that the board shows."""
    shown = {each.label: each.body for each in session.elements("metric")}
    return shown.get("Tasks completed", "")


def has_completed(count: int, session: BrowserSession) -> bool:
    return completed(session) == str(count)


def has_one_task_done(session: BrowserSession) -> bool:
    return any(each.startswith("**Done** :gray-badge[1]") for each in session.texts())


def visit(url: str, people: int) -> None:
    """So many people have the board open at the same time, complete one task each, and leave."""
    with ExitStack() as tabs:
        sessions = [tabs.enter_context(BrowserSession.open(url)) for _ in range(people)]
        for session in sessions:
            session.wait_until_run()
        for session in sessions:
            session.click("complete_task")
        for session in sessions:
            session.wait_for(partial(has_one_task_done, session))


def test_session_gets_the_board_and_no_exception(server: Server) -> None:
    with BrowserSession.open(server.url) as session:
        session.wait_until_run()
        session.wait_for(lambda: "publish" in session.buttons())

        assert "Website relaunch" in session.texts()
        assert {"complete_task", "new_user"} <= session.buttons().keys()
        assert completed(session) == "—"
        assert session.query.startswith("user=")
        assert session.exceptions == []


def test_five_completed_tasks_show_the_count_and_bring_the_nudge(server: Server) -> None:
    with BrowserSession.open(server.url) as session:
        session.wait_for(lambda: "publish" in session.buttons())
        session.click("publish")
        session.wait_for(lambda: "publish" not in session.buttons())

        for count in (1, 2, 3, 4, 5):
            assert CALL_TO_ACTION not in session.texts()
            session.click("complete_task")
            session.wait_for(partial(has_completed, count, session))

        session.wait_for(lambda: CALL_TO_ACTION in session.texts())
        assert session.buttons()["accept_nudge"] == CALL_TO_ACTION
        assert session.exceptions == []


def test_only_a_session_that_ticks_sees_what_another_tab_does(server: Server) -> None:
    with ExitStack() as tabs:
        one = tabs.enter_context(BrowserSession.open(server.url))
        one.wait_until_run()
        onlooker = tabs.enter_context(BrowserSession.open(server.url, query=one.query))
        sleeper = tabs.enter_context(
            BrowserSession.open(server.url, query=one.query, ticking=False)
        )
        for each in (onlooker, sleeper):
            each.wait_until_run()

        one.click("complete_task")

        for each in (one, onlooker):
            each.wait_for(partial(has_one_task_done, each))
        assert not has_one_task_done(sleeper)


def test_tab_that_comes_back_when_its_world_was_closed_goes_on_where_it_was(
    own_server: Server,
) -> None:
    process = psutil.Process(own_server._process.pid)
    with BrowserSession.open(own_server.url) as session:
        session.wait_for(lambda: "publish" in session.buttons())
        session.click("publish")
        session.wait_for(lambda: "publish" not in session.buttons())
        for count in (1, 2):
            session.click("complete_task")
            session.wait_for(partial(has_completed, count, session))
        before = Usage.of(process).connections
    left = before - 1 - STREAM  # the tab's own, and its world's subscription
    assert any(each.connections <= left for each in usages(process))

    with BrowserSession.open(own_server.url, query=session.query) as session:
        session.wait_for(lambda: "complete_task" in session.buttons())
        for count in (2, 3, 4, 5):
            session.wait_for(partial(has_completed, count, session))
            assert CALL_TO_ACTION not in session.texts() or count == 5
            if count < 5:
                session.click("complete_task")
        session.wait_for(lambda: CALL_TO_ACTION in session.texts())


def test_button_that_is_not_there_cannot_be_clicked(server: Server) -> None:
    with BrowserSession.open(server.url, path="/attributes") as session:
        session.wait_until_run()

        with pytest.raises(LookupError, match="no button has the key 'complete_task'.*new_user"):
            session.click("complete_task")


def test_session_whose_server_is_killed_says_so_and_can_be_closed(own_server: Server) -> None:
    with BrowserSession.open(own_server.url) as session:
        session.wait_until_run()

        own_server.kill()

        with pytest.raises(ConnectionError, match="the session is over"):
            session.wait_for(lambda: False)


def test_sessions_share_one_thread_which_ends_with_the_last_of_them(server: Server) -> None:
    before = set(threading.enumerate())

    with BrowserSession.open(server.url) as one:
        one.wait_until_run()
        with BrowserSession.open(server.url) as other:
            other.wait_until_run()
        [thread] = [each for each in threading.enumerate() if each.name == "sessions"]
        one.click("complete_task")
        one.wait_for(partial(has_one_task_done, one))
        assert thread.is_alive()

    assert set(threading.enumerate()) == before


def test_sessions_that_open_and_close_leave_what_was_there_before(
    own_server: Server,
) -> None:
    app = psutil.Process(own_server._process.pid)
    visit(own_server.url, 1)
    before = settled(app)
    allowed = Usage(before.threads + POOLED, before.connections + IDLE)

    visit(own_server.url, MANY)

    for after in usages(app):
        if after.is_within(allowed):
            break
    assert after.is_within(allowed), f"{before} before {MANY} sessions, {after} after them"
