"""The agentic context of a session, published and read with the SDK over HTTP."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from snowplow_signals import SignalsAPIError

from lib.snowplow.contexts import (
    PROMPT,
    delete_context,
    publish_context,
    published_context,
    read_context,
    read_narrative,
    recent_activity,
    unpublish_context,
)
from lib.snowplow.definitions import SomebodyElses
from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.worlds import PLAN, World, running_world

NAME = PLAN.names.context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def participant(world: World) -> Participant:
    participant = world.join()
    participant.signals.publish([recent_activity(PLAN)])
    return participant


def did_three_things(participant: Participant) -> None:
    """Each once the one before is sent: the tracker cuts `stm` to whole seconds, so the collector
    may date an event that is slow to arrive after the next."""
    participant.open_board("http://localhost/")
    wait_until_sent(participant)
    participant.own_project.start("task-4")
    wait_until_sent(participant)
    participant.complete_task("task-1")
    wait_until_sent(participant)


def wait_until_sent(participant: Participant) -> None:
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)


def test_context_has_what_was_done_in_the_session(participant: Participant) -> None:
    did_three_things(participant)
    context = read_context(participant.signals, participant.session.known, NAME)
    assert (context.prompt, context.events) == (
        PROMPT,
        [
            {"event_name": "page_view", "page_title": "Board"},
            {"event_name": "task_started", "task_id": "task-4", "priority": "high"},
            {"event_name": "task_completed", "task_id": "task-1", "priority": "high"},
        ],
    )


def test_narrative_has_a_line_for_each_event(participant: Participant) -> None:
    did_three_things(participant)
    narrative = read_narrative(participant.signals, participant.session.known, NAME)
    lines = narrative.splitlines()
    assert (lines[0], lines[-1]) == ("[START CONTEXT]", "[END CONTEXT]")
    assert [line.split(", ")[1] for line in lines[-4:-1]] == [
        "page_view",
        "task_started",
        "task_completed",
    ]


def test_new_session_has_an_empty_context(participant: Participant) -> None:
    did_three_things(participant)
    participant.session.renew()
    context = read_context(participant.signals, participant.session.known, NAME)
    assert context.events == []


def test_publishing_again_leaves_what_somebody_changed_as_it_is(participant: Participant) -> None:
    changed = recent_activity(PLAN).model_copy(update={"prompt": "Be kind."})
    participant.signals.publish([changed])
    publish_context(participant.signals, PLAN)
    found = published_context(participant.signals, NAME)
    assert found is not None and (found.prompt, found.is_published) == ("Be kind.", True)


def test_publishing_for_another_event_keeps_that_one_from_then_on(participant: Participant) -> None:
    shop = replace(PLAN, event="product_added", event_vendor="com.fjordandfell")
    publish_context(participant.signals, shop)
    found = published_context(participant.signals, NAME)
    assert found is not None
    assert found.model_dump()["events"] == recent_activity(shop).model_dump()["events"]


def test_publishing_for_another_event_leaves_what_somebody_changed(
    participant: Participant,
) -> None:
    fewer = recent_activity(PLAN).model_copy(update={"events": recent_activity(PLAN).events[:3]})
    participant.signals.publish([fewer])
    publish_context(participant.signals, replace(PLAN, event="a", event_vendor="com.acme"))
    found = published_context(participant.signals, NAME)
    assert found is not None and len(found.events) == 3


def test_unpublished_context_answers_nothing_and_comes_back_as_it_was(
    participant: Participant,
) -> None:
    changed = recent_activity(PLAN).model_copy(update={"prompt": "Be kind."})
    participant.signals.publish([changed])
    unpublish_context(participant.signals, PLAN)
    with pytest.raises(SignalsAPIError):
        read_context(participant.signals, participant.session.known, NAME)
    publish_context(participant.signals, PLAN)
    again = read_context(participant.signals, participant.session.known, NAME)
    assert again.prompt == "Be kind."


def test_cleaning_up_deletes_it_unless_somebody_else_made_it(participant: Participant) -> None:
    assert delete_context(participant.signals, PLAN) == []
    assert published_context(participant.signals, NAME) is None
    theirs = recent_activity(PLAN).model_copy(update={"description": "Ours."})
    participant.signals.publish([theirs])
    assert delete_context(participant.signals, PLAN) == [NAME]
    assert published_context(participant.signals, NAME) is not None
    participant.signals.unpublish([theirs])
    participant.signals.delete([theirs])


def test_context_of_somebody_else_is_not_touched_where_others_define_too(
    participant: Participant,
) -> None:
    signals = participant.signals
    theirs = recent_activity(PLAN).model_copy(update={"description": "Ours."})
    signals.publish([theirs])
    unpublish_context(signals, PLAN, is_shared=True)
    found = published_context(signals, NAME)
    assert found is not None and found.is_published

    signals.unpublish([theirs])
    with pytest.raises(SomebodyElses, match="recent_activity is somebody else's"):
        publish_context(signals, PLAN, is_shared=True)
    found = published_context(signals, NAME)
    assert found is not None and not found.is_published


def test_context_that_is_not_published_is_unknown(world: World) -> None:
    participant = world.join()
    with pytest.raises(SignalsAPIError) as refused:
        read_context(participant.signals, participant.session.known, NAME)
    assert refused.value.status_code == 404
