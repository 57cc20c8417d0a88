"""Ordered times, and values ordered by time, as aggregations keep them."""

from array import array
from bisect import bisect_left, bisect_right, insort_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from lib.sandbox.signals.scalars import from_canonical


def deltas(times: Sequence[int]) -> list[int]:
    """The first of ascending times, then the differences: a third of the size as JSON."""
    return [later - earlier for earlier, later in pairwise([0, *times])]


class Moments:
    """Times in order, and their count. Unless `windowed`, only the first and latest are kept."""

    def __init__(self, windowed: bool) -> None:
        self.windowed = windowed
        self.count = 0
        self.times = array("q")

    def add(self, tstamp: int) -> None:
        self.count += 1
        if not self.times or tstamp >= self.times[-1]:
            self.times.append(tstamp)
        else:
            insort_right(self.times, tstamp)
        if not self.windowed and len(self.times) > 2:
            del self.times[1]

    def drop(self, cutoff: int) -> None:
        if self.times and self.times[0] <= cutoff:
            expired = bisect_right(self.times, cutoff)
            del self.times[:expired]
            self.count -= expired

    def state(self) -> list[int]:
        return [self.count, *deltas(self.times)]

    def restore(self, state: list[int]) -> None:
        self.count, self.times = state[0], array("q", accumulate(state[1:]))


class Timeline:
    """Values with their times, ordered by time, then by arrival."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.values: list[Any] = []

    def insert(self, tstamp: int, value: Any) -> None:
        position = bisect_right(self.times, tstamp)
        self.times.insert(position, tstamp)
        self.values.insert(position, value)

    def remove(self, tstamp: int, value: Any) -> None:
        position = self.values.index(value, bisect_left(self.times, tstamp))
        self.cut(position, position + 1)

    def cut(self, start: int, end: int | None = None) -> list[Any]:
        gone = self.values[start:end]
        del self.times[start:end], self.values[start:end]
        return gone

    def drop(self, cutoff: int) -> list[Any]:
        if not self.times or self.times[0] > cutoff:
            return []
        return self.cut(0, bisect_right(self.times, cutoff))

    def state(self) -> list[list[Any]]:
        return [deltas(self.times), list(map(from_canonical, self.values))]

    def restore(self, state: list[list[Any]]) -> None:
        self.times, self.values = list(accumulate(state[0])), list(state[1])
