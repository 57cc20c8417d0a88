"""The fourteen attribute aggregations, one small class each, with the same verbs for all.

`add` takes one event's value and its `derived_tstamp`, `read` answers for a moment, `state` and
`from_state` take the aggregation to storage and back. All times are milliseconds UTC. With a
`period` an event counts while `tstamp > now - period`; the future end is open *(ours)*. Without one
it counts for good, and memory does not grow with the number of events. Events come in any order;
on equal times the order of arrival decides. A state belongs to the period it was taken with.

Values that cannot be used never change anything: null, objects and arrays, text that JSON or SQLite
could not hold (lone surrogates, NUL), integers beyond 64 bits, NaN and infinities; the numeric
aggregations also ignore text and booleans. 1 and 1.0 are one value, true is another.

Differs from the real thing *(ours)*:
- `approx_count_distinct` is exact up to 10,000 values; beyond, the least recently seen leaves.
- `most_frequent`, `least_frequent` and `category_count`: a 101st distinct value takes the place of
  the least frequent one (of equals, the least recent). Of equally frequent values the most recent
  is answered, and of those the first as JSON text.

Source: https://docs.snowplow.io/docs/signals/attributes/
"""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction
from hashlib import blake2b
from typing import Any, ClassVar, Self

import orjson

from lib.sandbox.signals.timelines import (
    INT64,
    Moments,
    Timeline,
    canonical,
    is_number,
    is_scalar,
    plain,
)

MAX_CATEGORIES = 100
MAX_LISTED = 100
MAX_DISTINCT = 10_000
MS_PER_UNIT = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Aggregation(ABC):
    """The window, and what is let into it. `time_unit` matters to `time_since_*` only."""

    needs_property: ClassVar[bool] = True

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        self.period = period
        self.windowed = period is not None
        self.ms_per_unit = MS_PER_UNIT[time_unit or "s"]

    @classmethod
    def from_state(
        cls, state: Any, period: int | None = None, time_unit: str | None = None
    ) -> Self:
        """The aggregation whose `state()` this was."""
        aggregation = cls(period, time_unit)
        aggregation._restore(state)
        return aggregation

    def add(self, value: Any, tstamp: int, now: int) -> bool:
        """Take in an event's value, unless it is unusable or already outside its window.

        Returns whether it was taken in.
        """
        if self.period is not None:
            cutoff = now - self.period
            if tstamp <= cutoff:
                return False
            self._drop(cutoff)
        is_accepted = self._accepts(value)
        if is_accepted:
            self._take(value, tstamp)
        return is_accepted

    def read(self, now: int) -> Any | None:
        """The value at `now`; None when there is none."""
        if self.period is not None:
            self._drop(now - self.period)
        return self._value(now)

    @abstractmethod
    def state(self) -> Any:
        """All there is to know, in plain JSON types."""

    @abstractmethod
    def _restore(self, state: Any) -> None: ...

    @abstractmethod
    def _take(self, value: Any, tstamp: int) -> None: ...

    @abstractmethod
    def _drop(self, cutoff: int) -> None: ...

    @abstractmethod
    def _value(self, now: int) -> Any | None: ...

    def _accepts(self, value: Any) -> bool:
        return is_scalar(value)


class _TimelineAggregation(Aggregation):
    """What those share that keep values with their times."""

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._timeline = Timeline()

    def state(self) -> list[Any]:
        return self._timeline.state()

    def _restore(self, state: list[Any]) -> None:
        self._timeline.restore(state)

    def _drop(self, cutoff: int) -> None:
        self._timeline.drop(cutoff)


class Counter(Aggregation):
    """The number of events; None, not 0, when none is left.

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
        self._moments = Moments(windowed=False)  # the latest leaves a window last of all

    def _value(self, now: int) -> float | None:
        times = self._moments.times
        return self._since(times[-1], now) if times else None


class Sum(_TimelineAggregation):
    """The sum, exact in any order of events; an integer if it is whole and fits in 64 bits.

    >>> minutes = Sum()
    >>> for value in (1e100, 2, 0.5, -1e100):
    ...     _ = minutes.add(value, tstamp=0, now=0)
    >>> minutes.read(now=0)
    2.5
    """

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._count = 0
        self._total: int | Fraction = 0

    def state(self) -> list[Any]:
        return [self._count, str(self._total), super().state()]

    def _restore(self, state: list[Any]) -> None:
        self._count, total = state[0], Fraction(state[1])
        self._total = int(total) if total.denominator == 1 else total
        super()._restore(state[2])

    def _accepts(self, value: Any) -> bool:
        return is_number(value)

    def _take(self, value: Any, tstamp: int) -> None:
        self._count += 1
        self._total += value if isinstance(value, int) else Fraction(value)
        if self.windowed:  # without one nothing is ever taken off again
            self._timeline.insert(tstamp, value)

    def _drop(self, cutoff: int) -> None:
        for value in self._timeline.drop(cutoff):
            self._count -= 1
            self._total -= value if isinstance(value, int) else Fraction(value)

    def _value(self, now: int) -> int | float | None:
        if not self._count:
            return None
        if self._total.denominator == 1 and int(self._total) in INT64:
            return int(self._total)
        try:
            return float(self._total)
        except OverflowError:
            return None


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


class Min(_TimelineAggregation):
    """The smallest number. A window keeps only those that are smaller than all later ones.

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
        # Without a window nothing ever leaves, as if all had happened at once: one value remains.
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


class First(_TimelineAggregation):
    """The value of the earliest event; of those at one time, the first to arrive.

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
    """The value of the latest event; of those at one time, the last to arrive.

    >>> priorities = Last()
    >>> _ = priorities.add("high", tstamp=20, now=20)
    >>> _ = priorities.add("low", tstamp=10, now=30)
    >>> priorities.read(now=30)
    'high'
    """

    def _take(self, value: Any, tstamp: int) -> None:
        self._timeline.insert(tstamp, value)
        self._timeline.cut(0, -1)  # the latest leaves a window last of all


class UniqueList(_TimelineAggregation):
    """The distinct values, the least recently seen first.

    >>> pages = UniqueList()
    >>> for tstamp, page in enumerate(["home", "pricing", "home"]):
    ...     _ = pages.add(page, tstamp, now=9)
    >>> pages.read(now=9)
    ['pricing', 'home']
    """

    limit: ClassVar[int] = MAX_LISTED

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._latest: dict[Any, int] = {}  # the timeline holds each value once, at this time

    def _restore(self, state: list[Any]) -> None:
        self._timeline.restore([state[0], list(map(canonical, state[1]))])
        self._latest = dict(zip(self._timeline.values, self._timeline.times, strict=True))

    def _key(self, value: Any) -> Any:
        return canonical(value)

    def _take(self, value: Any, tstamp: int) -> None:
        key = self._key(value)
        seen = self._latest.get(key)
        if seen is not None:
            if tstamp < seen:
                return
            self._timeline.remove(seen, key)
        self._latest[key] = tstamp
        self._timeline.insert(tstamp, key)
        if len(self._latest) > self.limit:
            self._forget(self._timeline.cut(0, 1))

    def _drop(self, cutoff: int) -> None:
        self._forget(self._timeline.drop(cutoff))

    def _forget(self, keys: Iterable[Any]) -> None:
        for key in keys:
            del self._latest[key]

    def _value(self, now: int) -> Any | None:
        return list(map(plain, self._timeline.values)) or None


class ApproxCountDistinct(UniqueList):
    """The number of distinct values, counted exactly; keeps eight bytes of hash for each.

    >>> pages = ApproxCountDistinct()
    >>> for page in ("home", "pricing", "home"):
    ...     _ = pages.add(page, tstamp=0, now=0)
    >>> pages.read(now=0)
    2
    """

    limit = MAX_DISTINCT

    def _key(self, value: Any) -> int:
        text = orjson.dumps(plain(canonical(value)))
        return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)

    def _value(self, now: int) -> int | None:
        return len(self._latest) or None


class CategoryCount(Aggregation):
    """How often each value was seen, as text, the most frequent first.

    >>> priorities = CategoryCount()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    {'high': 2, 'low': 1}
    """

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._seen: dict[Any, Moments] = {}
        self._oldest: int | None = None  # nothing expires before this

    def state(self) -> list[Any]:
        return [[plain(key), *moments.state()] for key, moments in self._seen.items()]

    def _restore(self, state: list[Any]) -> None:
        for value, *moments in state:
            self._moments_of(canonical(value)).restore(moments)
        self._oldest = self._oldest_time()

    def _key(self, value: Any) -> Any:
        value = plain(canonical(value))
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def _moments_of(self, key: Any) -> Moments:
        return self._seen.setdefault(key, Moments(self.windowed))

    def _take(self, value: Any, tstamp: int) -> None:
        key = self._key(value)
        if key not in self._seen and len(self._seen) >= MAX_CATEGORIES:
            del self._seen[min(self._seen, key=self._importance)]
        self._moments_of(key).add(tstamp)
        self._oldest = tstamp if self._oldest is None else min(self._oldest, tstamp)

    def _drop(self, cutoff: int) -> None:
        if self._oldest is None or self._oldest > cutoff:
            return
        for moments in self._seen.values():
            moments.drop(cutoff)
        self._seen = {key: moments for key, moments in self._seen.items() if moments.count}
        self._oldest = self._oldest_time()

    def _oldest_time(self) -> int | None:
        return min((moments.times[0] for moments in self._seen.values()), default=None)

    def _importance(self, key: Any) -> tuple[int, int, bytes]:
        moments = self._seen[key]
        return moments.count, moments.times[-1], orjson.dumps(plain(key))

    def _by_frequency(self, sign: int) -> list[Any]:
        def rank(key: Any) -> tuple[int, int, bytes]:
            count, latest, text = self._importance(key)
            return sign * count, -latest, text

        return sorted(self._seen, key=rank)

    def _value(self, now: int) -> Any | None:
        return {key: self._seen[key].count for key in self._by_frequency(-1)} or None


class MostFrequent(CategoryCount):
    """The value seen most often.

    >>> priorities = MostFrequent()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    'high'
    """

    sign: ClassVar[int] = -1

    def _key(self, value: Any) -> Any:
        return canonical(value)

    def _value(self, now: int) -> Any | None:
        ranked = self._by_frequency(self.sign)
        return plain(ranked[0]) if ranked else None


class LeastFrequent(MostFrequent):
    """The value seen least often.

    >>> priorities = LeastFrequent()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    'low'
    """

    sign = 1


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
