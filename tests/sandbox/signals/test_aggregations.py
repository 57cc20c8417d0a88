"""Each aggregation, compared with a naive recomputation over the raw events; and edge cases."""

from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, settings
from snowplow_signals import Attribute

from lib.sandbox.signals.aggregations import AGGREGATIONS
from tests.support.naive import NO_PROPERTY, NUMERIC
from tests.support.replay import PERIOD, check, read_after, steps
from tests.support.size import HISTORIES


@pytest.mark.parametrize("period", [PERIOD, 1, None])
@pytest.mark.parametrize("name", AGGREGATIONS)
@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_every_value_equals_a_recomputation_over_the_raw_events(
    name: str, period: int | None, history: Any
) -> None:
    check(name, period, history)


# Edge cases


def test_the_table_holds_the_aggregations_of_the_sdk_and_which_need_a_property() -> None:
    assert set(AGGREGATIONS) == set(get_args(Attribute.model_fields["aggregation"].annotation))
    assert {name for name, cls in AGGREGATIONS.items() if not cls.needs_property} == NO_PROPERTY


@pytest.mark.parametrize("name", sorted(NUMERIC))
@pytest.mark.parametrize("value", ["5", True, False])
def test_text_and_booleans_are_not_numbers(name: str, value: Any) -> None:
    assert read_after(name, [(value, 1)]) is None


def test_at_equal_times_the_order_of_arrival_decides() -> None:
    events = [("a", 5), ("b", 5), ("c", 5)]
    assert read_after("first", events) == "a"
    assert read_after("last", events) == "c"
    assert read_after("unique_list", [*events, ("a", 5)]) == ["b", "c", "a"]


def test_first_falls_back_to_the_next_event_when_the_earliest_expires() -> None:
    plans = AGGREGATIONS["first"](10)
    plans.add("free", tstamp=1, now=5)
    plans.add("pro", tstamp=5, now=5)
    assert [plans.read(10), plans.read(11), plans.read(15)] == ["free", "pro", None]


def test_first_and_last_keep_the_type_of_the_value() -> None:
    for name in ("first", "last"):
        for value in (1, 1.0, True, "1"):
            (kept,) = [read_after(name, [(value, 1)])]
            assert (type(kept), kept) == (type(value), value)


def test_a_sum_is_exact_whatever_the_order() -> None:
    assert read_after("sum", [(0.1, 1)] * 10) == 1.0
    assert read_after("sum", [(1e308, 1), (1e308, 2), (-1e308, 3), (3, 4)]) == 1e308
    assert read_after("sum", [(2**53, 1), (1, 2)]) == 2**53 + 1


def test_a_sum_that_overflows_has_no_value_and_its_mean_has() -> None:
    events = [(1.7e308, 1), (1.7e308, 2)]
    assert read_after("sum", events) is None
    assert read_after("mean", events) == 1.7e308


def test_a_whole_sum_is_an_integer_until_it_no_longer_fits() -> None:
    assert repr(read_after("sum", [(0.5, 1), (0.5, 2)])) == "1"
    assert repr(read_after("sum", [(2**63 - 1, 1), (1, 2)])) == repr(float(2**63))


def test_time_since_is_fractional_in_its_unit_and_never_negative() -> None:
    for unit, expected in {"s": 5400.0, "min": 90.0, "h": 1.5, "d": 0.0625}.items():
        visits = AGGREGATIONS["time_since_last"](None, unit)
        visits.add(None, tstamp=0, now=0)
        assert visits.read(now=5_400_000) == expected
        assert visits.read(now=-1) == 0


@pytest.mark.parametrize("name", ["min", "max", "last", "time_since_last"])
def test_a_window_keeps_only_what_its_value_needs(name: str) -> None:
    aggregation = AGGREGATIONS[name](10_000)
    for now in range(1_000):
        aggregation.add(5, tstamp=now, now=now)
    assert len(orjson.dumps(aggregation.state())) < 30
