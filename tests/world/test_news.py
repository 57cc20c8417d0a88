"""News: counted, told from any thread, and waited for no longer than asked."""

import threading
import time

from lib.world.background import in_background
from lib.world.news import News
from tests.support.waiting import ENDLESS_SECONDS, PATIENCE_SECONDS


def test_every_telling_counts_from_any_thread():
    news = News()
    threads = [threading.Thread(target=news.tell) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert news.revision == 20


def test_news_of_the_user_alone_is_not_general():
    news = News()
    news.tell()
    news.tell_of_user()
    assert (news.revision, news.general) == (2, 1)


def test_what_is_so_already_is_not_waited_for():
    News().wait_for(lambda: True, ENDLESS_SECONDS)


def test_news_wake_those_who_wait_once_they_make_it_so():
    news, arrived = News(), threading.Event()
    waiting = in_background("test", lambda: news.wait_for(arrived.is_set, ENDLESS_SECONDS))
    news.tell()
    assert not waiting.done()
    arrived.set()
    news.tell()
    assert waiting.result(PATIENCE_SECONDS) is None


def test_what_never_is_so_is_waited_for_as_long_as_asked_and_not_at_all_afterwards():
    started = time.monotonic()
    News().wait_for(lambda: False, 0.05)
    assert time.monotonic() - started >= 0.05
    News().wait_for(lambda: False, -1.0)
