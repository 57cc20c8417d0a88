"""The fourteen attribute aggregations, one small class each, all with the same methods.

`add` counts one event's value at its `derived_tstamp`, `read` returns the value at a given time,
`state` and `from_state` store and restore the aggregation. All times are milliseconds UTC. With a
`period`, an event counts while `tstamp > now - period`; the window has no end in the future
*(ours)*. Without one it counts forever, and memory does not grow with the number of events. Events
may come in any order; at equal times the order of arrival decides. A state can only be restored
with the period that it was stored with.

Unusable values change nothing: null, objects and arrays, text that JSON or SQLite cannot hold (lone
surrogates, NUL), integers beyond 64 bits, NaN and infinities. The numeric aggregations also ignore
text and booleans. 1 and 1.0 are the same value; true is a different one.

Differences from Snowplow's *(ours)*:
- `approx_count_distinct` is exact up to 10,000 values; above that, it forgets the least recently
  seen one.
- `most_frequent`, `least_frequent` and `category_count` count up to 500 distinct values, so that a
  new one can rise among the 100 that are read. A 501st makes the less frequent half be forgotten.
  Of equally frequent values the most recently seen wins; if that is a tie too, the one whose JSON
  text sorts first.

Source: https://docs.snowplow.io/docs/signals/attributes/
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction
from typing import Any, ClassVar

from lib.sandbox.signals.aggregation import (
    Aggregation,
    Exact,
    RunningAggregation,
    TimelineAggregation,
    as_float,
)
from lib.sandbox.signals.distinct_aggregations import (
    ApproxCountDistinct,
    CategoryCount,
    LeastFrequent,
    MostFrequent,
    UniqueList,
)
from lib.sandbox.signals.scalars import INT64, is_number
from lib.sandbox.signals.timelines import Moments


class Counter(Aggregation):
    """The number of events; None rather than 0 when there are none in the window.

    >>> tasks = Counter(period=60_000)
    >>> _ = tasks.add(None, tstamp=1_000, now=1_000)
    >>> tasks.read(now=60_999), tasks.read(now=61_000)
    (1, None)
    """

    needs_property = False

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._moments = Moments(self.windowed)

    def state(self) -> list[int]:
        return self._moments.state()

    def _restore(self, state: list[int]) -> None:
        self._moments.restore(state)

    def _accepts(self, value: Any) -> bool:
        return True

    def _take(self, value: Any, tstamp: int) -> None:
        self._moments.add(tstamp)

    def _drop(self, cutoff: int) -> None:
        self._moments.drop(cutoff)

    def _value(self, now: int) -> int | float | None:
        return self._moments.count or None

    def _since(self, tstamp: int, now: int) -> float:
        return max(0, now - tstamp) / self.ms_per_unit


class TimeSinceFirst(Counter):
    """Time from the earliest event to `now`, in `time_unit`, fractional, never negative.

    >>> visits = TimeSinceFirst(time_unit="min")
    >>> for tstamp in (60_000, 30_000):
    ...     _ = visits.add(None, tstamp, now=60_000)
    >>> visits.read(now=120_000)
    1.5
    """

    def _value(self, now: int) -> float | None:
        times = self._moments.times
        return self._since(times[0], now) if times else None


class TimeSinceLast(Counter):
    """Time from the latest event to `now`, in `time_unit`, fractional, never negative.

    >>> visits = TimeSinceLast(time_unit="h")
    >>> _ = visits.add(None, tstamp=0, now=0)
    >>> visits.read(now=5_400_000)
    1.5
    """

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._moments = Moments(windowed=False)  # the latest is the last to leave a window

    def _value(self, now: int) -> float | None:
        times = self._moments.times
        return self._since(times[-1], now) if times else None


class Sum(RunningAggregation):
    """The sum, exact in any order of events; an integer if it is whole and fits in 64 bits.

    >>> minutes = Sum()
    >>> for value in (1e100, 2, 0.5, -1e100):
    ...     _ = minutes.add(value, tstamp=0, now=0)
    >>> minutes.read(now=0)
    2.5
    """

    totals = ("_total",)
    _total: Exact = 0

    def _update(self, number: Exact) -> None:
        self._total += number

    def _revert(self, number: Exact) -> None:
        self._total -= number

    def _value(self, now: int) -> int | float | None:
        if not self._count:
            return None
        if self._total.denominator == 1 and int(self._total) in INT64:
            return int(self._total)
        return as_float(self._total)


class Mean(Sum):
    """The arithmetic mean, exact until its one rounding to a float.

    >>> scores = Mean()
    >>> for value in (1, 2):
    ...     _ = scores.add(value, tstamp=0, now=0)
    >>> scores.read(now=0)
    1.5
    """

    def _value(self, now: int) -> float | None:
        return float(Fraction(self._total) / self._count) if self._count else None


class Min(TimelineAggregation):
    """The smallest number. A window keeps only numbers that are smaller than all later ones.

    >>> prices = Min(period=100)
    >>> _ = prices.add(5, tstamp=10, now=10)
    >>> _ = prices.add(7, tstamp=20, now=20)
    >>> prices.read(now=20), prices.read(now=110)
    (5, 7)
    """

    sign: ClassVar[int] = 1

    def _accepts(self, value: Any) -> bool:
        return is_number(value)

    def _take(self, value: Any, tstamp: int) -> None:
        # Without a window no value ever leaves, so only the smallest is needed: all share one time.
        tstamp = tstamp if self.windowed else 0
        times, values = self._timeline.times, self._timeline.values
        rank, same_time = value * self.sign, bisect_left(times, tstamp)
        if same_time < len(times) and values[same_time] <= rank:
            return
        end = bisect_right(times, tstamp)
        self._timeline.cut(bisect_left(values, rank, 0, end), end)
        self._timeline.insert(tstamp, rank)

    def _value(self, now: int) -> int | float | None:
        values = self._timeline.values
        return values[0] * self.sign if values else None


class Max(Min):
    """The largest number, kept as the smallest of the negated ones.

    >>> prices = Max()
    >>> for value in (5, 7, 6):
    ...     _ = prices.add(value, tstamp=0, now=0)
    >>> prices.read(now=0)
    7
    """

    sign = -1


class First(TimelineAggregation):
    """The value of the earliest event; at equal times, the first to arrive.

    >>> plans = First()
    >>> _ = plans.add("pro", tstamp=20, now=20)
    >>> _ = plans.add("free", tstamp=10, now=30)
    >>> plans.read(now=30)
    'free'
    """

    def _take(self, value: Any, tstamp: int) -> None:
        self._timeline.insert(tstamp, value)
        if not self.windowed:
            self._timeline.cut(1)

    def _value(self, now: int) -> Any | None:
        return self._timeline.values[0] if self._timeline.values else None


class Last(First):
    """The value of the latest event; at equal times, the last to arrive.

    >>> priorities = Last()
    >>> _ = priorities.add("high", tstamp=20, now=20)
    >>> _ = priorities.add("low", tstamp=10, now=30)
    >>> priorities.read(now=30)
    'high'
    """

    def _take(self, value: Any, tstamp: int) -> None:
        self._timeline.insert(tstamp, value)
        self._timeline.cut(0, -1)  # the latest is the last to leave a window


AGGREGATIONS: dict[str, type[Aggregation]] = {
    "counter": Counter,
    "sum": Sum,
    "min": Min,
    "max": Max,
    "mean": Mean,
    "first": First,
    "last": Last,
    "most_frequent": MostFrequent,
    "least_frequent": LeastFrequent,
    "category_count": CategoryCount,
    "approx_count_distinct": ApproxCountDistinct,
    "unique_list": UniqueList,
    "time_since_last": TimeSinceLast,
    "time_since_first": TimeSinceFirst,
}
