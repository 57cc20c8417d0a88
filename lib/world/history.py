"""A user's history: readings of their attributes, and what happened.

A value is read far more often than it changes, so charts draw runs: a value and how long it held.
Nothing is kept here; `app_state` keeps it.

Times are this machine's, so that they can be compared with other times. The sandbox's clock can be
ahead of them: each entry knows by how much, and `at` is its time by that clock.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Any, Literal

from lib.snowplow.criteria import is_number
from lib.text import spreadsheet_text

MAX_POINTS = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """The attribute values that one read returned, and when (UTC, aware)."""

    tstamp: datetime
    values: dict[str, Any]
    ahead: timedelta = timedelta(0)

    @property
    def at(self) -> datetime:
        """Its time by the clock that Signals counts by."""
        return self.tstamp + self.ahead


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, to be marked on a chart's time axis (UTC, aware)."""

    tstamp: datetime
    kind: Literal["event", "intervention"]
    label: str
    ahead: timedelta = timedelta(0)

    @property
    def at(self) -> datetime:
        """Its time by the clock that Signals counts by."""
        return self.tstamp + self.ahead


@dataclass(frozen=True, slots=True)
class Run:
    """A value and how long it held: from its first reading to the next different one."""

    start: datetime
    end: datetime
    value: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A value that became another, and when that was seen (UTC, aware)."""

    tstamp: datetime
    before: Any
    after: Any


def last_change(name: str, newest_first: Iterable[Reading]) -> Change | None:
    """The last change of an attribute, including to no value; None if it never changed."""
    for later, earlier in pairwise(chain(newest_first, [None])):
        if later is None:
            return None
        value = later.values.get(name)
        before = earlier.values.get(name) if earlier is not None else None
        if not _same(before, value):
            return Change(later.tstamp, before, value)
    return None


def value_runs(name: str, readings: Sequence[Reading], now: datetime) -> list[Run]:
    """The readings of one attribute, with equal neighbors merged. The last one holds until now.

    `now` is by the clock that Signals counts by. A reading without the attribute is a gap, a value
    of None. So is time that was skipped by moving that clock. At most MAX_POINTS runs.
    """
    changes: list[tuple[Reading, Any]] = []
    for reading in readings:
        value = _drawable(reading.values.get(name))
        is_same = changes and _same(value, changes[-1][1])
        if not is_same or reading.ahead != changes[-1][0].ahead:
            changes.append((reading, value))
    runs: list[Run] = []
    for (reading, value), (following, _) in pairwise(changes):
        end = following.tstamp + reading.ahead
        runs.append(Run(reading.at, end, value))
        if following.at != end:
            runs.append(Run(end, following.at, None))
    runs += [Run(reading.at, max(now, reading.at), value) for reading, value in changes[-1:]]
    return _thinned(runs)


def _thinned(runs: list[Run]) -> list[Run]:
    """At most MAX_POINTS runs: the first, the last, and the lowest and highest of each stretch, so
    that every peak stays."""
    if len(runs) <= MAX_POINTS:
        return runs
    size = math.ceil((len(runs) - 2) / ((MAX_POINTS - 2) // 2))
    kept = [0, len(runs) - 1]
    for first in range(1, len(runs) - 1, size):
        stretch = range(first, min(first + size, len(runs) - 1))
        kept += {min(stretch, key=_rank(runs)), max(stretch, key=_rank(runs))}
    places = sorted(kept)
    ends = [runs[place].start for place in places[1:]] + [runs[-1].end]
    return [
        Run(runs[place].start, end, runs[place].value)
        for place, end in zip(places, ends, strict=True)
    ]


def _rank(runs: list[Run]) -> Callable[[int], float]:
    def rank(place: int) -> float:
        value = runs[place].value
        return value if is_number(value) else -math.inf

    return rank


def _drawable(value: Any) -> Any:
    """The value, or None if a chart cannot show it: NaN, infinite, beyond any float."""
    if is_number(value):
        try:
            return value if math.isfinite(value) else None
        except OverflowError:
            return None
    return value


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def history_csv(history: Sequence[Reading]) -> str:
    """A history as CSV: a row for each reading, the time in UTC."""
    names = sorted({name for reading in history for name in reading.values})
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)  # some spreadsheets split at semicolons
    writer.writerow(["time_utc", *map(spreadsheet_text, names)])
    for reading in history:
        values = [spreadsheet_text(reading.values.get(name)) for name in names]
        writer.writerow([reading.at.isoformat(), *values])
    return file.getvalue()
