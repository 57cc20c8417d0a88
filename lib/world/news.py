"""That there is something new to show: what the pages that look at a world compare with."""

import threading
from collections.abc import Callable


class News:
    """Counts what is new. Told from any thread; `revision` goes up with each."""

    def __init__(self) -> None:
        self.revision = 0
        self._told = threading.Condition()

    def tell(self) -> None:
        """There is something new to show."""
        with self._told:
            self.revision += 1
            self._told.notify_all()

    def wait_for(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until news makes `is_so` true, for so many seconds at most."""
        with self._told:
            self._told.wait_for(is_so, timeout=max(0.0, seconds))
