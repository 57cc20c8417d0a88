"""How many sandboxes one visitor may make *(ours)*: their total number is limited."""

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

from lib.token_bucket import TokenBucket

# Sandboxes a second, and at once. A whole workshop may share an address.
OF_A_SESSION = (0.1, 20)
OF_AN_ADDRESS = (2.0, 400)
VISITORS_KEPT = 1_000


class NewSandboxes:
    """Counts the sandboxes that sessions and addresses make, by opening pages or starting over."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._sessions: LRUCache[str, TokenBucket] = LRUCache(VISITORS_KEPT)
        self._addresses: LRUCache[str, TokenBucket] = LRUCache(VISITORS_KEPT)

    def wait(self, session: str, address: str | None) -> float:
        """Count one more and return 0, or the seconds until it is possible."""
        with self._lock:
            buckets = (
                self._sessions.setdefault(session, TokenBucket(*OF_A_SESSION, self._monotonic)),
                self._addresses.setdefault(
                    address or "", TokenBucket(*OF_AN_ADDRESS, self._monotonic)
                ),
            )
            seconds = max(bucket.wait(1) for bucket in buckets)
            if seconds == 0:
                for bucket in buckets:
                    bucket.take(1)
            return seconds
