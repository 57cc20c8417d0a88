"""What all aggregations share: the methods, the window, and which values count.

Derive a new aggregation from the most specific base class that fits: `RunningAggregation` if
totals can be updated with each number and reverted when it leaves the window, as River's statistics
do; `TimelineAggregation` if it needs the values in order of time; else `Aggregation`.

The idea of `update` and `revert`: https://riverml.xyz/latest/api/stats/Mean/
"""

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any, ClassVar, Self

from lib.sandbox.signals.scalars import is_number, is_scalar
from lib.sandbox.signals.timelines import Timeline

Exact = int | Fraction

MS_PER_UNIT = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Aggregation(ABC):
    """One attribute's value and its window; only `time_since_*` uses `time_unit`."""

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
        """Count an event's value, unless it is unusable or already outside its window.

        Returns whether it counted.
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
        """Everything needed to restore it, in plain JSON types."""

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


class TimelineAggregation(Aggregation):
    """It keeps values with their times, and reverts each that leaves the window."""

    def __init__(self, period: int | None = None, time_unit: str | None = None) -> None:
        super().__init__(period, time_unit)
        self._timeline = Timeline()

    def state(self) -> list[Any]:
        return self._timeline.state()

    def _restore(self, state: list[Any]) -> None:
        self._timeline.restore(state)

    def _drop(self, cutoff: int) -> None:
        times = self._timeline.times
        if times and times[0] <= cutoff:
            for value in self._timeline.drop(cutoff):
                self._revert(value)

    def _revert(self, value: Any) -> None:
        """Undo what a value did to the result. Nothing to do if the timeline is all there is."""


class RunningAggregation(TimelineAggregation):
    """A result that follows from running totals over numbers, each of them exact.

    `_update` adds a number to the totals and `_revert` takes it off again. `totals` names the
    attributes that hold them; each starts at 0 and is stored with the number of values.

    >>> class SumOfSquares(RunningAggregation):
    ...     totals = ("squares",)
    ...     squares: Exact = 0
    ...
    ...     def _update(self, number: Exact) -> None:
    ...         self.squares += number * number
    ...
    ...     def _revert(self, number: Exact) -> None:
    ...         self.squares -= number * number
    ...
    ...     def _value(self, now: int) -> float | None:
    ...         return as_float(self.squares) if self._count else None
    >>> scores = SumOfSquares(period=100)
    >>> for tstamp, score in [(10, 2), (20, 3)]:
    ...     _ = scores.add(score, tstamp, now=20)
    >>> scores.read(now=20), scores.read(now=110), scores.read(now=120)
    (13.0, 9.0, None)
    """

    totals: ClassVar[tuple[str, ...]]
    _count: int = 0

    def state(self) -> list[Any]:
        totals = [str(getattr(self, name)) for name in self.totals]
        return [self._count, *totals, super().state()]

    def _restore(self, state: list[Any]) -> None:
        self._count, *totals, timeline = state
        for name, text in zip(self.totals, totals, strict=True):
            total = Fraction(text)
            setattr(self, name, int(total) if total.denominator == 1 else total)
        super()._restore(timeline)

    def _accepts(self, value: Any) -> bool:
        return is_number(value)

    def _take(self, value: Any, tstamp: int) -> None:
        self._count += 1
        self._update(value if isinstance(value, int) else Fraction(value))
        if self.windowed:  # otherwise nothing is ever taken off again
            self._timeline.insert(tstamp, value)

    def _drop(self, cutoff: int) -> None:
        for value in self._timeline.drop(cutoff):
            self._count -= 1
            self._revert(value if isinstance(value, int) else Fraction(value))

    @abstractmethod
    def _update(self, number: Exact) -> None: ...

    @abstractmethod
    def _revert(self, number: Exact) -> None: ...


def as_float(number: Exact) -> float | None:
    """An exact number rounded once; None beyond what a float can hold."""
    try:
        return float(number)
    except OverflowError:
        return None
