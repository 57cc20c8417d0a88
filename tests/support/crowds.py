"""Sandboxes with simulated teams in them, whose time passes at once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lib.connection.backend import Backend, Connection, new_token
from lib.connection.settings import load_settings
from lib.people.crowd import Crowd
from lib.people.crowd_progress import Size
from lib.snowplow.definitions import Names, Plan
from lib.snowplow.publishing import publish
from tests.support.waiting import PATIENCE_SECONDS

PLAN = Plan(owner="you@example.com", vendor="com.example")


class FastClock:
    """Each pause is as long as it was asked to be, and over at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at_pause: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.at_pause()


class Place:
    """A sandbox, with runs in it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.token = new_token()
        self.connections: list[Connection] = []
        self.clock = FastClock()

    def connect(self) -> Connection:
        connection = self.backend.connect(self.token)
        self.connections.append(connection)
        return connection

    def publish(self) -> None:
        connection = self.connect()
        publish(connection.signals, PLAN)
        connection.close()

    def begin(
        self, size: Size, is_watched: Callable[[], bool] = lambda: True, **kept: Any
    ) -> Crowd:
        clock = self.clock
        return Crowd(
            size, self.connect, PLAN.vendor, Names(), 5, is_watched, clock, clock.pause, **kept
        )

    def run(self, size: Size) -> Crowd:
        crowd = self.begin(size)
        assert crowd.wait(PATIENCE_SECONDS)
        return crowd

    def events(self) -> list[dict[str, object]]:
        """What the sandbox accepted."""
        assert self.backend.sandbox is not None
        url = f"{self.backend.sandbox.url}/sandbox/{self.token}/micro/good"
        answer = httpx.get(url, trust_env=False)
        return [each["event"] for each in answer.json()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    yield Place(backend)
    backend.close()
