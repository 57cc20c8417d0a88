"""HTTP for requests that arrive in time and have a head of reasonable size.

uvicorn waits forever for a request, begun or not, and reads a head of any size. `body_limit`
answers a slow body that a route is waiting for. This hangs up on everything else that is slow:
silent connections, heads that trickle in, and bodies that continue after the answer.

The callbacks and attributes of uvicorn's protocol that this uses are not documented. A test says so
when they are gone (tests/sandbox/server/test_relied_on.py).
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ARRIVAL_SECONDS = 40.0  # ten more than a body may take
MAX_HEAD_BYTES = 64 * 1024
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
)
DETAIL = b'{"detail":"The address and the headers are larger than %d bytes."}'


class PromptHttp(HttpToolsProtocol):
    """uvicorn's protocol, which also drops a connection whose next request takes too long to
    arrive, and answers 431 to a head that is too large.

    Between two requests, uvicorn's `timeout_keep_alive` applies.
    """

    _timer: asyncio.TimerHandle | None = None
    _is_arriving = False
    _is_in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_arriving:
            self._stop_timer()
            return
        if self._timer is None:
            self._start_timer()
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse()

    def on_message_begin(self) -> None:
        self._stop_timer()  # of the previous request
        self._is_arriving = self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_arriving = False
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(ARRIVAL_SECONDS, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        detail = DETAIL % MAX_HEAD_BYTES
        if not self.transport.is_closing():
            self.transport.write(TOO_LARGE % (len(detail), detail))
            self.transport.close()
