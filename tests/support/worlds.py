"""Participants' worlds in one process with a sandbox, without a browser."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.people.participants import Participants
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT, Plan
from lib.world import settling
from lib.world.app_state import AppState
from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS

PLAN = Plan(owner="you@example.com", vendor="com.example")


@dataclass
class World:
    """What all sessions of the process share. `database` is the sandbox's file."""

    backend: Backend
    state: AppState
    participants: Participants
    database: Path

    def join(self, user_id: str | None = None, token: str | None = None) -> Participant:
        """Somebody's world, of a new user in a new sandbox unless it is said."""
        return self.participants.join(user_id or str(uuid.uuid4()), token or new_token())

    @contextmanager
    def reopened(self, participant: Participant) -> Iterator[Participant]:
        """The same world in another process of the app, with the app's file opened again."""
        state = AppState(self.backend.settings.app_db)
        connection = self.backend.connect(participant.connection.token)
        again = Participant(participant.user_id, connection, state, PLAN)
        yield again
        again.close()
        state.close()

    def stop_sandbox(self) -> None:
        assert self.backend.sandbox is not None
        self.backend.sandbox.stop()

    def start_sandbox(self) -> None:
        """Start it again, at the same address, with what it had stored."""
        assert self.backend.sandbox is not None
        port = int(self.backend.sandbox.url.rsplit(":", 1)[1])
        self.backend.sandbox = EmbeddedServer(self.database, port=port)


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    database = folder / "sandbox.db"
    backend = Backend(load_settings({"SANDBOX_DB": str(database)}, {}, None))
    state = AppState(backend.settings.app_db)
    participants = Participants(backend, state, PLAN)
    yield World(backend, state, participants, database)
    participants.close()
    backend.close()
    state.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose sandbox the test may stop. Nobody waits less because the machine is busy."""
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)
    with running_world(tmp_path) as running:
        yield running


def complete(participant: Participant, tasks: int) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


def joined(world: World) -> Participant:
    """Somebody who has published."""
    participant = world.join()
    participant.definitions.publish(PLAN)
    return participant


def count_of(participant: Participant) -> object:
    """What the service answers now."""
    return service_attributes(participant.signals, participant.user_id)[COUNT]


def is_settled(participant: Participant, count: int) -> bool:
    """Whether all was sent and counted, and the nudge has arrived."""
    is_sent = participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    return is_sent and count_of(participant) == count and len(participant.inbox) == 1
