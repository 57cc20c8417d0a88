"""A client that sends a request slowly, or only a part of it."""

import socket

import httpx

from tests.support.sandbox import TP2, World
from tests.support.waiting import PATIENCE_SECONDS


def connected(url: str) -> socket.socket:
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), timeout=PATIENCE_SECONDS)


def head(world: World, length: int, path: str = TP2, method: str = "POST") -> bytes:
    lines = ["Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {length}"]
    first = f"{method} /sandbox/{world.token}{path} HTTP/1.1"
    return ("\r\n".join([first, *lines]) + "\r\n\r\n").encode()


def until_closed(client: socket.socket) -> bytes:
    """All that still arrives; fails the test if the connection stays open for half a minute."""
    try:
        return b"".join(iter(lambda: client.recv(65536), b""))
    except ConnectionResetError:
        return b""


def dripped_until_closed(client: socket.socket, drops: bytes) -> bytes:
    """One byte at a time, as soon as nothing was answered to the last; then as `until_closed`."""
    client.settimeout(0.01)
    for drop in drops:
        try:
            client.send(bytes([drop]))
            answer = client.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return b""
        client.settimeout(30)
        return answer + until_closed(client)
    raise AssertionError("the server took all of it")
