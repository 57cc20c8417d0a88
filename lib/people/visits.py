"""What people's own code did in a sandbox, through the address of the app.

It knows about requests, not about what is in them. It is in memory only: it shows somebody who just
ran their code whether anything arrived.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from cachetools import LRUCache

ADDRESSES_KEPT = 5_000
Kind = Literal["events", "api", "stream"]


@dataclass(frozen=True)
class Visit:
    """The last request of a kind: when it was answered, how, and how many of its events failed."""

    at: datetime
    status: int
    failed: int = 0


@dataclass(frozen=True)
class Visits:
    """The last visit of each kind by one address, and how many streams are open."""

    events: Visit | None = None
    api: Visit | None = None
    stream: Visit | None = None
    open_streams: int = 0


class VisitBook:
    """The visits by each address, by its token. Threads may share it."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._visits: LRUCache[str, Visits] = LRUCache(ADDRESSES_KEPT)

    def of(self, token: str) -> Visits:
        """What came through an address."""
        with self._lock:
            return self._visits.get(token, Visits())

    def note(self, token: str, kind: Kind, status: int, failed: int = 0) -> None:
        """A request was answered."""
        with self._lock:
            visits = self._visits.get(token, Visits())
            visit = Visit(self._now(), status, failed)
            if kind == "events":
                self._visits[token] = replace(visits, events=visit)
            elif kind == "api":
                self._visits[token] = replace(visits, api=visit)
            else:
                self._visits[token] = replace(visits, stream=visit)

    @contextmanager
    def streaming(self, token: str) -> Iterator[None]:
        """While a stream is open."""
        self._add_streams(token, 1)
        try:
            yield
        finally:
            self._add_streams(token, -1)

    def _add_streams(self, token: str, count: int) -> None:
        with self._lock:
            visits = self._visits.get(token, Visits())
            still_open = max(0, visits.open_streams + count)
            self._visits[token] = replace(visits, open_streams=still_open)
