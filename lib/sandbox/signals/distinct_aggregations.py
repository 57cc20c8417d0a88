"""The aggregations over distinct values: which there are, how many, and how often each occurs.

The base classes are in `aggregation.py`; `aggregations.py` lists the differences from Snowplow's.
"""

from hashlib import blake2b
from typing import Any, ClassVar

import orjson

from lib.sandbox.limits import VALUES_TALLIED
from lib.sandbox.signals.aggregation import Aggregation, TimelineAggregation
from lib.sandbox.signals.scalars import canonical, from_canonical
from lib.sandbox.signals.timelines import Moments

MAX_CATEGORIES = 100
MAX_LISTED = 100
MAX_DISTINCT = 10_000


class UniqueList(TimelineAggregation):
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
        self._latest: dict[Any, int] = {}  # when each was last seen, as in the timeline

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
            [oldest] = self._timeline.cut(0, 1)
            self._revert(oldest)

    def _revert(self, value: Any) -> None:
        del self._latest[value]

    def _value(self, now: int) -> Any | None:
        return list(map(from_canonical, self._timeline.values)) or None


class ApproxCountDistinct(UniqueList):
    """The number of distinct values, counted exactly; an eight-byte hash is kept for each.

    >>> pages = ApproxCountDistinct()
    >>> for page in ("home", "pricing", "home"):
    ...     _ = pages.add(page, tstamp=0, now=0)
    >>> pages.read(now=0)
    2
    """

    limit = MAX_DISTINCT

    def _key(self, value: Any) -> int:
        text = orjson.dumps(from_canonical(canonical(value)))
        return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)

    def _value(self, now: int) -> int | None:
        return len(self._latest) or None


class CategoryCount(Aggregation):
    """How often each value occurs, by its text, the most frequent first; of 100 values.

    More are counted than are read, so that a new value can rise into the hundred. Beyond
    `VALUES_TALLIED`, the less important half is forgotten.

    >>> priorities = CategoryCount()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    {'high': 2, 'low': 1}
    """

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._seen: dict[Any, Moments] = {}
        self._oldest: int | None = None  # no time in `_seen` is earlier

    def state(self) -> list[Any]:
        return [[from_canonical(key), *moments.state()] for key, moments in self._seen.items()]

    def _restore(self, state: list[Any]) -> None:
        for value, *moments in state:
            self._moments_of(canonical(value)).restore(moments)
        self._oldest = self._oldest_time()

    def _key(self, value: Any) -> Any:
        value = from_canonical(canonical(value))
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def _moments_of(self, key: Any) -> Moments:
        return self._seen.setdefault(key, Moments(self.windowed))

    def _take(self, value: Any, tstamp: int) -> None:
        key = self._key(value)
        if key not in self._seen and len(self._seen) >= VALUES_TALLIED:
            self._forget_half()
        self._moments_of(key).add(tstamp)
        self._oldest = tstamp if self._oldest is None else min(self._oldest, tstamp)

    def _forget_half(self) -> None:
        kept = set(self._most_frequent(VALUES_TALLIED // 2))
        self._seen = {key: moments for key, moments in self._seen.items() if key in kept}
        self._oldest = self._oldest_time()

    def _drop(self, cutoff: int) -> None:
        if self._oldest is None or self._oldest > cutoff:
            return
        for moments in self._seen.values():
            moments.drop(cutoff)
        self._seen = {key: moments for key, moments in self._seen.items() if moments.count}
        self._oldest = self._oldest_time()

    def _oldest_time(self) -> int | None:
        return min((moments.times[0] for moments in self._seen.values()), default=None)

    def _rank(self, key: Any) -> tuple[int, int, bytes]:
        """By count, then by when it was last seen, then by its JSON text; the first is least."""
        moments = self._seen[key]
        return -moments.count, -moments.times[-1], orjson.dumps(from_canonical(key))

    def _most_frequent(self, count: int) -> list[Any]:
        return sorted(self._seen, key=self._rank)[:count]

    def _value(self, now: int) -> Any | None:
        return {key: self._seen[key].count for key in self._most_frequent(MAX_CATEGORIES)} or None


class MostFrequent(CategoryCount):
    """The most frequent value.

    >>> priorities = MostFrequent()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    'high'
    """

    def _key(self, value: Any) -> Any:
        return canonical(value)

    def _value(self, now: int) -> Any | None:
        return from_canonical(min(self._seen, key=self._rank)) if self._seen else None


class LeastFrequent(MostFrequent):
    """The least frequent of the 100 most frequent values.

    >>> priorities = LeastFrequent()
    >>> for priority in ("low", "high", "high"):
    ...     _ = priorities.add(priority, tstamp=0, now=0)
    >>> priorities.read(now=0)
    'low'
    """

    def _value(self, now: int) -> Any | None:
        read = self._most_frequent(MAX_CATEGORIES)
        if not read:
            return None
        fewest = self._seen[read[-1]].count
        return next(from_canonical(key) for key in read if self._seen[key].count == fewest)
