"""Aggregations over distinct values: their limits, ties, and which values are equal."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from lib.sandbox.signals.distinct_aggregations import (
    ApproxCountDistinct,
    CategoryCount,
    UniqueList,
)
from tests.support.naive import (
    Events,
    json_text,
    latest_of,
    naive_category_count,
    usable,
)
from tests.support.replay import PERIOD, check, read_after, steps
from tests.support.size import HISTORIES


@pytest.mark.parametrize("period", [PERIOD, None])
@pytest.mark.parametrize("name", ["unique_list", "approx_count_distinct"])
@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_full_list_forgets_the_least_recently_seen(
    name: str, period: int | None, history: Any
) -> None:
    with patch.object(UniqueList, "limit", 3), patch.object(ApproxCountDistinct, "limit", 3):
        check(name, period, history, limit=3)


@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_full_count_replaces_the_least_frequent_category(history: Any) -> None:
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


def test_late_duplicate_does_not_move_a_value_back() -> None:
    assert read_after("unique_list", [("a", 1), ("b", 2), ("a", 3), ("a", 0)]) == ["b", "a"]


def test_one_equals_one_point_zero_but_not_true() -> None:
    events = [(1, 1), (1.0, 2), (True, 3), ("1", 4)]
    assert read_after("approx_count_distinct", events) == 3
    assert list(map(repr, read_after("unique_list", events))) == ["1", "True", "'1'"]
    assert read_after("category_count", events) == {"1": 3, "true": 1}


def test_ties_in_frequency_are_broken_by_time_then_by_text() -> None:
    assert read_after("most_frequent", [("a", 2), ("b", 1)]) == "a"
    assert read_after("least_frequent", [("a", 1), ("b", 2)]) == "b"
    assert read_after("most_frequent", [("b", 1), ("a", 1)]) == "a"


def test_101st_category_replaces_the_least_frequent() -> None:
    events: Events = [(f"page {i}", i) for i in range(100)] * 2
    events += [("page 1", 200), ("new", 201)]
    counted = read_after("category_count", events, now=300)
    assert len(counted) == 100
    assert (counted.get("page 0"), counted["page 1"], counted["new"]) == (None, 3, 1)


@pytest.mark.parametrize("too_late", [90, 89])
def test_event_outside_its_window_replaces_no_category(too_late: int) -> None:
    pages = CategoryCount(10)
    for i in range(100):
        pages.add(f"page {i}", tstamp=100, now=100)
    pages.add("new", tstamp=too_late, now=100)
    assert pages.read(now=100) == {f"page {i}": 1 for i in range(100)}


def test_101st_distinct_value_replaces_the_least_recently_seen() -> None:
    pages = [f"page {i}" for i in range(101)]
    assert read_after("unique_list", [(p, i) for i, p in enumerate(pages)]) == pages[1:]
