"""Sandbox servers in this process, with a clock that tests move by hand, and as a process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib.sandbox.server.serving import EmbeddedServer
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
