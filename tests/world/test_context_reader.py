"""The context is read in the background, of the session that is current, and kept in an outage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.worlds import PLAN, World, running_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


@pytest.fixture
def participant(world: World) -> Participant:
    return world.join()


def complete_one(participant: Participant) -> None:
    participant.complete_task("task-1")
    participant.emitter.wait_until_sent(PATIENCE_SECONDS)


def test_before_it_is_published_it_is_said_to_be_missing(participant: Participant) -> None:
    participant.context.refresh()
    seen = participant.context.seen
    assert (seen.is_published, seen.events, seen.problem) == (False, (), None)


def test_publishing_it_reads_it(participant: Participant) -> None:
    participant.definitions.publish_context()
    assert participant.context.seen.is_published


def test_what_is_done_is_news_once(participant: Participant) -> None:
    participant.definitions.publish_context()
    complete_one(participant)
    participant.context.refresh()
    revision = participant.revision
    participant.context.refresh()
    assert [each["event_name"] for each in participant.context.seen.events] == ["task_completed"]
    assert participant.revision == revision


def test_new_session_is_empty(participant: Participant) -> None:
    participant.definitions.publish_context()
    complete_one(participant)
    participant.context.refresh()
    participant.session.renew()
    participant.context.refresh()
    seen = participant.context.seen
    assert (seen.session_id, seen.events) == (participant.session.known, ())


def test_in_an_outage_the_last_context_stays_with_the_reason(
    world: World, participant: Participant
) -> None:
    participant.definitions.publish_context()
    complete_one(participant)
    participant.context.refresh()
    world.stop_sandbox()
    participant.context.refresh()
    seen = participant.context.seen
    assert len(seen.events) == 1
    assert seen.problem is not None and seen.problem.message == "Signals cannot be reached."


def test_publishing_changes_the_plan_of_nothing_else(participant: Participant) -> None:
    participant.definitions.publish(PLAN)
    before = participant.seen.published
    participant.definitions.publish_context()
    participant.refresh()
    assert participant.seen.published == before
