"""HTTP for requests that arrive in time, have a head of reasonable size, and are read.

uvicorn waits forever for a request, begun or not, reads a head of any size, takes any number of
requests in advance, and keeps an answer until somebody reads it. `body_limit` answers a slow body
that a route is waiting for. This hangs up on everything else that is slow: silent connections,
heads that trickle in, bodies that continue after the answer, and clients that do not read. What all
connections hold together is bounded too: see `connections`.

The callbacks and attributes of uvicorn's protocol that this uses are not documented. A test says so
when they are gone (tests/sandbox/server/test_relied_on.py).
"""

import asyncio

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lib.sandbox.limits import ARRIVAL_SECONDS, MAX_HEAD_BYTES, READING_SECONDS
from lib.sandbox.server.body_limit import HAS_ARRIVED
from lib.sandbox.server.connections import Connections
from lib.sandbox.server.json_answers import StrictJson

AT_ONCE_BYTES = 4 * 1024  # read at once of what may hold many requests
BODY_AT_ONCE_BYTES = 64 * 1024
TOO_LARGE = f"The address and the headers are larger than {MAX_HEAD_BYTES:,} bytes."


class PromptHttp(HttpToolsProtocol):
    """uvicorn's protocol, which also drops a connection whose next request takes too long to
    arrive, or whose answer nobody reads, and answers 431 to a head that is too large.

    Between two requests, uvicorn's `timeout_keep_alive` applies. A server has its own subclass,
    whose `held` is what its connections hold.
    """

    held: Connections

    _timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    _is_arriving = False
    _is_in_head = False
    _loose_bytes = 0  # read of a head, or between the parts of a body
    _rest = b""  # what arrived behind requests that are not answered yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()
        self.held.stranger(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_reading_timer()
        self._rest = b""
        self.held.gone(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        self._read_on()

    def _read_on(self) -> None:
        """Read piece by piece, until a request has to wait for the answer to an earlier one."""
        data, self._rest = self._rest, b""
        at = 0
        while at < len(data) and not self.pipeline and not self.transport.is_closing():
            size = BODY_AT_ONCE_BYTES if self._is_in_body else AT_ONCE_BYTES
            self._read(data[at : at + size])
            at += size
        if self.transport.is_closing():
            return
        self._rest = data[at:]
        if self._rest:
            self.flow.pause_reading()
        self._note_waiting()

    def _read(self, data: bytes) -> None:
        self._loose_bytes += len(data)
        super().data_received(data)
        if not self._is_arriving:
            self._stop_timer()
            return
        if self._timer is None:
            self._start_timer()
        if self._loose_bytes > MAX_HEAD_BYTES:
            self._refuse()

    @property
    def _is_in_body(self) -> bool:
        return self._is_arriving and not self._is_in_head

    def _note_waiting(self) -> None:
        self.held.waiting(self.transport, len(self.pipeline), len(self._rest))

    # What the parser finds

    def on_message_begin(self) -> None:
        self._stop_timer()  # of the previous request
        self._is_arriving = self._is_in_head = True
        self._loose_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._loose_bytes = 0
        self.held.busy(self.transport)
        app = self.app
        if self._head_bytes > MAX_HEAD_BYTES:
            self.app = answer_too_large  # in its turn, behind the answers to earlier requests
            self.url = b"/"  # httptools takes apart no address of this length
        super().on_headers_complete()
        self.app = app

    @property
    def _head_bytes(self) -> int:
        """The size of the address and the headers."""
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        return len(self.url) + fields

    def on_body(self, body: bytes) -> None:
        self._loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_arriving = False
        self.scope[HAS_ARRIVED] = True  # type: ignore[literal-required]
        super().on_message_complete()

    def on_response_complete(self) -> None:
        is_last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if is_last and not self._is_in_body:
            self.held.resting(self.transport)
        if self._rest:
            self._read_on()
        else:
            self._note_waiting()

    # Clients that do not read

    def pause_writing(self) -> None:
        super().pause_writing()
        self.held.unread(self.transport, self.transport.get_write_buffer_size())
        self._stop_reading_timer()
        self._reading_timer = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.held.unread(self.transport, 0)
        self._stop_reading_timer()

    def _stop_reading_timer(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(ARRIVAL_SECONDS, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        """Answer 431 to a head that has no end; hang up if it is what follows a body."""
        if self._is_in_body:
            self.transport.abort()
        elif not self.transport.is_closing():
            answer = StrictJson({"detail": TOO_LARGE}, status_code=431)
            head = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
            lines = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
            self.transport.write(head + lines + b"\r\n" + bytes(answer.body))
            self.transport.close()


async def answer_too_large(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 431 to a request whose head is too large."""
    headers = {"Connection": "close"}
    await StrictJson({"detail": TOO_LARGE}, status_code=431, headers=headers)(scope, receive, send)


def prompt_http() -> type[PromptHttp]:
    """The protocol of one server."""

    class OfOneServer(PromptHttp):
        held = Connections()

    return OfOneServer
