"""A collector that accepts connections and never answers, and an app that is killed meanwhile."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from snowplow_signals import SignalsSandbox

from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.people import participants as participants_module
from lib.people.participants import Participants
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT, Plan
from lib.snowplow.publishing import publish
from lib.world.app_state import AppState
from tests.support.servers import Gate, gate
from tests.support.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
NOT_ANSWERED = "{waiting} wait, no request has ended"
PLAN = Plan(owner="you@example.com", vendor="com.example")


class World:
    """One user's world, in processes that come and go; the collector is behind a gate."""

    def __init__(self, server: EmbeddedServer, opened: Gate, file: Path) -> None:
        self.token, self.user = new_token(), str(uuid.uuid4())
        self.gate, self.file = opened, file
        self._server = server
        self.signals = SignalsSandbox(api_url=server.url, sandbox_token=self.token)
        publish(self.signals, PLAN)

    @contextmanager
    def process(self, tasks: int) -> Iterator[str]:
        """A process that completes tasks; it is killed at the end of the block. Yields what it says
        then of the events: how many wait, and what the collector's last answer was."""
        collector = f"{self.gate.url}/sandbox/{self.token}"
        arguments = (self._server.url, self.token, collector, self.file, self.user, tasks)
        command = [sys.executable, "-m", "tests.support.outage_process", *map(str, arguments)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            try:
                yield running.stdout.readline().strip()
            finally:
                running.kill()

    @property
    def count(self) -> int | None:
        """How many tasks Signals counted."""
        count: int | None = service_attributes(self.signals, self.user)[COUNT]
        return count

    @property
    def waiting(self) -> list[str]:
        """Whose events wait in the app's file."""
        with closing(AppState(self.file)) as state:
            return state.outboxes.worlds()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    server = EmbeddedServer(tmp_path / "sandbox.db")
    with gate(server.url) as opened:
        yield World(server, opened, tmp_path / "app.db")
    server.stop()


def test_tasks_complete_at_once_and_are_sent_by_the_process_after_the_one_that_was_killed(world):
    world.gate.holds.set()
    with world.process(tasks=3) as said:
        assert said == NOT_ANSWERED.format(waiting=3)
    assert world.count is None

    world.gate.holds.clear()
    with world.process(tasks=2):
        assert eventually(lambda: world.count == 5)


def test_events_that_arrived_without_an_answer_are_sent_again_and_counted_once(world):
    world.gate.mutes.set()
    with world.process(tasks=4) as said:
        assert said == NOT_ANSWERED.format(waiting=4)
        assert eventually(lambda: bool(world.count))

    world.gate.mutes.clear()
    with world.process(tasks=1):
        assert eventually(lambda: world.count == 5)
    with world.process(tasks=0):
        assert eventually(lambda: world.waiting == [])
    assert world.count == 5


def test_what_a_killed_process_left_is_sent_though_its_user_never_returns(tmp_path, monkeypatch):
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    settings = load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None)
    user, token = str(uuid.uuid4()), new_token()
    backend, state = Backend(settings), AppState(settings.app_db)
    participants = Participants(backend, state, PLAN)
    participant = participants.join(user, token)
    participant.definitions.publish(PLAN)
    assert backend.sandbox is not None
    backend.sandbox.stop()
    participant.complete_task("task-1")
    participants.close()
    backend.close()
    state.close()

    later, state = Backend(settings), AppState(settings.app_db)
    participants = Participants(later, state, PLAN)
    try:
        assert eventually(lambda: state.outboxes.worlds() == [])
        assert later.sandbox is not None
        signals = SignalsSandbox(api_url=later.sandbox.url, sandbox_token=token)
        assert service_attributes(signals, user)[COUNT] == 1
    finally:
        participants.close()
        later.close()
        state.close()
