"""Servers with small limits, whose seconds pass by hand, and what their clients send."""

from typing import Any

import httpx
from starlette.testclient import TestClient

from lib.sandbox.limits import Limits
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.storage.limited_store import LimitedStore
from tests.support.sandbox import PAYLOAD, TP2, HandClock, group, seen

SMALL = Limits(
    events_per_second=1,
    events_at_once=5,
    subscriptions=2,
    definitions=3,
    stored_events=4,
    sandboxes=2,
)

TOKEN, OTHER, THIRD = "a" * 32, "b" * 32, "c" * 32


class HandMonotonic:
    """Seconds that only pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Limited:
    """A limited server in this process, and what its clients send to it."""

    def __init__(self, limits: Limits, clock: HandClock, seconds: HandMonotonic) -> None:
        self.store = LimitedStore(":memory:", limits)
        self._new_sandboxes = lambda: Sandboxes(
            self.store, Iglu(), clock, isolated=True, limits=limits, monotonic=seconds
        )
        self.sandboxes = self._new_sandboxes()
        self._app = create_app(self.sandboxes)
        self.client = TestClient(self._app)

    def restart(self) -> None:
        """Serve the same database as a new server does: no sandbox is open."""
        self.sandboxes = self._app.state.sandboxes = self._new_sandboxes()

    def post(self, *events: dict[str, str], token: str = TOKEN, body: Any = None) -> httpx.Response:
        """The answer to a request with these events, or with this body."""
        content = body or {"schema": PAYLOAD, "data": events}
        return self.client.post(f"/sandbox/{token}{TP2}", json=content)

    def counts(self, token: str = TOKEN) -> tuple[int, int]:
        """How many events of a sandbox are accepted, and how many failed."""
        return self.store.counts(self.sandboxes.of_token(token).id)


def many(count: int) -> list[dict[str, str]]:
    return [seen(None) for _ in range(count)]


def groups(count: int) -> list[Any]:
    return [group(name=f"things_{number}") for number in range(count)]
