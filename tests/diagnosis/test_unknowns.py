"""What cannot be known about an event: why not, and where to look."""

from dataclasses import replace

import pytest

from lib.diagnosis.checks import unknown
from lib.diagnosis.unknowns import (
    NO_TRACE,
    NOT_SENT,
    NOTHING_TRACKED,
    failures,
    in_console,
    untraced,
)
from tests.support.situations import EVENT, Trace, situation, stage


@pytest.mark.parametrize("state", ["sending", "waiting", "refused"])
def test_an_event_that_has_not_reached_the_collector_cannot_be_traced(state):
    unsent = situation(event=replace(EVENT, state=state))
    assert untraced(unsent) == in_console(unsent, "it counts", "Signals") == unknown(NOT_SENT)


def test_without_an_event_nothing_was_tracked():
    nothing = situation(event=None)
    assert untraced(nothing) == in_console(nothing, "it counts", "Signals")
    assert untraced(nothing) == unknown(NOTHING_TRACKED)


def test_an_event_without_a_trace_is_one_of_many():
    assert untraced(situation(Trace([]))) == unknown(
        NO_TRACE, "Complete another task. The newest events are kept."
    )


def test_what_snowplow_does_not_tell_is_in_console():
    assert in_console(situation(), "its fields are valid", "Data quality") == unknown(
        "On Snowplow, the app cannot see whether its fields are valid.",
        "In Console: Data quality.",
    )


def test_failures_are_those_of_the_trace():
    failed = [{"path": "$.priority", "message": "no", "schema": None}]
    assert failures(situation(Trace([stage("failed", failures=failed)]))) == failed
    assert failures(situation(Trace([stage("validated")]))) == failures(situation()) == []
