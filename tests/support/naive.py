"""Aggregations recomputed naively over all events of a window, in order of arrival."""

import math
from fractions import Fraction
from typing import Any

import orjson

NO_PROPERTY = {"counter", "time_since_last", "time_since_first"}
NUMERIC = {"sum", "min", "max", "mean"}
HOSTILE = [None, {}, {"a": 1}, [], ["a"], math.nan, math.inf, 2**63, -(2**63) - 1, 10**400]
HOSTILE += ["\ud800", "a\x00b"]
SCALARS = ["a", "b", "c", "é😀", "", "1", "true", 1, 1.0, 2, 2.5, True, False, 0, -0.0, 0.1, 1e16]
SCALARS += [2**63 - 1, -(2**63), 1.7e308, -1.7e308, 5e-324]

Events = list[tuple[Any, int]]


def usable(name: str, value: Any) -> bool:
    if name in NO_PROPERTY:
        return True
    if isinstance(value, str):
        return name not in NUMERIC and value not in ("\ud800", "a\x00b")
    if isinstance(value, bool):
        return name not in NUMERIC
    if isinstance(value, int):
        return -(2**63) <= value <= 2**63 - 1
    return isinstance(value, float) and math.isfinite(value)


def identity(value: Any) -> tuple[str, Any]:
    """The same for equal values; a boolean never equals a number."""
    if isinstance(value, str):
        return ("str", value)
    return ("bool", value) if isinstance(value, bool) else ("number", value)


def json_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
    return orjson.dumps(int(value) if whole else value).decode()


def naive_sum(values: list[Any]) -> Any:
    total = sum(map(Fraction, values))
    if total.denominator == 1 and -(2**63) <= total < 2**63:
        return int(total)
    try:
        return float(total)
    except OverflowError:
        return None


def latest_of(events: Events, value: Any) -> int:
    return max(tstamp for other, tstamp in events if identity(other) == identity(value))


def frequencies(events: Events) -> dict[tuple[str, Any], int]:
    counts: dict[tuple[str, Any], int] = {}
    for value, _ in events:
        counts[identity(value)] = counts.get(identity(value), 0) + 1
    return counts


def by_frequency(events: Events) -> list[Any]:
    """The distinct values, the most frequent first; of several, the most recently seen."""
    counts = frequencies(events)
    distinct = {identity(value): value for value, _ in events}.values()
    return sorted(
        distinct, key=lambda v: (-counts[identity(v)], -latest_of(events, v), json_text(v))
    )


def naive_least_frequent(events: Events, limit: int) -> Any:
    counts, read = frequencies(events), by_frequency(events)[:limit]
    fewest = min(counts[identity(value)] for value in read)
    return next(value for value in read if counts[identity(value)] == fewest)


def as_texts(events: Events) -> Events:
    return [(v if isinstance(v, str) else json_text(v), tstamp) for v, tstamp in events]


def naive_category_count(events: Events, limit: int) -> dict[str, int]:
    texts = as_texts(events)
    counts = frequencies(texts)
    return {text: counts[identity(text)] for text in by_frequency(texts)[:limit]}


def naive_unique_list(events: Events, limit: int) -> list[Any]:
    # A stable sort keeps the order of arrival among equal times.
    by_time = [value for value, tstamp in sorted(events, key=lambda event: event[1])]
    distinct: list[Any] = []
    for value in reversed(by_time):
        if identity(value) not in map(identity, distinct):
            distinct.append(value)
    return distinct[:limit][::-1]


def naive(name: str, events: Events, now: int, limit: int = 100) -> Any:
    """The value of an aggregation over `events`, (value, tstamp) in order of arrival."""
    events = [(value, tstamp) for value, tstamp in events if usable(name, value)]
    if not events:
        return None
    values, tstamps = [value for value, _ in events], [tstamp for _, tstamp in events]
    match name:
        case "counter":
            return len(events)
        case "sum":
            return naive_sum(values)
        case "mean":
            return float(sum(map(Fraction, values)) / len(values))
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "first":
            return values[tstamps.index(min(tstamps))]
        case "last":
            return values[::-1][tstamps[::-1].index(max(tstamps))]
        case "time_since_first":
            return max(0, now - min(tstamps)) / 1_000
        case "time_since_last":
            return max(0, now - max(tstamps)) / 1_000
        case "most_frequent":
            return by_frequency(events)[0]
        case "least_frequent":
            return naive_least_frequent(events, limit)
        case "category_count":
            return naive_category_count(events, limit)
        case "approx_count_distinct":
            return min(limit, len(frequencies(events)))
        case "unique_list":
            return naive_unique_list(events, limit)
    raise AssertionError(name)


def typed(value: Any) -> Any:
    """A form in which true does not equal 1, as it does in Python, and order counts."""
    if isinstance(value, dict):
        return list(value.items())
    return list(map(identity, value)) if isinstance(value, list) else identity(value)
