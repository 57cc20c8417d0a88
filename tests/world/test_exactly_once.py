"""What a person did and the event about it: both are kept or neither, whenever the process ends."""

from collections.abc import Callable
from typing import Any

import pytest
from snowplow_signals import InterventionInstance

from lib.project import Project
from lib.snowplow.tracking import HANDLED, RECEIVED, WITHOUT_GESTURE, ProjectTracking
from lib.world.app_state import AppState
from lib.world.emitter import BackgroundEmitter
from lib.world.outbox_state import OutboxState
from lib.world.participant import Participant
from lib.world.tracked_event import tracked_event
from tests.support.worlds import (
    World,
    world,  # noqa: F401 (a fixture)
)

ID = "6f2b8a60-0000-4000-8000-000000000001"
ANOTHER = "6f2b8a60-0000-4000-8000-000000000002"


class Killed(BaseException):
    """The process ended here."""


def killed(*_: object) -> None:
    raise Killed


def complete_one(participant: Participant) -> None:
    task = participant.project.next_open
    assert task is not None
    participant.complete_task(task.id)


def accept(participant: Participant) -> None:
    participant.answer(participant.inbox[0], "accepted")


def dismiss(participant: Participant) -> None:
    participant.answer(participant.inbox[0], "dismissed")


def kept(world: World, participant: Participant) -> tuple[Any, ...]:
    """What another process would find: done tasks, marks, answers, and events about these."""
    found = AppState(world.backend.settings.app_db)
    name = participant.world
    done = Project.from_json(found.project(name)).filtered("done")
    marks = [each.label for each in found.marks(name) if each.kind == "event"]
    answers = [answer for _, _, answer, _ in found.inbox(name) if answer]
    waiting = [tracked_event(each).name for each in found.outboxes.events(name)]
    events = [each for each in waiting if each not in WITHOUT_GESTURE]
    found.close()
    return len(done), len(marks), answers, len(events)


@pytest.fixture
def participant(world: World, monkeypatch: pytest.MonkeyPatch) -> Participant:
    """Somebody whom a nudge reached, and whose events stay in the outbox."""
    monkeypatch.setattr(BackgroundEmitter, "_send_soon", lambda self: None)
    monkeypatch.setattr("lib.world.settling.SETTLE_SECONDS", 0.1)
    participant = world.join()
    receive(participant, ID)
    return participant


def receive(participant: Participant, intervention_id: str = ANOTHER) -> None:
    participant._receive(
        InterventionInstance(
            intervention_id=intervention_id,
            name="power_user_nudge",
            version=1,
            target_attribute_key={"name": "user_id", "id": participant.user_id},
        )
    )


def show(participant: Participant) -> None:
    participant.note_shown(participant.inbox[-1])


def noted(world: World, participant: Participant) -> tuple[int, int, list[str]]:
    """What another process would find: how many interventions arrived and were shown, and the
    events about that."""
    found = AppState(world.backend.settings.app_db)
    name = participant.world
    events = [tracked_event(each).name for each in found.outboxes.events(name)]
    counts = len(found.inbox(name)), len(found.shown(name))
    found.close()
    return *counts, events


@pytest.mark.parametrize(
    ("happen", "then"),
    [(receive, (2, 0, [RECEIVED, RECEIVED])), (show, (1, 1, [RECEIVED, HANDLED]))],
)
@pytest.mark.parametrize(
    ("part", "name"),
    [(OutboxState, "add"), (BackgroundEmitter, "input"), (ProjectTracking, "track")],
)
def test_what_became_of_an_intervention_is_noted_with_its_event_or_not_at_all(
    world: World,
    participant: Participant,
    monkeypatch: pytest.MonkeyPatch,
    happen: Callable[[Participant], None],
    then: tuple[int, int, list[str]],
    part: type,
    name: str,
) -> None:
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(part, name, killed)
        happen(participant)
    assert noted(world, participant) == (1, 0, [RECEIVED])

    happen(participant)
    happen(participant)
    assert noted(world, participant) == then


@pytest.mark.parametrize("gesture", [complete_one, accept, dismiss])
@pytest.mark.parametrize(
    ("part", "name"),
    [
        (OutboxState, "add"),
        (BackgroundEmitter, "input"),
        (ProjectTracking, "_described"),
    ],
)
def test_nothing_is_kept_of_a_gesture_that_was_cut_off_before_its_event(
    world: World,
    participant: Participant,
    monkeypatch: pytest.MonkeyPatch,
    gesture: Callable[[Participant], None],
    part: type,
    name: str,
) -> None:
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(part, name, killed)
        gesture(participant)
    assert kept(world, participant) == (0, 0, [], 0)

    gesture(participant)  # it can be done again, once
    gesture(participant)
    done, marks, answers, events = kept(world, participant)
    assert done == marks and events == done + len(answers)
    assert events == (2 if gesture is complete_one else 1)


@pytest.mark.parametrize("gesture", [complete_one, accept, dismiss])
def test_gesture_and_its_event_are_there_as_soon_as_either_is(
    world: World,
    participant: Participant,
    monkeypatch: pytest.MonkeyPatch,
    gesture: Callable[[Participant], None],
) -> None:
    add = OutboxState.add

    def add_and_end(self: OutboxState, *event: Any) -> None:
        add(self, *event)
        raise Killed

    monkeypatch.setattr(OutboxState, "add", add_and_end)
    with pytest.raises(Killed):
        gesture(participant)

    done, marks, answers, events = kept(world, participant)
    assert (done + len(answers), marks, events) == (1, done, 1)


def test_task_is_done_even_if_no_more_events_can_wait(
    world: World, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.world.outbox.EVENTS_KEPT", 1)  # the nudge's own
    complete_one(participant)
    assert kept(world, participant) == (1, 1, [], 0)
    event = participant.last_event
    assert event is not None and event.state == "refused"


@pytest.mark.parametrize("gesture", [complete_one, accept, dismiss])
def test_gesture_and_its_event_are_synced_to_the_disk(
    world: World, participant: Participant, gesture: Callable[[Participant], None]
) -> None:
    told: list[str] = []
    world.state._file._file.set_trace_callback(told.append)
    gesture(participant)
    world.state._file._file.set_trace_callback(None)

    synced = told[told.index("PRAGMA synchronous = FULL") :]
    synced = synced[: synced.index("PRAGMA synchronous = NORMAL")]
    assert any("INTO outbox" in each for each in synced)
    assert any("project" in each or "UPDATE inbox" in each for each in synced)
