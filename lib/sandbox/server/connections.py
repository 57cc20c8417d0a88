"""What all connections of a server may hold together, and which of them give way *(ours)*.

Anyone can open connections that cost the server something and ask for nothing: silent ones,
incomplete heads, requests in advance, answers that nobody reads. Each kind has a bound for all
connections together. Beyond it the oldest give way, never those of somebody who has just arrived.
"""

import asyncio
import math
import sys
import time
from collections.abc import Callable

from lib.sandbox.limits import (
    CONNECTIONS_AT_MOST,
    QUEUED_REQUESTS,
    SHARE_OF_FILES,
    SILENT_CONNECTIONS,
    SILENT_SECONDS,
    UNREAD_ANSWER_BYTES,
    UNREAD_REQUEST_BYTES,
)


class Connections:
    """The connections of one server, by what they hold.

    `at_most` may be open. `silent_at_most` of them may have no request yet, and as many none since
    the last one was answered, twice as many for a moment. All are fewer where the process may open
    few files. `monotonic` returns seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        files = open_files_allowed()
        self.at_most = min(CONNECTIONS_AT_MOST, round(files * SHARE_OF_FILES))
        self.silent_at_most = min(SILENT_CONNECTIONS, self.at_most // 8)
        self._monotonic = monotonic
        self._strangers: dict[asyncio.Transport, float] = {}
        self._resting: dict[asyncio.Transport, float] = {}
        self._unread: dict[asyncio.Transport, int] = {}
        self._unread_bytes = 0
        self._waiting: dict[asyncio.Transport, tuple[int, int]] = {}
        self._queued = self._queued_bytes = 0

    def stranger(self, transport: asyncio.Transport) -> None:
        """A new connection. Of those that never asked for anything, the oldest is closed if they
        are too many."""
        self._strangers[transport] = self._monotonic()
        self._close_oldest(self._strangers)

    def resting(self, transport: asyncio.Transport) -> None:
        """A connection whose requests are answered. The one that has rested longest is closed if
        there are too many."""
        self._resting[transport] = self._monotonic()
        self._close_oldest(self._resting)

    def busy(self, transport: asyncio.Transport) -> None:
        """A connection has a request under way."""
        self._strangers.pop(transport, None)
        self._resting.pop(transport, None)

    def _close_oldest(self, silent: dict[asyncio.Transport, float]) -> None:
        """Close the oldest beyond the limit; at once, or once it had time to ask for something."""
        if len(silent) <= self.silent_at_most:
            return
        oldest = next(iter(silent))
        is_slow = self._monotonic() - silent[oldest] >= SILENT_SECONDS
        if len(silent) > (self.silent_at_most if is_slow else self.at_most // 4):
            self._close(oldest)

    def unread(self, transport: asyncio.Transport, size: int) -> None:
        """A client does not read its answer, and `size` bytes of it wait; 0 once they are gone.

        The one that has not read for longest is closed if the answers are too large together.
        """
        self._unread_bytes += size - self._unread.pop(transport, 0)
        if size:
            self._unread[transport] = size
        while self._unread_bytes > UNREAD_ANSWER_BYTES:
            self._close(next(iter(self._unread)))

    def waiting(self, transport: asyncio.Transport, requests: int, size: int) -> None:
        """A client has sent requests in advance: so many are queued, and `size` bytes not read.

        It is the one that is closed if they are too many, or too large, together.
        """
        if not requests and not size and transport not in self._waiting:
            return
        old_requests, old_size = self._waiting.pop(transport, (0, 0))
        self._queued += requests - old_requests
        self._queued_bytes += size - old_size
        if requests or size:
            self._waiting[transport] = requests, size
        if self._queued > QUEUED_REQUESTS or self._queued_bytes > UNREAD_REQUEST_BYTES:
            self._close(transport)

    def gone(self, transport: asyncio.Transport) -> None:
        """A connection is closed and no longer holds anything."""
        self.busy(transport)
        self._unread_bytes -= self._unread.pop(transport, 0)
        requests, size = self._waiting.pop(transport, (0, 0))
        self._queued -= requests
        self._queued_bytes -= size

    def _close(self, transport: asyncio.Transport) -> None:
        self.gone(transport)
        transport.abort()


def open_files_allowed() -> float:
    """How many files this process may have open."""
    if sys.platform == "win32":  # which has no such limit
        return math.inf
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if allowed == resource.RLIM_INFINITY else allowed
