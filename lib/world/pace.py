"""How fast one person may act, so that a script that clicks nonstop slows down nobody else."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets `rate` a second through on average, and `at_once` of them without waiting.

    >>> now = [0.0]
    >>> pace = Pace(rate=5, at_once=2, monotonic=lambda: now[0])
    >>> [round(pace.seconds_to_wait(), 2) for _ in range(4)]
    [0.0, 0.0, 0.2, 0.4]
    >>> now[0] = 10.0
    >>> pace.seconds_to_wait()
    0.0
    """

    def __init__(
        self, rate: float, at_once: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / rate
        self._head_start = (at_once - 1) * self._interval
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_at = monotonic()

    def seconds_to_wait(self) -> float:
        """Count one more, and return how many seconds it has to wait."""
        with self._lock:
            now = self._monotonic()
            wait = max(0.0, self._next_at - self._head_start - now)
            self._next_at = max(self._next_at, now) + self._interval
            return wait

    def wait(self) -> None:
        """Count one more, and make this thread wait as long as it has to."""
        threading.Event().wait(self.seconds_to_wait())
