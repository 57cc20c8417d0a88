"""The listener: connects again by itself, ever more slowly, and says how it is."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.connection.api_client import StreamState
from lib.world import listener
from lib.world.listener import Listener


class Subscription:
    """The SDK's subscription: `is_running` as its thread would be."""

    def __init__(self) -> None:
        self.starts = 0
        self.is_running = False

    def add_handler(self, handler: object) -> None: ...

    def start(self) -> None:
        if self.is_running:
            raise RuntimeError("Subscription already running")
        self.starts += 1

    def stop(self) -> None: ...


class Signals:
    def __init__(self) -> None:
        self.subscription = Subscription()

    def pull_interventions(self, _: object) -> Subscription:
        return self.subscription


class World:
    """A listener on a clock that the test moves on, and the state of its stream."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.stream = StreamState("closed", self.now)
        world = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return world.now

        monkeypatch.setattr(listener, "datetime", Clock)
        signals = Signals()
        self.subscription = signals.subscription
        self.listener = Listener(signals, "user", lambda _: None, lambda: self.stream)  # type: ignore[arg-type]

    def becomes(self, kind: Any, reason: str = "", status: int | None = None) -> None:
        self.stream = StreamState(kind, self.now, reason, status)

    def passes(self, seconds: float) -> int:
        """Keep it alive ten times a second; returns how often it tried to connect."""
        before = self.subscription.starts
        for _ in range(int(seconds * 10)):
            self.now += timedelta(seconds=0.1)
            self.listener.keep_alive()
        return self.subscription.starts - before


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(random, "random", lambda: 0.5)
    return World(monkeypatch)


def test_it_is_connecting_at_first(world):
    world.becomes("connecting")
    assert world.listener.state.kind == "connecting"
    assert world.passes(60) == 0


def test_it_is_live_since_the_stream_opened(world):
    world.becomes("live")
    assert (world.listener.state.kind, world.listener.state.since) == ("live", world.now)


def test_it_has_opened_since_a_moment_while_the_stream_is_open(world):
    before = world.now - timedelta(seconds=1)
    assert not world.listener.has_opened_since(before)
    world.becomes("live")
    assert world.listener.has_opened_since(before)
    assert not world.listener.has_opened_since(world.now)
    world.becomes("ended")
    assert not world.listener.has_opened_since(before)


def test_a_dropped_stream_is_opened_again_within_a_second(world):
    world.becomes("live")
    world.passes(1)
    dropped = world.now
    world.becomes("ended", "the server ended it")
    world.listener.keep_alive()
    state = world.listener.state
    assert (state.kind, state.since, state.reason) == (
        "reconnecting",
        dropped,
        "the server ended it",
    )
    assert state.next_try == dropped + timedelta(seconds=0.5)
    assert world.passes(1) == 1


def test_a_stream_that_stays_away_is_tried_ever_more_slowly(world):
    world.becomes("live")
    world.passes(1)
    world.becomes("ended", "it cannot be reached")
    assert world.passes(60) in range(12, 20)
    assert world.passes(60) in range(11, 13)  # every five seconds by now
    world.becomes("live")
    world.passes(1)
    world.becomes("ended")
    assert world.passes(1) == 1


def test_it_is_reconnecting_since_it_was_lost_and_not_since_the_last_try(world):
    world.becomes("live")
    world.passes(1)
    dropped = world.now
    world.becomes("ended", "it cannot be reached")
    world.passes(30)
    world.becomes("connecting")
    world.passes(1)
    world.becomes("ended", "it cannot be reached")
    world.passes(1)
    assert (world.listener.state.kind, world.listener.state.since) == ("reconnecting", dropped)


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refusal_is_reported_and_rarely_retried(world, status):
    world.becomes("ended", f"Signals answered {status}", status)
    world.passes(120)
    state = world.listener.state
    assert (state.kind, state.reason) == ("refused", f"Signals answered {status}")
    assert world.passes(60) == 2


def test_a_server_error_is_no_refusal(world):
    world.becomes("ended", "Signals answered 503", 503)
    world.passes(1)
    assert world.listener.state.kind == "reconnecting"


def test_a_thread_that_is_just_ending_is_waited_for(world):
    world.becomes("live")
    world.passes(1)
    world.becomes("ended")
    world.subscription.is_running = True
    assert world.passes(2) == 0
    world.subscription.is_running = False
    assert world.passes(1) == 1


def test_a_stopped_listener_does_not_reconnect(world):
    world.becomes("live")
    world.passes(1)
    world.listener.stop()
    world.becomes("ended")
    assert world.passes(60) == 0
