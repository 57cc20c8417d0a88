"""What is around every page: who somebody is, what they share, and what happens in an outage."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.navigation.page import Page
from streamlit.testing.v1 import AppTest

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.ui import news, session
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    go_to,
    has,
    names,
    publish,
    texts,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")
NOT_A_UUID = "Signals ignores user ids that are not UUIDs, without an error"


# Who somebody is


def test_new_session_is_a_person_with_a_uuid_in_the_address(open_app: OpenApp) -> None:
    at = open_app()

    assert not at.exception
    assert str(uuid.UUID(at.query_params["user"])) == at.query_params["user"]
    assert "sandbox" not in at.query_params


def test_new_user_starts_over_with_the_definitions_published(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 3)
    before = at.query_params["user"]
    click(at, "new_user")

    assert not at.exception
    assert uuid.UUID(at.query_params["user"]) != uuid.UUID(before)
    assert (count(at), len(world(at).project.filtered("done"))) == ("—", 0)
    assert not has(at, "publish")
    assert count(complete(at, 1)) == "1"


def test_user_in_the_address_comes_back_to_all_they_had(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 6)
    before = world(at)

    again = open_app(user=at.query_params["user"])

    assert not again.exception
    assert again.query_params == at.query_params
    assert count(again) == "6"
    after = world(again)
    assert len(after.project.filtered("done")) == 6
    assert [reading.values for reading in after.history] == [
        reading.values for reading in before.history
    ]
    assert [each.intervention.name for each in after.inbox] == ["power_user_nudge"]
    assert has(again, "nudge")


@pytest.mark.parametrize("asked", ["ada", "1234", "<b>x</b>", "x" * 500])
def test_user_that_is_no_uuid_is_told_so_and_becomes_another(open_app: OpenApp, asked: str) -> None:
    at = open_app(user=asked)

    assert not at.exception
    ((title, text),) = alerts(at.error)
    assert title == f"The user id in the address, {asked[:60]!r}, is not a UUID."
    assert text.startswith(NOT_A_UUID)
    assert uuid.UUID(at.query_params["user"])


@pytest.mark.parametrize("token", ["short", "no spaces are allowed in it", "../../etc/passwd"])
def test_sandbox_that_cannot_be_is_told_so_and_is_ones_own(open_app: OpenApp, token: str) -> None:
    at = open_app(sandbox=token)

    assert not at.exception
    ((title, advice),) = alerts(at.error)
    assert title == "The sandbox in the address is not complete."
    assert "Ask for the whole link again" in advice
    assert world(at).connection.token != token
    assert not has(publish(at), "publish")


# What they share


def test_different_people_do_not_see_each_other(open_app: OpenApp) -> None:
    one, other = open_app(), open_app()
    complete(publish(one), 5)
    other.run()

    assert not one.exception and not other.exception
    assert has(one, "nudge") and not has(other, "nudge")
    assert (count(other), len(world(other).project.filtered("done"))) == ("—", 0)
    assert has(other, "publish")


def test_two_tabs_of_one_person_show_the_same(open_app: OpenApp) -> None:
    one = open_app()
    other = open_app(user=one.query_params["user"])
    complete(publish(one), 5)
    other.run()

    assert not one.exception and not other.exception
    assert count(other) == "5"
    assert has(other, "nudge")
    click(other, "dismiss_nudge")
    assert not has(one.run(), "nudge")
    assert names(one).count("nudge_interaction") == 1


def test_those_who_join_by_link_share_definitions_and_nothing_else(open_app: OpenApp) -> None:
    host = complete(publish(open_app()), 2)
    token = world(host).connection.token

    guest = open_app(sandbox=token)

    assert not guest.exception
    assert guest.query_params["user"] != host.query_params["user"]
    assert guest.query_params["sandbox"] == token
    assert not has(guest, "publish")
    assert count(complete(guest, 1)) == "1"
    assert count(host.run()) == "2"


# An outage


@pytest.fixture
def revived(open_app: OpenApp) -> Iterator[Callable[[], None]]:
    """Starts the sandbox again where it was; it is stopped with the process."""

    def revive() -> None:
        backend = session.process().backend
        assert backend.sandbox is not None and backend.settings.sandbox_db is not None
        port = int(backend.sandbox.url.rpartition(":")[2])
        backend.sandbox = EmbeddedServer(backend.settings.sandbox_db, port=port)

    yield revive


def stop_sandbox() -> None:
    sandbox = session.process().backend.sandbox
    assert sandbox is not None
    sandbox.stop()


def test_every_page_renders_and_says_so_when_the_connection_is_lost(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 3)
    stop_sandbox()
    world(at).refresh()

    for page in PAGES:
        go_to(at, page)
        assert not at.exception, page
        ((title, _),) = alerts(at.warning)[:1]
        assert title == "Connection lost: Signals cannot be reached.", page
    assert count(go_to(at, "board")) == "3"  # as it was read before


def test_page_opened_in_an_outage_renders_too(open_app: OpenApp) -> None:
    open_app()
    stop_sandbox()

    at = open_app()

    assert not at.exception
    assert alerts(at.warning)[0][0] == "Connection lost: Signals cannot be reached."
    assert has(complete(at, 1), "complete_task")


def test_what_is_tracked_in_an_outage_is_kept_and_counted_once_afterwards(
    open_app: OpenApp, revived: Callable[[], None]
) -> None:
    at = complete(publish(open_app()), 3)
    stop_sandbox()
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


def test_click_in_an_outage_does_not_wait(open_app: OpenApp) -> None:
    at = publish(open_app())
    stop_sandbox()
    complete(at, 1)
    started = time.monotonic()
    complete(at, 3)

    assert not at.exception
    assert time.monotonic() - started < 3


# News


def test_tick_without_news_runs_nothing_again(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app()
    reruns: list[bool] = []
    with_the_page_and_once_more = lambda look, _: (look(), look())  # noqa: E731
    monkeypatch.setattr(news, "looking", with_the_page_and_once_more)
    monkeypatch.setattr(news.st, "rerun", lambda: reruns.append(True))

    news.watch_for_news(world(at), shown=world(at).revision, reads_values=True)
    assert reruns == []

    news.watch_for_news(world(at), shown=world(at).revision - 1, reads_values=True)
    assert reruns == [True]


def test_page_is_looked_after_more_often_while_another_shows_the_same_user(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_app()
    participants, somebody = session.process().participants, (str(uuid.uuid4()), new_token())
    participant = participants.join(*somebody)
    intervals: list[float] = []
    monkeypatch.setattr(news, "looking", lambda _, seconds: intervals.append(seconds))

    def watch() -> int:
        news.watch_for_news(participant, shown=participant.revision, reads_values=False)
        return participant.revision

    shown = watch()
    participants.join(*somebody)
    assert participant.revision > shown  # so that the page that is open is drawn again
    watch()
    participants.leave(*somebody)
    watch()
    assert intervals == [news.ALONE_SECONDS, news.LIVELY_SECONDS, news.ALONE_SECONDS]


def test_process_that_is_closed_leaves_no_threads(open_app: OpenApp) -> None:
    before = set(threading.enumerate())  # other tests may have servers of their own

    def ours() -> set[str]:
        names = {thread.name.split("-")[0] for thread in set(threading.enumerate()) - before}
        return names & {"sandbox", "participants", "SignalsInterventions"}

    at = complete(publish(open_app()), 1)
    assert eventually(lambda: world(at).is_live)
    assert ours() == {"sandbox", "participants", "SignalsInterventions"}

    session.process.clear()

    assert eventually(lambda: ours() == set())


def test_no_two_runs_share_a_page(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """One may still be ending when the next has begun, and a page can be run once."""
    runs: list[list[Page]] = []
    navigation = st.navigation

    def noted(pages: list[Page]) -> Page:
        runs.append(pages)
        return navigation(pages)

    monkeypatch.setattr(st, "navigation", noted)
    at = open_app().run()
    assert not at.exception
    pages = [id(each) for pages in runs for each in pages]
    assert len(runs) > 1 and len(set(pages)) == len(pages)
