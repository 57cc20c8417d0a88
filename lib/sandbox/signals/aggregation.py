"""What all aggregations share: the verbs, the window, and what is let into it.

A new one takes what fits best: `Aggregation` alone; `TimelineAggregation`, which keeps values with
their times; or `RunningAggregation`, which keeps a running result and needs only to know how a
value is added and taken off again, as River's statistics do with `update` and `revert`.

Source of the idea: https://riverml.xyz/latest/api/stats/Mean/
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from lib.sandbox.signals.scalars import is_scalar
from lib.sandbox.signals.timelines import Timeline

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


class TimelineAggregation(Aggregation):
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


class RunningAggregation(TimelineAggregation):
    """A running result: `_update` adds a value, `_revert` takes it off as it leaves the window.

    `_result` and `_restore_result` take the running result to storage and back, as a list of plain
    JSON types.
    """

    def state(self) -> list[Any]:
        return [*self._result(), super().state()]

    def _restore(self, state: list[Any]) -> None:
        *result, timeline = state
        self._restore_result(result)
        super()._restore(timeline)

    def _take(self, value: Any, tstamp: int) -> None:
        self._update(value)
        if self.windowed:  # without one nothing is ever taken off again
            self._timeline.insert(tstamp, value)

    def _drop(self, cutoff: int) -> None:
        for value in self._timeline.drop(cutoff):
            self._revert(value)

    @abstractmethod
    def _update(self, value: Any) -> None: ...

    @abstractmethod
    def _revert(self, value: Any) -> None: ...

    @abstractmethod
    def _result(self) -> list[Any]: ...

    @abstractmethod
    def _restore_result(self, result: list[Any]) -> None: ...
