"""Broken events: each stops where and why it should."""

import pytest

from lib.diagnosis.broken_events import MISTAKES, send_broken
from lib.diagnosis.journey import Stop
from tests.support.event_worlds import (
    TASK_SCHEMA,
    broken,
    own_world,  # noqa: F401 (a fixture)
    patience,  # noqa: F401 (a fixture)
    read,
    world,  # noqa: F401 (a fixture)
)
from tests.support.worlds import PLAN

STOPS = {
    "wrong_enum": (
        "validation",
        "priority",
        f'"urgent" is not one of "low", "medium" or "high" ({TASK_SCHEMA})',
    ),
    "missing_field": (
        "validation",
        "priority",
        f'"priority" is a required property ({TASK_SCHEMA})',
    ),
    "unknown_schema": (
        "validation",
        "schema",
        "task_finished is not in this Iglu. Did you mean task_started (1-0-0)?"
        " (iglu:com.example/task_finished/jsonschema/1-0-0)",
    ),
    "no_user_id": ("attributes", "user_id", "the event has no user_id"),
    "user_id_no_uuid": (
        "attributes",
        "user_id",
        "user_id is not a UUID, and Signals ignores values that are not",
    ),
}


def test_every_mistake_is_tested():
    assert list(STOPS) == list(MISTAKES)


@pytest.mark.parametrize("kind", STOPS)
def test_a_broken_event_stops_at_its_stage_for_its_field_and_reason(world, kind):
    participant = world.join()
    participant.definitions.publish(PLAN)
    fate = broken(participant, kind)
    assert (fate.state, fate.stops) == ("stopped", (Stop(*STOPS[kind]),))
    (event,) = read(participant)
    assert (event.event_id, event.outcome) == (
        fate.event_id,
        "failed" if STOPS[kind][0] == "validation" else "accepted",
    )
    participant.refresh()
    assert participant.seen.current["tasks_completed_count"] is None


def test_mistakes_are_made_with_the_event_that_the_cards_track(world):
    participant = world.join()
    participant.shown_profile.choose("webshop", for_everyone=True)
    participant.own_event.wait_for_schema()
    event = participant.own_event.current
    fate = broken(participant, "missing_field")
    assert [each.stage for each in fate.stops] == ["validation"]
    assert [each.schema for each in read(participant)] == [event.schema]
    assert MISTAKES["missing_field"].said_of(event).startswith("product_added without")


def test_before_anything_is_published_a_wrong_user_is_not_what_stops_an_event(world):
    reason = "no published attribute is computed from it: publish a group that counts it"
    assert broken(world.join(), "no_user_id").stops == (Stop("attributes", "", reason),)


def test_a_broken_event_waits_while_the_sandbox_is_stopped(own_world):
    participant = own_world.join()
    own_world.stop_sandbox()
    fate = broken(participant, "wrong_enum")
    assert (fate.state, fate.stops) == ("waits", ())


def test_on_snowplow_nobody_knows_where_a_broken_event_stopped(world):
    participant = world.join()
    assert (
        send_broken("wrong_enum", participant.tracking, participant.emitter, None).state
        == "unknown"
    )
