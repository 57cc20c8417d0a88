"""The journey of an event: each step, and where and why it stopped."""

import pytest

from lib.diagnosis.journey import journey, milliseconds, stops
from lib.snowplow.definitions import ATTRIBUTES
from lib.world.events import newest_task
from tests.support.event_worlds import (
    NOON,
    TASK_SCHEMA,
    an_event,
    broken,
    patience,  # noqa: F401 (a fixture)
    read,
    world,  # noqa: F401 (a fixture)
)
from tests.support.waiting import eventually
from tests.support.worlds import PLAN, complete


def test_the_journey_of_the_fifth_task_goes_from_the_tracker_to_the_page(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    assert eventually(lambda: participant.is_live)
    complete(participant, 5)
    event = newest_task(
        read(participant), participant.user_id, participant.own_event.current.schema
    )
    assert event is not None
    nudge = participant.seen.published.intervention
    assert participant.inbox[0].shown is None
    participant.note_shown(participant.inbox[0])
    steps = journey(event, participant.events.trace(event.event_id), participant.inbox, nudge)
    criteria = "power_user_nudge v1: false → true, by tasks_completed_count >= 5"
    assert [(each.name, each.detail) for each in steps] == [
        ("tracked", "on the device, by the tracker's clock"),
        ("received", "by the collector"),
        ("validated", "against its schemas"),
        ("attributes", "tasks_completed_count: 4 → 5"),
        ("criteria", criteria),
        ("delivered", "power_user_nudge v1 to 1 listener"),
        ("in the app", "the app received power_user_nudge"),
        ("shown", "a page showed power_user_nudge"),
    ]
    times = milliseconds(steps)
    assert times[0] == 0
    assert times == sorted(times)


def test_the_journey_of_an_earlier_task_ends_where_the_criteria_are_not_met(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    (event,) = read(participant)
    steps = journey(event, participant.events.trace(event.event_id), participant.inbox)
    attributes, criteria = (each.detail for each in steps[3:])
    changes = attributes.split(", ")
    assert [each.partition(": none → ")[0] for each in changes] == list(ATTRIBUTES)
    assert changes[:2] == [
        "tasks_completed_count: none → 1",
        "last_completed_task_priority: none → high",
    ]
    assert criteria == "power_user_nudge v1: false → false"


def test_the_journey_of_a_failed_event_ends_with_the_reason(world):
    participant = world.join()
    fate = broken(participant, "missing_field")
    (event,) = read(participant)
    steps = journey(event, participant.events.trace(fate.event_id))
    assert (steps[-1].name, steps[-1].detail) == (
        "failed",
        f'priority: "priority" is a required property ({TASK_SCHEMA})',
    )


def test_with_the_clock_moved_the_collectors_time_is_taken_from_the_trace():
    now = NOON.timestamp()
    stage = {"stage": "received", "tstamp": now, "collector_tstamp": int(1000 * now) + 86_400_000}
    (step,) = journey(an_event(), [stage])
    assert step.tstamp == NOON


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("delivered", "nudge v1 to 2 listeners"),
        ("held", "nudge v1 to 2 listeners, held until somebody listens"),
        ("lost", "nudge v1 to 2 listeners, lost because nobody listened"),
    ],
)
def test_the_journey_says_whether_an_intervention_was_delivered_held_or_lost(fate, words):
    stage = {
        "stage": "triggered",
        "tstamp": 0.0,
        "intervention_id": "i",
        "name": "nudge",
        "version": 1,
        "connections": 2,
        "fate": fate,
    }
    assert [each.detail for each in journey(an_event(), [stage])] == [words]


def test_an_event_that_changed_nothing_says_so():
    changes = [{"attribute": "a", "before": 1, "after": 1}]
    stage = {"stage": "attributes", "tstamp": 0.0, "changes": changes, "ignored": []}
    assert [each.detail for each in journey(an_event(), [stage])] == ["the values did not change"]
    assert stops([stage]) == []
