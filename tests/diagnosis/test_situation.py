"""What the app knows around an event: what was received, met, read and traced."""

from datetime import timedelta
from types import SimpleNamespace

from lib.diagnosis.situation import value_in_words
from lib.snowplow.definitions import COUNT, Published
from lib.world.polling import Seen
from tests.support.situations import (
    GROUP,
    NOON,
    NUDGE,
    Trace,
    missed,
    readings,
    received,
    seen_values,
    situation,
    stage,
)

UNPUBLISHED = SimpleNamespace(**{**vars(NUDGE), "is_published": False})


def test_an_intervention_that_was_unpublished_is_none():
    seen = Seen(Published(intervention=UNPUBLISHED))
    assert situation(seen=seen).intervention is None
    assert situation().intervention is NUDGE


def test_only_the_published_version_counts_as_received_or_missed():
    before = situation(received=[received(1)], missed=[missed(1)])
    assert (before.receipt, before.miss) == (None, None)
    after = situation(received=[received(1), received(2)], missed=[missed(1), missed(2)])
    assert (after.receipt, after.miss) == (received(2), missed(2))


def test_the_criteria_are_met_by_the_latest_values_and_were_by_those_before_the_event():
    crossed = seen_values(situation(), readings(4, 5))
    assert (crossed.is_met, crossed.was_met) == (True, False)
    again = seen_values(situation(), readings(5, 6))
    assert (again.is_met, again.was_met) == (True, True)
    fallen = seen_values(situation(), readings(5, 1))
    assert (fallen.is_met, fallen.was_met) == (False, True)


def test_whether_the_criteria_were_met_is_unknown_without_a_reading_before_the_event():
    assert situation().was_met is None
    assert situation(event=None, history=readings(5)).was_met is None


def test_criteria_that_the_values_do_not_tell_are_as_the_trace_has_them():
    evaluation = {"name": "nudge", "version": 2, "is_met": True, "was_met": False}
    trace = Trace([stage("criteria", evaluations=[evaluation])])
    assert situation(trace).is_met is True
    assert situation().is_met is None


def test_a_change_is_what_was_read_after_the_event_and_not_before():
    assert seen_values(situation(), readings(4, 4, 5)).change_read == (
        f"{COUNT}: 4 → 5, read at 12:00:01 UTC."
    )
    assert seen_values(situation(), readings(None, None, 1)).change_read == (
        f"{COUNT}: no value → 1, read at 12:00:01 UTC."
    )


def test_values_that_are_the_same_or_gone_are_no_change():
    for counts in ((4, 4, 4), (4, 4, None)):
        assert seen_values(situation(), readings(*counts)).change_read == ""


def test_what_was_read_before_the_event_or_in_its_millisecond_is_no_change():
    early = readings(4, 5, since=NOON - timedelta(seconds=5))
    assert seen_values(situation(), early).change_read == ""
    assert seen_values(situation(), readings(4, 5)).change_read == ""


def test_without_an_event_or_a_reading_there_is_no_change():
    assert situation(event=None, history=readings(4, 4, 5)).change_read == ""
    assert situation().change_read == ""


def test_the_trace_is_asked_for_once():
    trace = Trace([stage("received")])
    traced = situation(trace)
    assert traced.is_sandbox
    assert [traced.stages, traced.stages] == [trace.told, trace.told]
    assert (traced.stage("received"), traced.stage("failed")) == (stage("received"), {})
    assert trace.asked == 1


def test_without_an_event_or_a_sandbox_there_is_no_trace():
    trace = Trace([stage("received")])
    assert situation(trace, event=None).stages is None
    assert (situation().stages, situation().is_sandbox) == (None, False)
    assert (situation(Trace([])).stages, trace.asked) == (None, 0)


def test_changes_are_those_of_the_published_group():
    changes = [
        {"group": "group", "version": 1, "attribute": "a"},
        {"group": "group", "version": 2, "attribute": "a"},
        {"group": "other", "version": 1, "attribute": "a"},
    ]
    trace = Trace([stage("attributes", changes=changes)])
    assert situation(trace).changes == changes[:1]
    nothing = Seen(Published(group=None, intervention=NUDGE))
    assert situation(trace, seen=nothing).changes == []


def test_the_trigger_is_that_of_the_published_version():
    fired = [stage("triggered", name="nudge", version=each) for each in (1, 2)]
    assert situation(Trace(fired)).trigger == fired[1]
    assert situation(Trace(fired[:1])).trigger is None
    nothing = Seen(Published(group=GROUP, intervention=UNPUBLISHED))
    assert situation(Trace(fired), seen=nothing).trigger is None


def test_no_value_is_said_in_words():
    assert (value_in_words(None), value_in_words(0), value_in_words("high")) == (
        "no value",
        "0",
        "high",
    )
