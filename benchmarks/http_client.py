"""A client for HTTP/1.1 that waits for each answer: one kept connection, as cheap as `load`."""

import asyncio

from benchmarks.load import HEAD_END, LENGTH


async def connected(port: int) -> "Client":
    """A new connection to a server on this machine."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, "127.0.0.1", port)
    return client


class Client(asyncio.Protocol):
    """One kept connection, on which a request is sent when the last one is answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._received = b""
        self._status: asyncio.Future[str] | None = None
        self.is_lost = asyncio.Event()

    async def status_of(self, request: bytes) -> str:
        """The status that a request is answered with, once all of the answer is here."""
        self._status = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._status

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(HEAD_END)
        if head_end < 0:
            return
        at = self._received.index(LENGTH) + len(LENGTH)
        length = int(self._received[at : self._received.index(b"\r", at)])
        if len(self._received) >= head_end + len(HEAD_END) + length:
            status = self._received[len("HTTP/1.1 ") :][:3].decode()
            self._received = b""
            if self._status is not None and not self._status.done():
                self._status.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost.set()
        if self._status is not None and not self._status.done():
            self._status.set_exception(RuntimeError("the server closed the connection"))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()
