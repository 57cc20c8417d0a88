"""What is around every page: who somebody is, what they share, and what happens in an outage."""

from collections.abc import Callable, Iterator

import pytest
import streamlit as st

from lib.sandbox.server.serving import EmbeddedServer
from lib.ui import session
from lib.world import settling
from tests.support.pages import OpenApp
from tests.support.steps import (
    alerts,
    complete,
    count,
    go_to,
    has,
    names,
    publish,
    stop_sandbox,
    texts,
    world,
)
from tests.support.waiting import ENDLESS_SECONDS, eventually

PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")


@pytest.fixture
def revived(open_app: OpenApp) -> Iterator[Callable[[], None]]:
    """Starts the sandbox again where it was; it is stopped with the process."""

    def revive() -> None:
        backend = session.process().backend
        assert backend.sandbox is not None and backend.settings.sandbox_db is not None
        port = int(backend.sandbox.url.rpartition(":")[2])
        backend.sandbox = EmbeddedServer(backend.settings.sandbox_db, port=port)

    yield revive


def test_every_page_renders_and_says_so_when_the_connection_is_lost(open_app: OpenApp) -> None:
    at = stop_sandbox(complete(publish(open_app()), 3))
    world(at).refresh()

    for page in PAGES:
        go_to(at, page)
        assert not at.exception, page
        ((title, _),) = alerts(at.warning)[:1]
        assert title == "Connection lost: Signals cannot be reached.", page
    assert count(go_to(at, "board")) == "3"  # as it was read before


def test_page_opened_in_an_outage_renders_too(open_app: OpenApp) -> None:
    stop_sandbox(open_app())

    at = open_app()

    assert not at.exception
    assert alerts(at.warning)[0][0] == "Connection lost: Signals cannot be reached."
    assert has(complete(at, 1), "complete_task")


def test_what_is_tracked_in_an_outage_is_kept_and_counted_once_afterwards(
    open_app: OpenApp, revived: Callable[[], None]
) -> None:
    at = stop_sandbox(complete(publish(open_app()), 3))
    complete(at, 2)

    assert not at.exception
    assert len(world(at).project.filtered("done")) == 5
    assert world(at).emitter.delivery.waiting == 2
    assert "2 events wait to be sent again" in texts(at)

    revived()

    assert eventually(lambda: count(at.run()) == "5", seconds=20)
    assert eventually(lambda: has(at.run(), "nudge"), seconds=20)
    assert not at.exception and not at.warning
    assert names(at).count("task_completed") == 5
    assert len(world(at).inbox) == 1


def test_click_in_an_outage_does_not_wait(
    open_app: OpenApp, unconfigured: pytest.MonkeyPatch
) -> None:
    at = stop_sandbox(publish(open_app()))
    complete(at, 1)
    unconfigured.setattr(settling, "SETTLE_SECONDS", ENDLESS_SECONDS)
    complete(at, 3)

    assert not at.exception


def test_no_two_runs_share_a_page(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """One may still be ending when the next has begun, and a page can be run once."""
    runs: list[list[st.Page]] = []
    navigation = st.navigation

    def noted(pages: list[st.Page]) -> st.Page:
        runs.append(pages)
        return navigation(pages)

    monkeypatch.setattr(st, "navigation", noted)
    at = open_app().run()
    assert not at.exception
    pages = [id(each) for pages in runs for each in pages]
    assert len(runs) > 1 and len(set(pages)) == len(pages)
