"""Looking for news: when a page runs again, and how often it looks."""

import uuid

import pytest

from lib.connection.backend import new_token
from lib.ui import news, session
from tests.support.pages import OpenApp
from tests.support.steps import world


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
