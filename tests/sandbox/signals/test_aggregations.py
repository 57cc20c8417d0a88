"""Each aggregation against a plain recomputation over the raw events, and its edges by hand."""

from typing import Any, get_args
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snowplow_signals import Attribute

from lib.sandbox.signals.aggregation import Aggregation
from lib.sandbox.signals.aggregations import AGGREGATIONS, Counter
from lib.sandbox.signals.distinct_aggregations import (
    ApproxCountDistinct,
    CategoryCount,
    UniqueList,
)
from tests.support.naive import (
    HOSTILE,
    NO_PROPERTY,
    NUMERIC,
    SCALARS,
    Events,
    json_text,
    latest_of,
    naive,
    naive_category_count,
    typed,
    usable,
)

PERIOD = 10

steps = st.lists(
    st.tuples(
        st.sampled_from(HOSTILE + SCALARS * 2),
        st.integers(-PERIOD - 2, PERIOD + 2),  # of the event, relative to now
        st.integers(0, PERIOD // 2),  # by which the clock moves on before it
        st.booleans(),  # whether it is read in between
        st.booleans(),  # whether the aggregation goes to storage and back after it
    ),
    max_size=30,
)


def stored_and_restored(aggregation: Aggregation, time_unit: str | None) -> Aggregation:
    state = orjson.loads(orjson.dumps(aggregation.state()))
    assert state == aggregation.state()
    restored = type(aggregation).from_state(state, aggregation.period, time_unit)
    assert orjson.dumps(restored.state()) == orjson.dumps(state)
    return restored


def check(name: str, period: int | None, history: Any, limit: int = 100) -> None:
    """Replays a history and compares each time the clock has moved and each time one was added."""
    unit = "s" if name.startswith("time_since") else None
    aggregation, events, now = AGGREGATIONS[name](period, unit), [], 1_000

    def is_as_recomputed() -> bool:
        window = [event for event in events if period is None or event[1] > now - period]
        actual = aggregation.read(now)
        orjson.dumps(actual)
        return bool(typed(actual) == typed(naive(name, window, now, limit)))

    for value, offset, passed, reads_first, stores in history:
        now += passed
        assert not reads_first or is_as_recomputed()
        aggregation.add(value, now + offset, now)
        events.append((value, now + offset))
        if stores:
            aggregation = stored_and_restored(aggregation, unit)
        assert is_as_recomputed()


@pytest.mark.parametrize("period", [PERIOD, 1, None])
@pytest.mark.parametrize("name", AGGREGATIONS)
@settings(max_examples=150, deadline=None)
@given(history=steps)
def test_every_value_equals_a_recomputation_over_the_raw_events(
    name: str, period: int | None, history: Any
) -> None:
    check(name, period, history)


@pytest.mark.parametrize("period", [PERIOD, None])
@pytest.mark.parametrize("name", ["unique_list", "approx_count_distinct"])
@settings(max_examples=150, deadline=None)
@given(history=steps)
def test_beyond_its_limit_a_list_forgets_the_least_recently_seen(
    name: str, period: int | None, history: Any
) -> None:
    with patch.object(UniqueList, "limit", 3), patch.object(ApproxCountDistinct, "limit", 3):
        check(name, period, history, limit=3)


@settings(max_examples=150, deadline=None)
@given(history=steps)
def test_beyond_its_limit_a_count_replaces_the_least_frequent_category(history: Any) -> None:
    aggregation, now, kept = CategoryCount(PERIOD), 1_000, []
    with patch("lib.sandbox.signals.distinct_aggregations.MAX_CATEGORIES", 3):
        for value, offset, passed, *_ in history:
            now += passed
            aggregation.add(value, now + offset, now)
            kept = [event for event in kept if event[1] > now - PERIOD]
            if usable("category_count", value) and offset > -PERIOD:
                text = value if isinstance(value, str) else json_text(value)
                kept = without_weakest(kept, text, limit=3) + [(text, now + offset)]
            assert aggregation.read(now) == (naive_category_count(kept) or None)


def without_weakest(events: Events, text: str, limit: int) -> Events:
    counts = naive_category_count(events)
    if text in counts or len(counts) < limit:
        return events
    weakest = min(counts, key=lambda t: (counts[t], latest_of(events, t), json_text(t)))
    return [event for event in events if event[0] != weakest]


# Edges by hand


def read_after(name: str, events: Events, now: int = 100, period: int | None = None) -> Any:
    aggregation = AGGREGATIONS[name](period)
    for value, tstamp in events:
        aggregation.add(value, tstamp, now)
    return aggregation.read(now)


def test_the_table_holds_the_aggregations_of_the_sdk_and_which_need_a_property() -> None:
    assert set(AGGREGATIONS) == set(get_args(Attribute.model_fields["aggregation"].annotation))
    assert {name for name, cls in AGGREGATIONS.items() if not cls.needs_property} == NO_PROPERTY


@pytest.mark.parametrize("name", AGGREGATIONS)
@pytest.mark.parametrize("period", [None, PERIOD])
def test_what_has_seen_nothing_has_no_value(name: str, period: int | None) -> None:
    empty = AGGREGATIONS[name](period)
    assert empty.read(now=0) is None
    assert AGGREGATIONS[name].from_state(empty.state(), period).read(now=0) is None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_an_event_exactly_one_period_old_is_not_counted(name: str) -> None:
    assert read_after(name, [(1, 90)], now=100, period=10) is None
    assert read_after(name, [(1, 91)], now=100, period=10) is not None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_a_value_expires_on_reading_alone(name: str) -> None:
    aggregation = AGGREGATIONS[name](10)
    aggregation.add(1, tstamp=100, now=100)
    assert aggregation.read(now=109) is not None
    assert aggregation.read(now=110) is None


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_an_event_from_the_future_counts_at_once(name: str) -> None:
    assert read_after(name, [(1, 10_000)], now=100, period=10) is not None


@pytest.mark.parametrize("name", sorted(set(AGGREGATIONS) - NO_PROPERTY))
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_value_that_cannot_be_used_changes_nothing(name: str, value: Any) -> None:
    aggregation = AGGREGATIONS[name](10)
    aggregation.add(value, tstamp=100, now=100)
    assert aggregation.read(now=100) is None


@pytest.mark.parametrize("name", sorted(NUMERIC))
@pytest.mark.parametrize("value", ["5", True, False])
def test_text_and_booleans_are_not_numbers(name: str, value: Any) -> None:
    assert read_after(name, [(value, 1)]) is None


def test_on_equal_times_the_order_of_arrival_decides() -> None:
    events = [("a", 5), ("b", 5), ("c", 5)]
    assert read_after("first", events) == "a"
    assert read_after("last", events) == "c"
    assert read_after("unique_list", [*events, ("a", 5)]) == ["b", "c", "a"]


def test_an_older_duplicate_that_comes_late_does_not_move_a_value_back() -> None:
    assert read_after("unique_list", [("a", 1), ("b", 2), ("a", 3), ("a", 0)]) == ["b", "a"]


def test_first_falls_back_to_the_next_event_when_the_earliest_expires() -> None:
    plans = AGGREGATIONS["first"](10)
    plans.add("free", tstamp=1, now=5)
    plans.add("pro", tstamp=5, now=5)
    assert [plans.read(10), plans.read(11), plans.read(15)] == ["free", "pro", None]


def test_first_and_last_keep_the_value_as_it_came() -> None:
    for name in ("first", "last"):
        for value in (1, 1.0, True, "1"):
            (kept,) = [read_after(name, [(value, 1)])]
            assert (type(kept), kept) == (type(value), value)


def test_one_and_one_point_zero_are_one_value_and_true_is_another() -> None:
    events = [(1, 1), (1.0, 2), (True, 3), ("1", 4)]
    assert read_after("approx_count_distinct", events) == 3
    assert list(map(repr, read_after("unique_list", events))) == ["1", "True", "'1'"]
    assert read_after("category_count", events) == {"1": 3, "true": 1}


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


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_stored_total_is_the_count_the_exact_total_and_the_window(name: str) -> None:
    """Databases hold this form, so it may not change."""
    scores = AGGREGATIONS[name](10)
    for tstamp, value in [(90, 4), (95, 0.5), (98, 2)]:
        scores.add(value, tstamp, now=98)
    assert scores.state() == [3, "13/2", [[90, 5, 3], [4, 0.5, 2]]]
    scores.read(now=100)
    assert scores.state() == [2, "5/2", [[95, 3], [0.5, 2]]]


def test_time_since_is_fractional_in_its_unit_and_never_negative() -> None:
    for unit, expected in {"s": 5400.0, "min": 90.0, "h": 1.5, "d": 0.0625}.items():
        visits = AGGREGATIONS["time_since_last"](None, unit)
        visits.add(None, tstamp=0, now=0)
        assert visits.read(now=5_400_000) == expected
        assert visits.read(now=-1) == 0


def test_equally_frequent_values_are_told_apart_by_time_then_by_text() -> None:
    assert read_after("most_frequent", [("a", 2), ("b", 1)]) == "a"
    assert read_after("least_frequent", [("a", 1), ("b", 2)]) == "b"
    assert read_after("most_frequent", [("b", 1), ("a", 1)]) == "a"


def test_the_101st_category_takes_the_place_of_the_least_frequent() -> None:
    events: Events = [(f"page {i}", i) for i in range(100)] * 2
    events += [("page 1", 200), ("new", 201)]
    counted = read_after("category_count", events, now=300)
    assert len(counted) == 100
    assert (counted.get("page 0"), counted["page 1"], counted["new"]) == (None, 3, 1)


@pytest.mark.parametrize("too_late", [90, 89])
def test_an_event_already_outside_its_window_takes_no_place(too_late: int) -> None:
    pages = CategoryCount(10)
    for i in range(100):
        pages.add(f"page {i}", tstamp=100, now=100)
    pages.add("new", tstamp=too_late, now=100)
    assert pages.read(now=100) == {f"page {i}": 1 for i in range(100)}


def test_the_101st_distinct_value_pushes_the_least_recent_off_the_list() -> None:
    pages = [f"page {i}" for i in range(101)]
    assert read_after("unique_list", [(p, i) for i, p in enumerate(pages)]) == pages[1:]


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
def test_memory_holds_no_more_than_the_window(name: str) -> None:
    aggregation = AGGREGATIONS[name](10)
    for now in range(5_000):
        aggregation.add(now % 3, tstamp=now, now=now)
    assert len(orjson.dumps(aggregation.state())) < 150


@pytest.mark.parametrize("name", ["min", "max", "last", "time_since_last"])
def test_a_window_keeps_only_what_its_value_needs(name: str) -> None:
    aggregation = AGGREGATIONS[name](10_000)
    for now in range(1_000):
        aggregation.add(5, tstamp=now, now=now)
    assert len(orjson.dumps(aggregation.state())) < 30


def test_a_clock_set_back_breaks_nothing() -> None:
    tasks = Counter(10)
    tasks.add(None, tstamp=100, now=100)
    tasks.add(None, tstamp=50, now=50)
    assert tasks.read(now=50) == 2
