"""Looking for news: when a page runs again, and how often it looks."""

import uuid
from pathlib import Path

import pytest

from lib.connection.backend import new_token
from lib.ui import news, session
from lib.ui.parts import Page
from lib.world import context_reader, event_feed, jobs
from tests.support.pages import OpenApp
from tests.support.steps import alerts, complete, go_to, publish, texts, world
from tests.support.waiting import PATIENCE_SECONDS, eventually


def test_tick_without_news_runs_nothing_again(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app()
    reruns: list[bool] = []
    with_the_page_and_once_more = lambda look, _: (look(), look())  # noqa: E731
    monkeypatch.setattr(news, "looking", with_the_page_and_once_more)
    monkeypatch.setattr(news.st, "rerun", lambda: reruns.append(True))

    news.watch_for_news(world(at), Page(world(at).revision), reads_values=True)
    assert reruns == []

    news.watch_for_news(world(at), Page(world(at).revision - 1), reads_values=True)
    assert reruns == [True]


@pytest.mark.parametrize("name", ["events", "attributes", "assistant"])
def test_what_a_page_asks_for_and_shows_is_no_news_for_it(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at = complete(publish(open_app()), 1)
    participant = world(at)
    drawn: list[Page] = []
    monkeypatch.setattr(news, "watch_for_news", lambda _, page, **__: drawn.append(page))
    for module in (jobs, event_feed, context_reader):
        monkeypatch.setattr(module, "PAGE_WAITS_SECONDS", PATIENCE_SECONDS)
    go_to(at, name)
    assert eventually(lambda: drawn[-1].revision == participant.revision)


def test_page_is_looked_after_more_often_while_another_shows_the_same_user(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_app()
    participants, somebody = session.process().participants, (str(uuid.uuid4()), new_token())
    participant = participants.join(*somebody)
    intervals: list[float] = []
    monkeypatch.setattr(news, "looking", lambda _, seconds: intervals.append(seconds))

    def watch() -> int:
        news.watch_for_news(participant, Page(participant.revision), reads_values=False)
        return participant.revision

    shown = watch()
    participants.join(*somebody)
    assert participant.revision > shown  # so that the page that is open is drawn again
    watch()
    participants.leave(*somebody)
    watch()
    assert intervals == [news.ALONE_SECONDS, news.LIVELY_SECONDS, news.ALONE_SECONDS]


def test_deleted_file_of_the_sandbox_is_reported_with_what_to_do(
    open_app: OpenApp, tmp_path: Path
) -> None:
    at = open_app()
    revision = world(at).revision
    (tmp_path / "sandbox.db").unlink()
    assert eventually(lambda: session.process().backend.trouble != "")
    assert eventually(lambda: world(at).revision > revision)  # so that open pages say it too
    at.run()

    assert not at.exception
    assert alerts(at.error) == [
        (
            "The sandbox cannot store anything now",
            "sandbox.db was deleted or replaced while it was in use. What was stored since is lost."
            " Restart the sandbox. To do that, stop the app and start it again. Until then, events"
            " wait and nothing new is counted.",
        )
    ]
    assert "Connection lost" not in texts(at)
