"""The app on an account: worlds of participants, on the Snowplow of the tests.

Some of the app's pauses are short here, so that what comes after them can be waited for. What the
app promises about waiting is left as it is, with room for a busy machine.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.connection import access_token
from lib.connection.backend import Backend
from lib.connection.settings import load_settings
from lib.people import participants as participants_module
from lib.people.participants import Participants
from lib.snowplow.definitions import COUNT, Plan
from lib.snowplow.interventions import push_test_intervention
from lib.world import emitter, inbox, listener, polling
from lib.world.app_state import AppState
from lib.world.emitter import Delivery
from lib.world.participant import Participant
from tests.support.sandbox import new_id
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.waiting import eventually

SHORT_PAUSES = (
    (access_token, "FAILURE_KEPT_SECONDS", 0.1),
    (emitter, "LONGEST_RETRY_SECONDS", 0.2),
    (inbox, "GRACE", timedelta(seconds=0.2)),
    (listener, "LONGEST_PAUSE_SECONDS", 0.2),
    (listener, "LONGEST_PAUSE_AFTER_REFUSAL_SECONDS", 0.2),
    (participants_module, "CLOSE_AFTER_SECONDS", 0.0),
    (participants_module, "KEEP_EVERY_SECONDS", 0.02),
    (polling, "FAST_SECONDS", 0.1),
    (polling, "LONGEST_PAUSE_SECONDS", 0.2),
)


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def subscribing_threads() -> int:
    return sum(name.startswith("SignalsInterventions") for name in names_of_threads())


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """When it has stopped, no thread is left of all that talked to it."""
    before = set(threading.enumerate())
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running
    assert eventually(lambda: set(threading.enumerate()) <= before)


@dataclass
class World:
    snowplow: Snowplow
    plan: Plan
    participants: Participants

    def join(self, user_id: str | None = None) -> Participant:
        return self.participants.join(user_id or new_id())

    def join_published(self) -> Participant:
        """A participant who listens, with all published and the console asked once."""
        participant = self.join()
        participant.definitions.publish(self.plan)
        assert eventually(lambda: participant.is_live and self.snowplow.streams == 1)
        participant.keep_alive()  # which notices that it is live
        return participant


@pytest.fixture
def world(snowplow: Snowplow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for module, name, value in SHORT_PAUSES:
        monkeypatch.setattr(module, name, value)
    given = {**snowplow.settings, "SANDBOX_DB": str(tmp_path / "participants.db")}
    settings = load_settings(given, {}, None)
    state = AppState(settings.app_db)
    plan = plan_of(snowplow)
    backend = Backend(settings)
    participants = Participants(backend, state, plan)
    yield World(snowplow, plan, participants)
    participants.close()
    assert eventually(lambda: "participants" not in names_of_threads())
    backend.close()
    state.close()


def plan_of(snowplow: Snowplow, **options: Any) -> Plan:
    return Plan(snowplow.settings["OWNER"], "com.example", **options)


def complete(participant: Participant, tasks: int = 1) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


def delivery(participant: Participant) -> Delivery:
    return participant.emitter.delivery


def count_of(participant: Participant) -> Any:
    participant.refresh()
    return participant.seen.current.get(COUNT)


def has_counted(participant: Participant, tasks: int) -> bool:
    """Whether all that was tracked is sent, and was counted once."""
    is_sent = eventually(lambda: delivery(participant).waiting == 0)
    return is_sent and eventually(lambda: count_of(participant) == tasks)


def has_recovered(participant: Participant) -> bool:
    return eventually(lambda: participant.seen.problem is None and participant.is_live)


def receives(world: World, participant: Participant) -> bool:
    """Whether an intervention arrives that is pushed once the only stream is open."""
    assert eventually(lambda: participant.is_live and world.snowplow.streams == 1)
    before = len(participant.inbox)
    assert push_test_intervention(participant.signals, participant.user_id) == "success"
    return eventually(lambda: len(participant.inbox) == before + 1)


def statuses(snowplow: Snowplow, method: str) -> list[int]:
    """How the API answered those who subscribe (GET) and those who push (POST)."""
    asked = ((each.method, each.path, each.status) for each in list(snowplow.requests))
    return [status for *what, status in asked if what == [method, "/api/v1/interventions"]]


@contextmanager
def fault(snowplow: Snowplow, knob: str, value: object) -> Iterator[None]:
    """A knob turned, and turned back."""
    healthy = getattr(snowplow, knob)
    setattr(snowplow, knob, value)
    try:
        yield
    finally:
        setattr(snowplow, knob, healthy)
