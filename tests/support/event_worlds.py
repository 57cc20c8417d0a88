"""Worlds with events in them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.diagnosis.broken_events import Fate, send_broken
from lib.people.participants import Participants
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import Plan
from lib.world import settling
from lib.world.app_state import AppState
from lib.world.events import (
    UserEvent,
)
from lib.world.participant import Participant

PLAN = Plan(owner="you@example.com", vendor="com.example")
TASK_SCHEMA = "iglu:com.example/task_completed/jsonschema/1-0-0"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class World:
    backend: Backend
    participants: Participants
    database: Path

    def join(self) -> Participant:
        return self.participants.join(str(uuid.uuid4()), new_token())

    def stop_sandbox(self) -> None:
        assert self.backend.sandbox is not None
        self.backend.sandbox.stop()

    def start_sandbox(self) -> None:
        assert self.backend.sandbox is not None
        port = int(self.backend.sandbox.url.rsplit(":", 1)[1])
        self.backend.sandbox = EmbeddedServer(self.database, port=port)


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


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    database = folder / "sandbox.db"
    backend = Backend(load_settings({"SANDBOX_DB": str(database)}, {}, None))
    state = AppState(backend.settings.app_db)
    participants = Participants(backend, state, PLAN)
    yield World(backend, participants, database)
    participants.close()
    backend.close()
    state.close()


def complete(participant: Participant, tasks: int) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


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
