"""Aggregations over distinct values: their limits, ties, and which values are equal."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from lib.sandbox.limits import VALUES_TALLIED
from lib.sandbox.signals.aggregations import AGGREGATIONS
from lib.sandbox.signals.distinct_aggregations import (
    ApproxCountDistinct,
    UniqueList,
)
from tests.support.naive import (
    Events,
    as_texts,
    by_frequency,
    identity,
    naive,
    typed,
    usable,
)
from tests.support.replay import PERIOD, check, read_after, steps, stored_and_restored
from tests.support.size import HISTORIES

TALLIES = ["category_count", "most_frequent", "least_frequent"]


@pytest.mark.parametrize("period", [PERIOD, None])
@pytest.mark.parametrize("name", ["unique_list", "approx_count_distinct"])
@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_full_list_forgets_the_least_recently_seen(
    name: str, period: int | None, history: Any
) -> None:
    with patch.object(UniqueList, "limit", 3), patch.object(ApproxCountDistinct, "limit", 3):
        check(name, period, history, limit=3)


@pytest.mark.parametrize("period", [PERIOD, None])
@pytest.mark.parametrize("name", TALLIES)
@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_the_most_frequent_values_are_read_of_all_that_are_counted(
    name: str, period: int | None, history: Any
) -> None:
    with patch("lib.sandbox.signals.distinct_aggregations.MAX_CATEGORIES", 3):
        check(name, period, history, limit=3)


@pytest.mark.parametrize("period", [PERIOD, None])
@pytest.mark.parametrize("name", TALLIES)
@settings(max_examples=HISTORIES, deadline=None)
@given(history=steps)
def test_beyond_what_is_counted_the_less_frequent_half_is_forgotten(
    name: str, period: int | None, history: Any
) -> None:
    module = "lib.sandbox.signals.distinct_aggregations"
    aggregation, now, kept = AGGREGATIONS[name](period), 1_000, []
    with patch(f"{module}.MAX_CATEGORIES", 3), patch(f"{module}.VALUES_TALLIED", 5):
        for value, offset, passed, _, stores in history:
            now += passed
            aggregation.add(value, now + offset, now)
            kept = [event for event in kept if period is None or event[1] > now - period]
            if usable(name, value) and (period is None or offset > -period):
                [event] = as_counted(name, [(value, now + offset)])
                kept = [*without_weaker_half(kept, event[0], limit=5), event]
            if stores:
                aggregation = stored_and_restored(aggregation, None)
            assert typed(aggregation.read(now)) == typed(naive(name, kept, now, limit=3))


def as_counted(name: str, events: Events) -> Events:
    return as_texts(events) if name == "category_count" else events


def without_weaker_half(events: Events, new: Any, limit: int) -> Events:
    ranked = list(map(identity, by_frequency(events)))
    if identity(new) in ranked or len(ranked) < limit:
        return events
    return [event for event in events if identity(event[0]) in ranked[: limit // 2]]


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


HUNDRED_TWICE: Events = [(f"page {i}", i) for i in range(100)] * 2


@pytest.mark.parametrize("period", [1_000, None])
def test_a_101st_category_seen_once_replaces_none_seen_twice(period: int | None) -> None:
    counted = read_after("category_count", [*HUNDRED_TWICE, ("new", 200)], 300, period)
    assert counted == {f"page {i}": 2 for i in range(100)}


@pytest.mark.parametrize("period", [1_000, None])
@pytest.mark.parametrize("times", [[200, 201, 202], [-1, -1, -1]])
def test_a_101st_category_rises_into_the_hundred_when_it_is_more_frequent(
    period: int | None, times: list[int]
) -> None:
    events = HUNDRED_TWICE + [("new", tstamp) for tstamp in times]
    counted = read_after("category_count", events, 300, period)
    assert counted == {"new": 3} | {f"page {i}": 2 for i in range(1, 100)}


def test_a_101st_value_is_the_least_frequent_only_of_the_hundred_that_are_read() -> None:
    hundred = [(f"page {i}", i) for i in range(100) for _ in range(2)]
    events = [*hundred, ("page 99", 200), ("new", 201)]
    assert read_after("least_frequent", events, 300) == "page 98"


def test_a_new_value_rises_among_more_values_than_are_counted() -> None:
    rare = [(f"search {i}", i) for i in range(10 * VALUES_TALLIED)]
    new = [("new", tstamp) for tstamp in range(0, 10 * VALUES_TALLIED, 100)]
    events = sorted([*rare, *new], key=lambda event: event[1])
    assert read_after("most_frequent", events, 10 * VALUES_TALLIED) == "new"
    assert read_after("category_count", events, 10 * VALUES_TALLIED)["new"] == len(new)


def test_101st_distinct_value_replaces_the_least_recently_seen() -> None:
    pages = [f"page {i}" for i in range(101)]
    assert read_after("unique_list", [(p, i) for i, p in enumerate(pages)]) == pages[1:]


def test_a_late_value_older_than_all_of_a_full_list_does_not_enter_it() -> None:
    pages = [(f"page {i}", i) for i in range(100)]
    assert read_after("unique_list", [*pages, ("late", -1)]) == [page for page, _ in pages]


def test_a_late_value_enters_a_full_list_where_it_was_seen() -> None:
    events = [(f"page {i}", i) for i in range(100)]
    names = [page for page, _ in events]
    listed = read_after("unique_list", [*events, ("late", 5)])
    assert listed == [*names[1:6], "late", *names[6:]]


def test_of_values_seen_at_the_same_time_a_full_list_forgets_the_first_to_arrive() -> None:
    pages = [f"page {i}" for i in range(102)]
    assert read_after("unique_list", [(page, 7) for page in pages]) == pages[2:]
