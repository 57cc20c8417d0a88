"""What all connections of a server may hold together, and which of them give way *(ours)*.

Anyone can open connections that cost the server something and ask for nothing: silent ones, heads
that stay half, requests in advance, answers that nobody reads. Each kind has a bound for all
connections together. Beyond it the oldest give way, which are never those of somebody who has just
come.
"""

import asyncio
import math
import sys

from lib.sandbox.limits import (
    CONNECTIONS_AT_MOST,
    QUEUED_REQUESTS,
    SHARE_OF_FILES,
    SILENT_CONNECTIONS,
    UNREAD_ANSWER_BYTES,
    UNREAD_REQUEST_BYTES,
)


class Connections:
    """The connections of one server, by what they hold.

    `at_most` may be open, `silent_at_most` of them without a request: fewer where the process may
    open few files.
    """

    def __init__(self) -> None:
        files = open_files_allowed()
        self.at_most = min(CONNECTIONS_AT_MOST, round(files * SHARE_OF_FILES))
        self.silent_at_most = min(SILENT_CONNECTIONS, self.at_most // 2)
        self._silent: dict[asyncio.Transport, None] = {}
        self._unread: dict[asyncio.Transport, int] = {}
        self._unread_bytes = 0
        self._waiting: dict[asyncio.Transport, tuple[int, int]] = {}
        self._queued = self._queued_bytes = 0

    def silent(self, transport: asyncio.Transport) -> None:
        """A connection has no request under way. The one that has been silent longest is closed
        if there are too many."""
        self._silent.pop(transport, None)
        self._silent[transport] = None
        if len(self._silent) > self.silent_at_most:
            self._close(next(iter(self._silent)))

    def busy(self, transport: asyncio.Transport) -> None:
        """A connection has a request under way."""
        self._silent.pop(transport, None)

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
        old_requests, old_size = self._waiting.pop(transport, (0, 0))
        self._queued += requests - old_requests
        self._queued_bytes += size - old_size
        if requests or size:
            self._waiting[transport] = requests, size
        if self._queued > QUEUED_REQUESTS or self._queued_bytes > UNREAD_REQUEST_BYTES:
            self._close(transport)

    def gone(self, transport: asyncio.Transport) -> None:
        """A connection is closed and holds nothing any more."""
        self._silent.pop(transport, None)
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
