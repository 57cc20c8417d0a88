"""A load generator for HTTP/1.1: finished requests over a few kept connections, as fast as it goes.

It is written by hand because it must not be what limits the number: a request costs it about 20 µs.
A connection sends its next request when it has the answer to the last one, as trackers do.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
GOOD = b"HTTP/1.1 200 "


def post_request(path: str, body: bytes, **headers: str) -> bytes:
    """A whole `POST` request of JSON."""
    lines = {
        "Host": "localhost",
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def seconds_for(port: int, requests: Sequence[bytes], connections: int) -> float:
    """How long a server on this machine takes for all the requests.

    Raises `RuntimeError` for an answer other than 200, `OSError` if there is no server.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_seconds_for(port, deque(requests), connections))


async def _seconds_for(port: int, waiting: deque[bytes], connections: int) -> float:
    loop = asyncio.get_running_loop()
    clients = [_Client(waiting) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)
    began = time.perf_counter()
    for client in clients:
        client.send_next()
    await asyncio.gather(*(client.done for client in clients))
    return time.perf_counter() - began


class _Client(asyncio.Protocol):
    """One connection, which takes its requests from a queue that all share."""

    def __init__(self, waiting: deque[bytes]) -> None:
        self._waiting = waiting
        self._received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(HEAD_END)
        if head_end < 0:
            return
        if not self._received.startswith(GOOD):
            self.done.set_exception(RuntimeError(self._received.decode(errors="replace")))
            return
        at = self._received.index(LENGTH) + len(LENGTH)
        length = int(self._received[at : self._received.index(b"\r", at)])
        if len(self._received) >= head_end + len(HEAD_END) + length:
            self._received = b""
            self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError("the server closed the connection"))

    def send_next(self) -> None:
        """Send what is next in the queue; done when there is nothing."""
        if self._waiting:
            self._transport.write(self._waiting.popleft())
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


@contextmanager
def beside(*servers: psutil.Process) -> Iterator[None]:
    """This process on one core and the servers on another, as far as the machine allows it."""
    own = psutil.Process()
    cores = own.cpu_affinity() if hasattr(own, "cpu_affinity") else []
    if len(cores) < 2:
        yield
        return
    for server in servers:
        server.cpu_affinity(cores[:1])
        for thread in server.threads():
            os.sched_setaffinity(thread.id, cores[:1])
    own.cpu_affinity(cores[1:])
    try:
        yield
    finally:
        own.cpu_affinity(cores)
