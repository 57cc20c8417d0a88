"""The strip says what happened to the last event, and nothing that is not known."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lib.diagnosis.strip import Facts, StripStage, strip
from lib.snowplow.definitions import COUNT
from lib.snowplow.publishing import Published
from lib.world.history import Change, last_change
from lib.world.participant import Participant
from tests.support.event_worlds import (
    broken,
    patience,  # noqa: F401 (a fixture)
)
from tests.support.sandbox import criterion, every, intervention
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import PLAN, World, running_world

NOTHING = Facts(None, (), None, None, Published(), None)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def published(world: World) -> Participant:
    participant = world.join()
    participant.definitions.publish(PLAN)
    participant.refresh()
    return participant


def facts(participant: Participant) -> Facts:
    participant.refresh()
    event = participant.newest_gesture
    return Facts(
        event,
        participant.events.trace(event.event_id) if event else (),
        last_change(COUNT, participant.newest_readings),
        participant.seen.current.get(COUNT),
        participant.seen.published,
        next(iter(participant.inbox), None),
    )


def without_times(stages: tuple[StripStage, ...]) -> list[tuple[str, str, str]]:
    return [(each.state, each.title, each.detail) for each in stages]


def test_before_anything_happened_every_stage_says_what_is_missing():
    assert without_times(strip(NOTHING)) == [
        ("idle", "No event yet", "What you do is tracked and shows here."),
        ("idle", "Nothing is counted", "The definitions are not published."),
        ("idle", "No rule", "The intervention is not published."),
        ("idle", "Not yet", "Sent once, when the rule becomes true."),
    ]


def test_what_was_counted_before_this_page_was_opened_is_no_lack_of_events():
    told = without_times(strip(replace(NOTHING, count=3.0)))
    assert told[0] == ("idle", "No new event", "What you do next shows here.")


def test_a_counted_event_says_from_what_to_what(published):
    published.complete_task("task-1")
    stages = strip(facts(published))
    assert without_times(stages) == [
        ("done", "task_completed", "accepted: priority high"),
        ("done", "0 → 1", COUNT),
        ("done", "1 of 5", "4 more to go"),
        ("idle", "Not yet", "Sent once, when the rule becomes true."),
    ]
    assert all(each.after is not None for each in stages[:2])


def test_the_fifth_makes_the_rule_true_and_delivers_the_nudge(published):
    for number in range(1, 6):
        published.complete_task(f"task-{number}")
    assert eventually(lambda: published.is_nudged)
    stages = strip(facts(published))
    assert without_times(stages)[1:] == [
        ("done", "4 → 5", COUNT),
        ("hit", "5 of 5", f"{COUNT} ≥ 5 became true"),
        ("hit", "Delivered", "power_user_nudge"),
    ]
    moments = [each.after for each in stages]
    assert None not in moments and moments == sorted(moments)


def test_the_event_after_the_nudge_says_that_it_came_before(published):
    for number in range(1, 7):
        published.complete_task(f"task-{number}")
    assert eventually(lambda: published.is_nudged)
    _, _, rule, nudge = without_times(strip(facts(published)))
    assert rule == ("hit", "6 of 5", f"{COUNT} ≥ 5 is true")
    assert (nudge[0], nudge[2]) == ("done", "Each user gets it once.")
    assert nudge[1].startswith("Delivered at ")


def test_a_failed_event_stops_at_the_field_and_changes_nothing(published):
    broken(published, "wrong_enum")
    event, value, *_ = without_times(strip(facts(published)))
    assert event[0] == "stopped"
    assert event[2].startswith('failed: priority: "urgent" is not one of')
    assert value == ("idle", "no value yet", COUNT)


def test_an_event_of_nobody_is_not_counted_and_says_why(published):
    broken(published, "no_user_id")
    value = strip(facts(published))[1]
    assert (value.state, value.detail) == ("stopped", "not counted: the event has no user_id")


def test_an_answer_to_a_nudge_shows_what_it_says_and_no_id(published):
    published.tracking.nudge_answered(str(uuid.uuid4()), "power_user_nudge", 1, "accepted")
    published.emitter.wait_until_sent(PATIENCE_SECONDS)
    event = strip(facts(published))[0]
    assert event.detail == "accepted: name power_user_nudge, version 1, action accepted"


def test_an_event_without_properties_is_said_to_be_accepted(published):
    published.tracking.tasks_filtered("done")
    published.emitter.wait_until_sent(PATIENCE_SECONDS)
    event = strip(facts(published))[0]
    assert (event.state, event.detail) == ("done", "accepted")


def test_an_event_that_nothing_is_computed_from_leaves_the_value(published):
    published.own_project.start("task-4")
    published.emitter.wait_until_sent(PATIENCE_SECONDS)
    value = strip(facts(published))[1]
    assert (value.state, value.detail) == (
        "idle",
        "No published attribute is computed from this event.",
    )


OTHERS = (
    {
        "stage": "attributes",
        "tstamp": 1.0,
        "ignored": [],
        "changes": [
            {"group": "work", "version": 1, "attribute": "minutes", "before": 1.5, "after": 2.25},
            {
                "group": "work",
                "version": 1,
                "attribute": "label",
                "before": None,
                "after": "a" * 30,
            },
        ],
    },
    {
        "stage": "criteria",
        "tstamp": 1.0,
        "evaluations": [{"name": "rest", "version": 1, "was_met": False, "is_met": True}],
    },
)


def test_what_other_definitions_made_of_the_event_is_shown(published):
    published.complete_task("task-1")
    known = replace(facts(published), trace=OTHERS)
    _, value, rule, _ = without_times(strip(known))
    assert value == ("done", "1.5 → 2.25", "minutes")
    assert rule == ("hit", "rest", "became true")


def test_so_it_is_where_the_story_is_not_published(published):
    published.complete_task("task-1")
    known = replace(facts(published), trace=OTHERS, published=Published())
    assert without_times(strip(known))[1:3] == [
        ("done", "1.5 → 2.25", "minutes"),
        ("hit", "rest", "became true"),
    ]


def test_a_rule_that_is_not_true_yet_is_named_where_the_story_is_not_published():
    evaluation = {"name": "rest", "version": 1, "was_met": False, "is_met": False}
    criteria = {"stage": "criteria", "tstamp": 1.0, "evaluations": [evaluation]}
    rule = without_times(strip(replace(NOTHING, trace=(criteria,))))[2]
    assert rule == ("idle", "rest", "It is not true yet.")


def test_a_value_of_text_starts_without_a_value_and_is_cut(published):
    published.complete_task("task-1")
    attributes = {**OTHERS[0], "changes": OTHERS[0]["changes"][1:]}
    value = strip(replace(facts(published), trace=(attributes,)))[1]
    assert value.title == f"no value → {'a' * 23}…"


def test_a_rule_of_the_story_that_asks_for_more_than_a_count_is_said(untraced):
    rule = intervention(
        every(criterion(f"g:{COUNT}", ">=", 3), criterion("g:p", "=", "high")), is_published=True
    )
    known = replace(untraced, published=replace(untraced.published, intervention=rule))
    assert without_times(strip(known))[2] == (
        "idle",
        "nudge",
        f'{COUNT} >= 3 and p = "high"',
    )


@pytest.fixture
def untraced(published: Participant) -> Facts:
    """What is known on Snowplow, where there are no traces."""
    published.complete_task("task-1")
    return replace(facts(published), trace=())


def test_without_a_trace_the_event_says_what_the_collector_did(untraced):
    event = strip(untraced)[0]
    assert (event.state, event.detail) == (
        "done",
        "priority high; accepted by the collector",
    )


@pytest.mark.parametrize(
    ("state", "shown", "words"),
    [
        ("sending", "busy", "being sent"),
        ("waiting", "busy", "waiting to be sent again: it cannot be reached"),
        ("refused", "stopped", "refused by the collector: it cannot be reached"),
    ],
)
def test_an_event_on_its_way_says_where_it_is(untraced, state, shown, words):
    reason = "" if state == "sending" else "it cannot be reached"
    event = replace(untraced.event, state=state, sent_at=None, reason=reason)
    stage = strip(replace(untraced, event=event))[0]
    assert (stage.state, stage.detail, stage.after) == (
        shown,
        f"priority high; {words}",
        None,
    )


def test_without_a_trace_the_value_is_the_one_that_was_read_after_the_event(untraced):
    assert without_times(strip(untraced))[1] == ("done", "0 → 1", f"{COUNT}, as read")
    earlier = untraced.event.tstamp - timedelta(seconds=1)
    old = replace(untraced, change=Change(earlier, 0, 1))
    assert without_times(strip(old))[1] == ("idle", "1", COUNT)


def test_a_rule_that_was_true_before_has_not_sent_anything_yet(untraced):
    waiting = replace(untraced, count=7)
    assert without_times(strip(waiting))[3] == (
        "busy",
        "Not here yet",
        "It is sent when the rule becomes true.",
    )
