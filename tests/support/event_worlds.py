"""Worlds with events in them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.diagnosis.broken_events import send_broken
from lib.diagnosis.followed_event import Fate
from lib.world import settling
from lib.world.events import UserEvent
from lib.world.participant import Participant
from tests.support.worlds import World, running_world

TASK_SCHEMA = "iglu:com.example/task_completed/jsonschema/1-0-0"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)  # however busy the machine is
    monkeypatch.setattr("lib.world.event_feed.PAGE_WAITS_SECONDS", 5.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests; each participant has a sandbox of their own."""
    with running_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A world whose sandbox the test may stop."""
    with running_world(tmp_path) as running:
        yield running


def broken(participant: Participant, kind: str) -> Fate:
    return send_broken(
        kind, participant.tracking, participant.emitter, participant.connection.inspector
    )


def read(participant: Participant) -> list[UserEvent]:
    participant.events.refresh()
    return participant.events.events


def an_event(number: int = 0, **fields: Any) -> UserEvent:
    known = {
        "event_id": f"event-{number}",
        "tstamp": NOON + timedelta(minutes=number),
        "name": "task_completed",
        "status": "accepted",
        "schema": TASK_SCHEMA,
        "user_id": "u",
        "raw": {"e": "ue"},
    }
    return UserEvent(**(known | fields))
