"""A rate limit: an average rate, and how much may pass at once.

The algorithm is described at https://en.wikipedia.org/wiki/Token_bucket.
"""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets through `rate` a second on average and `burst` at once: over any t seconds at most
    `burst + rate * t`.

    It is full at first. `monotonic` tells the seconds. Threads may share it.

    >>> bucket = TokenBucket(rate=10, burst=100, monotonic=lambda: 0.0)
    >>> bucket.take(100), bucket.take(1), bucket.wait(5)
    (True, False, 0.5)
    >>> bucket.reserve(5), bucket.reserve(5)
    (0.5, 1.0)
    """

    def __init__(
        self, rate: float, burst: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tokens = burst
        self._at = monotonic()

    def wait(self, count: float) -> float:
        """How many seconds until `count` could pass; 0 if they can now."""
        with self._lock:
            return self._wait(count)

    def take(self, count: float) -> bool:
        """Let `count` pass if they can now; returns whether they did."""
        with self._lock:
            if self._wait(count) > 0:
                return False
            self._tokens -= count
            return True

    def reserve(self, count: float) -> float:
        """Count `count` now, and return the seconds that they have to wait before they pass."""
        with self._lock:
            wait = self._wait(count)
            self._tokens -= count
            return wait

    def _wait(self, count: float) -> float:
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (count - self._tokens) / self._rate)
