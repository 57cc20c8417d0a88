"""What a user's windows show: the page, for a second window that follows it, and which board.

The talk track follows the page: see `lib/story/talk_track.py`.

Kept in memory: after a restart, or once everybody has left, the clock starts again.
"""

from datetime import UTC, datetime

from lib.world.news import News

FIRST_PAGE = "Board"


class Stage:
    """The page that was opened last and when, and when the talk began.

    `is_personalized` says whether the board depends on the values that were read."""

    def __init__(self, news: News) -> None:
        self._news = news
        self.page = FIRST_PAGE
        self.since = datetime.now(UTC)
        self.began: datetime | None = None
        self.successor = ""
        self.is_personalized = False

    def personalize(self, is_on: bool) -> None:
        """Show this user's own board, or the same as everybody's."""
        self.is_personalized = is_on
        self._news.tell()

    def show(self, page: str) -> None:
        """Note that a window opened a page, as this user."""
        self.successor = ""
        if page != self.page:
            self.page, self.since = page, datetime.now(UTC)
            self._news.tell()

    def begin(self, began: datetime | None = None) -> None:
        """Start the clock of the talk, now or from where another user's was."""
        self.began = began or datetime.now(UTC)
        self._news.tell()

    def go_on_as(self, user_id: str) -> None:
        """Note which user the window continues as, so that the second one can follow."""
        self.successor = user_id
        self._news.tell()
