"""A bound on the memory of all caches of one kind, in all sandboxes of the process *(ours)*.

Each cache says how large it is. Beyond the bound, the least recently used are emptied: what they
held is in the database too, or only explains. So a sandbox that somebody fills cannot take the
memory of the others, and one that nobody uses takes none.
"""

import weakref
from collections import OrderedDict
from typing import Protocol


class Cache(Protocol):
    """What can be emptied at any time."""

    def empty(self) -> None:
        """Drop everything, without telling the budget."""


class MemoryBudget:
    """At most `most_bytes` for all caches together, and a quarter of it for one."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._sizes: OrderedDict[int, int] = OrderedDict()
        self._caches: dict[int, weakref.ref[Cache]] = {}
        self.total = 0

    @property
    def share(self) -> int:
        """The bytes that one cache may have, which it enforces itself."""
        return self._most_bytes // 4

    def note(self, cache: Cache, size: int) -> None:
        """A cache was used and has so many bytes; others may be emptied to make room."""
        key = id(cache)
        known = self._sizes.get(key)
        if known is None:
            self._caches[key] = weakref.ref(cache, lambda _: self._forget(key))
        self.total += size - (known or 0)
        self._sizes[key] = size
        self._sizes.move_to_end(key)
        while self.total > self._most_bytes and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            unused = self._caches[oldest]()
            self._forget(oldest)
            if unused is not None:
                unused.empty()

    def _forget(self, key: int) -> None:
        self.total -= self._sizes.pop(key, 0)
        self._caches.pop(key, None)
