"""How many requests people's own code may make *(ours)*: it shares a process with every page.

The address is that of the connection. Behind a proxy listed in `FORWARDED_ALLOW_IPS`, it is the one
that the proxy reports. A whole workshop may share one.
"""

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from lib.token_bucket import TokenBucket

# Requests a second, and at once.
OF_A_TOKEN = (50.0, 200.0)
OF_AN_ADDRESS = (100.0, 500.0)
OF_ALL = (150.0, 600.0)
# Requests that are open, such as streams and slow bodies.
OPEN_OF_A_TOKEN = 20
OPEN_OF_AN_ADDRESS = 100
OPEN_OF_ALL = 200
FULL_SECONDS = 2.0
# Clients that are refused more often than this are answered late, so that retrying has a price.
REFUSED_OF_AN_ADDRESS = (10.0, 100.0)
LATE_SECONDS = 2.0
LATE_AT_ONCE = 500
REMEMBERED = 10_000


class RouteLimits:
    """Counts requests by token and by network address, and all of them. For one event loop."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._open: Counter[Hashable] = Counter()
        self._late = 0
        self._all = TokenBucket(*OF_ALL, monotonic)
        self._buckets: LRUCache[Hashable, TokenBucket] = LRUCache(REMEMBERED)

    @contextmanager
    def request(self, address: str, token: bytes) -> Iterator[float]:
        """Count one request while it is open; gives 0, or the seconds to wait instead."""
        of_token, of_address = ("token", token), ("address", address)
        at_most: dict[Hashable, int] = {
            of_token: OPEN_OF_A_TOKEN,
            of_address: OPEN_OF_AN_ADDRESS,
            "all": OPEN_OF_ALL,
        }
        buckets = (
            self._bucket(of_token, OF_A_TOKEN),
            self._bucket(of_address, OF_AN_ADDRESS),
            self._all,
        )
        wait = max(bucket.wait(1) for bucket in buckets)
        if any(self._open[key] >= limit for key, limit in at_most.items()):
            wait = max(wait, FULL_SECONDS)
        if wait > 0:
            yield wait
            return
        for bucket in buckets:
            bucket.take(1)
        self._open.update(at_most.keys())
        try:
            yield 0.0
        finally:
            self._open.subtract(at_most.keys())
            self._open += Counter()  # forgets those with none

    @contextmanager
    def refusal(self, address: str) -> Iterator[float]:
        """Count a refusal; gives the seconds after which to answer."""
        is_late = not self._bucket(("refused", address), REFUSED_OF_AN_ADDRESS).take(1)
        if not is_late or self._late >= LATE_AT_ONCE:
            yield 0.0
            return
        self._late += 1
        try:
            yield LATE_SECONDS
        finally:
            self._late -= 1

    def _bucket(self, key: Hashable, pace: tuple[float, float]) -> TokenBucket:
        return self._buckets.setdefault(key, TokenBucket(*pace, self._monotonic))
