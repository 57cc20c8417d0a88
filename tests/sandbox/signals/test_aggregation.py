"""What all aggregations share: the edges of the window, unusable values, and stored state."""

from typing import Any

import orjson
import pytest

from lib.sandbox.signals.aggregation import as_float
from lib.sandbox.signals.aggregations import AGGREGATIONS, Counter
from tests.support.naive import HOSTILE, NO_PROPERTY
from tests.support.replay import PERIOD, read_after


@pytest.mark.parametrize("name", AGGREGATIONS)
@pytest.mark.parametrize("period", [None, PERIOD])
def test_empty_aggregation_has_no_value(name: str, period: int | None) -> None:
    empty = AGGREGATIONS[name](period)
    assert empty.read(now=0) is None
    assert AGGREGATIONS[name].from_state(empty.state(), period).read(now=0) is None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_an_event_exactly_one_period_old_is_not_counted(name: str) -> None:
    assert read_after(name, [(1, 90)], now=100, period=10) is None
    assert read_after(name, [(1, 91)], now=100, period=10) is not None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_value_expires_without_another_event(name: str) -> None:
    aggregation = AGGREGATIONS[name](10)
    aggregation.add(1, tstamp=100, now=100)
    assert aggregation.read(now=109) is not None
    assert aggregation.read(now=110) is None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_an_event_from_the_future_counts_at_once(name: str) -> None:
    assert read_after(name, [(1, 10_000)], now=100, period=10) is not None


@pytest.mark.parametrize("name", sorted(set(AGGREGATIONS) - NO_PROPERTY))
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_unusable_value_changes_nothing(name: str, value: Any) -> None:
    aggregation = AGGREGATIONS[name](10)
    aggregation.add(value, tstamp=100, now=100)
    assert aggregation.read(now=100) is None


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_stored_total_is_the_count_the_exact_total_and_the_window(name: str) -> None:
    """Existing databases hold this form, so it must not change."""
    scores = AGGREGATIONS[name](10)
    for tstamp, value in [(90, 4), (95, 0.5), (98, 2)]:
        scores.add(value, tstamp, now=98)
    assert scores.state() == [3, "13/2", [[90, 5, 3], [4, 0.5, 2]]]
    scores.read(now=100)
    assert scores.state() == [2, "5/2", [[95, 3], [0.5, 2]]]


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_without_a_period_the_state_does_not_grow_with_the_events(name: str) -> None:
    aggregation = AGGREGATIONS[name]()
    sizes = []
    for i in range(20_000):
        aggregation.add(i % 50 + 0.5, tstamp=i * 7919 % 20_000, now=20_000)
        if i in (1_000, 19_999):
            sizes.append(len(orjson.dumps(aggregation.state())))
    assert sizes[1] < sizes[0] * 1.2 + 20


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_memory_is_bounded_by_the_window(name: str) -> None:
    aggregation = AGGREGATIONS[name](10)
    for now in range(5_000):
        aggregation.add(now % 3, tstamp=now, now=now)
    assert len(orjson.dumps(aggregation.state())) < 150


def test_clock_that_is_set_back_breaks_nothing() -> None:
    tasks = Counter(10)
    tasks.add(None, tstamp=100, now=100)
    tasks.add(None, tstamp=50, now=50)
    assert tasks.read(now=50) == 2


def test_number_beyond_a_float_is_no_value() -> None:
    assert (as_float(2**1023), as_float(2**1024)) == (2.0**1023, None)
