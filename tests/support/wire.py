"""Requests as bytes, since no HTTP client sends what hostile ones send; and how many there were."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 20.0  # after which a server counts as hanging
REQUESTS = 0


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the connection was closed without a word."""

    status: int
    head: bytes
    body: bytes


def count(requests: int = 1) -> None:
    """Take note of requests that were made by other means."""
    global REQUESTS
    REQUESTS += requests


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def request(
    method: str, path: str, headers: Iterable[tuple[str, bytes]] = (), body: bytes = b""
) -> bytes:
    """A request with its true length; `headers` follow, and may say otherwise."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode()
    if body or method == "POST":
        head += f"Content-Length: {len(body)}\r\n".encode()
    return head + b"".join(b"%s: %s\r\n" % (k.encode(), v) for k, v in headers) + b"\r\n" + body


def exchange(url: str, sent: bytes) -> Answer:
    """Sends bytes and reads until the server closes; fails the test if it never does."""
    count()
    with socket.create_connection(address(url), SECONDS) as connection:
        with suppress(ConnectionError):  # refused early: the answer may be there all the same
            connection.sendall(sent)
        return answer(received(connection))


def received(connection: socket.socket) -> bytes:
    parts = []
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def answer(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return Answer(int(words[1]) if len(words) > 1 else 0, head, body)
