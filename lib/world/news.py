"""What tells the pages of a world that there is something new to show."""

import threading
from collections.abc import Callable


class News:
    """Counts news. `revision` goes up with each, `general` with those that may change a page
    outside its parts. Any thread may tell."""

    def __init__(self) -> None:
        self.revision = 0
        self.general = 0
        self._told = threading.Condition()

    def tell(self) -> None:
        """There is something new to show, of any kind."""
        with self._told:
            self.general += 1
            self.tell_of_user()

    def tell_of_user(self) -> None:
        """This user completed or answered something, or Signals says something new about them."""
        with self._told:
            self.revision += 1
            self._told.notify_all()

    def wait_for(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until news makes `is_so` true, at most this many seconds."""
        with self._told:
            self._told.wait_for(is_so, timeout=max(0.0, seconds))
