"""What a window shows, for one that follows it."""

from lib.world.news import News
from lib.world.stage import Stage


def test_page_that_stays_is_no_news() -> None:
    news = News()
    stage = Stage(news)
    stage.show("Events")
    since, revision = stage.since, news.revision
    stage.show("Events")
    assert (stage.page, stage.since, news.revision) == ("Events", since, revision)


def test_window_that_came_back_goes_on_as_nobody_else() -> None:
    stage = Stage(News())
    stage.go_on_as("somebody")
    stage.show("Board")
    assert stage.successor == ""
