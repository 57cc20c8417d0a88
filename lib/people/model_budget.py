"""How often the people who share a sandbox or account may ask a model: questions cost money."""

import threading

from cachetools import LRUCache

from lib.token_bucket import TokenBucket

PLACES_KEPT = 1_000
A_SECOND, AT_ONCE = 1 / 5, 30  # questions of one place
A_SECOND_IN_ALL, AT_ONCE_IN_ALL = 1.0, 100  # questions to this app


class ModelBudget:
    """The questions that may still be asked, for each place and in total."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all = TokenBucket(A_SECOND_IN_ALL, AT_ONCE_IN_ALL)
        self._places: LRUCache[str, TokenBucket] = LRUCache(PLACES_KEPT)

    def take(self, place: str) -> bool:
        """Whether somebody in this place may ask again; counts the question if so."""
        with self._lock:
            bucket = self._places.setdefault(place, TokenBucket(A_SECOND, AT_ONCE))
        return bucket.take(1) and self._all.take(1)
