"""Servers with small limits, and clients that reach them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from lib.sandbox.limits import EventLimit, Limits
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.storage.limited_store import LimitedStore
from tests.support.sandbox import (
    HTTP,
    PAYLOAD,
    TP2,
    HandClock,
    World,
    new_id,
    seen,
)


class HandMonotonic:
    """Seconds that only pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> HandMonotonic:
    return HandMonotonic()


SMALL = Limits(
    events_per_second=1,
    events_at_once=5,
    subscriptions=2,
    definitions=3,
    stored_events=4,
    sandboxes=2,
)
TOKEN, OTHER, THIRD = "a" * 32, "b" * 32, "c" * 32


class Limited:
    """A limited server, and what its clients send to it."""

    def __init__(self, limits: Limits, clock: HandClock, seconds: HandMonotonic) -> None:
        self.store = LimitedStore(":memory:", limits)
        self.sandboxes = Sandboxes(
            self.store, Iglu(), clock, isolated=True, limits=limits, monotonic=seconds
        )
        self.app = create_app(self.sandboxes)
        self.client = TestClient(self.app)

    def post(self, *events: dict[str, str], token: str = TOKEN, body: Any = None) -> httpx.Response:
        content = body or {"schema": PAYLOAD, "data": events}
        return self.client.post(f"/sandbox/{token}{TP2}", json=content)

    def counts(self, token: str = TOKEN) -> tuple[int, int]:
        return self.store.counts(self.sandboxes.of_token(token).id)


@pytest.fixture
def limited(seconds: HandMonotonic) -> Iterator[Callable[..., Limited]]:
    with ExitStack() as stack:

        def start(limits: Limits = SMALL, clock: HandClock | None = None) -> Limited:
            started = Limited(limits, clock or HandClock(), seconds)
            stack.callback(started.store.close)
            stack.enter_context(started.client)
            return started

        yield start


def many(count: int) -> list[dict[str, str]]:
    return [seen(None) for _ in range(count)]


def stored(world: World) -> int:
    total: int = HTTP.get(f"{world.collector}/micro/all").json()["good"]
    return total


@contextmanager
def open_stream(world: World) -> Iterator[Iterator[str]]:
    """A subscription that the server has noted: the lines that follow."""
    url = f"{world.collector}/api/v1/interventions?user_id={new_id()}"
    with httpx.Client(trust_env=False, timeout=30) as client, client.stream("GET", url) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": connected"
        yield lines


@pytest.fixture
def server_with(
    tmp_path: Path, seconds: HandMonotonic
) -> Iterator[Callable[[Limits | None], EmbeddedServer]]:
    """Starts a real server with limits, whose seconds only pass when told."""
    started: list[EmbeddedServer] = []

    def start(chosen: Limits | None = None) -> EmbeddedServer:
        server = EmbeddedServer(tmp_path / "sandbox.db", limits=chosen)
        if chosen is not None:
            sandboxes = server.app.state.sandboxes
            sandboxes.event_limit = EventLimit(chosen, seconds)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def connected(url: str) -> socket.socket:
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


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


def listeners(world: World) -> int:
    count: int = HTTP.get(f"{world.collector}/stats").json()["subscriptions"]
    return count
