"""Sandbox servers in this process, with clocks that tests move by hand, and as a process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lib.sandbox.limits import EventLimit, Limits
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.limited import SMALL, HandMonotonic, Limited
from tests.support.sandbox import HandClock, SandboxProcess, World


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server(tmp_path: Path, clock: HandClock) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "sandbox.db", clock)
    yield server
    server.stop()


@pytest.fixture
def world(server: EmbeddedServer) -> World:
    return World(server.url)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """For tests that need no clock: a new world each, one server."""
    server = EmbeddedServer(tmp_path_factory.mktemp("shared") / "sandbox.db", HandClock())
    yield server
    server.stop()


@pytest.fixture
def shared_world(shared_server: EmbeddedServer) -> World:
    return World(shared_server.url)


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., SandboxProcess]]:
    """Starts sandboxes that share one database file and are gone when the test ends."""
    started: list[SandboxProcess] = []

    def start(*options: str) -> SandboxProcess:
        started.append(SandboxProcess(tmp_path / "sandbox.db", *options))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def seconds() -> HandMonotonic:
    return HandMonotonic()


@pytest.fixture
def limited(seconds: HandMonotonic) -> Iterator[Callable[..., Limited]]:
    """Makes limited servers in this process, whose seconds pass by hand."""
    with ExitStack() as stack:

        def start(limits: Limits = SMALL, clock: HandClock | None = None) -> Limited:
            started = Limited(limits, clock or HandClock(), seconds)
            stack.callback(started.store.close)
            stack.enter_context(started.client)
            return started

        yield start


@pytest.fixture
def server_with(
    tmp_path: Path, seconds: HandMonotonic
) -> Iterator[Callable[[Limits | None], EmbeddedServer]]:
    """Starts real servers; the seconds of one with limits pass by hand."""
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
