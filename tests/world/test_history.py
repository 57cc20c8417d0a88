"""How a value changed, and how long it held, as told by the readings of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.world.history import MAX_POINTS, Change, Reading, Run, last_change, value_runs

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def readings(*values: Any) -> list[Reading]:
    """One reading a second; None is one without the attribute."""
    return [
        Reading(START + timedelta(seconds=second), {} if value is None else {"count": value})
        for second, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1,), Change(START, None, 1)),
        ((None, 1), Change(START + timedelta(seconds=1), None, 1)),
        ((1, 2), Change(START + timedelta(seconds=1), 1, 2)),
        ((1, 2, 2, 2), Change(START + timedelta(seconds=1), 1, 2)),
        ((2, 1, 2), Change(START + timedelta(seconds=2), 1, 2)),
        (("high", "low"), Change(START + timedelta(seconds=1), "high", "low")),
        ((1, True), Change(START + timedelta(seconds=1), 1, True)),
        ((1, None, None), Change(START + timedelta(seconds=1), 1, None)),
    ],
)
def test_last_change_is_from_the_last_other_value_when_the_new_one_was_first_seen(
    values: tuple[Any, ...], expected: Change
) -> None:
    assert last_change("count", reversed(readings(*values))) == expected


@pytest.mark.parametrize("values", [(), (None,), (None, None)])
def test_value_that_there_never_was_has_not_changed(values: tuple[Any, ...]) -> None:
    assert last_change("count", reversed(readings(*values))) is None


def test_true_and_one_are_not_the_same_value() -> None:
    assert value_runs("count", readings(True, 1), at(2)) == [
        Run(at(0), at(1), True),
        Run(at(1), at(2), 1),
    ]


def test_long_histories_are_thinned_without_losing_a_peak() -> None:
    values = [i % 2 for i in range(5000)]
    values[1234] = 99
    runs = value_runs("count", readings(*values), at(5000))
    assert len(runs) <= MAX_POINTS
    assert max(run.value for run in runs) == 99
    assert (runs[0].start, runs[-1].end) == (at(0), at(5000))


@given(st.lists(st.sampled_from([None, 1, 2, 2.5]), max_size=30))
def test_runs_say_the_same_as_the_readings(values: list[float | None]) -> None:
    runs = value_runs("count", readings(*values), at(len(values)))
    told = [run.value for i in range(len(values)) for run in runs if run.start <= at(i) < run.end]
    assert told == values


def test_time_that_was_skipped_when_the_clock_was_moved_is_a_gap() -> None:
    week = timedelta(days=7)
    history = [
        Reading(at(0), {"count": 3}),
        Reading(at(10), {"count": 3}, ahead=week),
        Reading(at(20), {"count": None}, ahead=week),
    ]

    assert value_runs("count", history, at(30) + week) == [
        Run(at(0), at(10), 3),
        Run(at(10), at(10) + week, None),
        Run(at(10) + week, at(20) + week, 3),
        Run(at(20) + week, at(30) + week, None),
    ]
