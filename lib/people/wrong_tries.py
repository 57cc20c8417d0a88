"""How many wrong tries an address has before it has to wait."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

ADDRESSES_KEPT = 1_000


class WrongTries:
    """Counts wrong tries by address. A whole room may share an address, so a few do no harm."""

    def __init__(
        self, at_most: int, seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_most = at_most
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, list[float]] = OrderedDict()

    def is_too_many(self, address: str | None) -> bool:
        """Whether there were too many wrong tries recently to allow another."""
        with self._lock:
            return len(self._recent(address or "")) >= self._at_most

    def note(self, address: str | None) -> None:
        """One was wrong."""
        key = address or ""
        with self._lock:
            self._tries[key] = [*self._recent(key), self._monotonic()][-self._at_most :]
            self._tries.move_to_end(key)
            while len(self._tries) > ADDRESSES_KEPT:
                self._tries.popitem(last=False)

    def _recent(self, key: str) -> list[float]:
        since = self._monotonic() - self._seconds
        return [each for each in self._tries.get(key, []) if each > since]
