"""Times since an event: lines that climb with the clock, and drop when the event comes again.

They are read from time to time. In between they climb with the clock. If a later reading is lower,
it says how long before it the event came. An axis has the unit that fits its values.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from lib.charts.drawings import STATES, Drawing, room_trace, threshold_traces, top_of
from lib.charts.figure import Part
from lib.charts.style import Colors, hover, time_text
from lib.studio.thresholds import Threshold
from lib.text import duration_text
from lib.world.history import Run
from lib.world.watched import UNIT_SECONDS

AXIS_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
ENOUGH = 2  # of a unit, to use it for the axis

SIGNS = (("day", "d"), ("hour", "h"), ("minute", "min"), ("second", "s"))

Point = tuple[datetime, float | None]


def duration_drawing(unit: str) -> Drawing:
    """How the time since an event is drawn, in the unit that the attribute has."""
    seconds = UNIT_SECONDS[unit]

    def traces(
        runs: list[Run],
        thresholds: Sequence[Threshold],
        span: tuple[datetime, datetime],
        colors: Colors,
    ) -> list[Part]:
        _, size = _axis_unit(runs, thresholds, seconds)
        points = _points(runs, seconds)
        top = top_of(runs, thresholds, at_least=0) * seconds / size
        return [
            room_trace(max(top, 1), span),
            _line(points, unit, size, colors),
            *threshold_traces(thresholds, span, colors, seconds / size),
        ]

    def y_axis(runs: list[Run], thresholds: Sequence[Threshold]) -> Part:
        words, _ = _axis_unit(runs, thresholds, seconds)
        title = {"text": words, "standoff": 8}
        return {"rangemode": "tozero", "zeroline": True, "title": title, "automargin": True}

    return Drawing(traces, y_axis, note=STATES.note)


def duration_words(value: float, unit: str) -> str:
    """A time since an event for a person."""
    try:
        return duration_text(timedelta(seconds=value * UNIT_SECONDS[unit]))
    except (OverflowError, ValueError):
        return str(value)


def short_duration(value: float, unit: str) -> str:
    """The same, as short as possible.

    >>> short_duration(1.5, "d"), short_duration(0.01, "s")
    ('1 d 12 h', '0 s')
    """
    words = duration_words(value, unit)
    for name, sign in SIGNS:
        words = re.sub(rf"\b{name}s?\b", sign, words)
    return words


def _axis_unit(runs: list[Run], thresholds: Sequence[Threshold], seconds: int) -> tuple[str, int]:
    """The unit of the axis, and how many seconds it has."""
    top = top_of(runs, thresholds, at_least=0) * seconds
    return next((each for each in AXIS_UNITS if top >= ENOUGH * each[1]), AXIS_UNITS[-1])


def _points(runs: list[Run], seconds: int) -> list[Point]:
    """Where the line begins, drops and ends: each value when it was read, and what it had climbed
    to by the next reading."""
    points: list[Point] = []
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        points.append((run.start, run.value))
        if run.value is None:
            continue
        fell_at = _fell_at(following, seconds)
        end = run.end if fell_at is None else min(max(fell_at, run.start), run.end)
        climbed = run.value + (end - run.start).total_seconds() / seconds
        if following is None or following.value is None:
            points.append((end, climbed))
        elif climbed > following.value:
            points += [(end, climbed), (end, 0.0)]
    return points


def _fell_at(following: Run | None, seconds: int) -> datetime | None:
    """When the event came that a later reading counts from."""
    if following is None or following.value is None:
        return None
    try:
        return following.start - timedelta(seconds=following.value * seconds)
    except OverflowError:
        return None


def _line(points: list[Point], unit: str, size: int, colors: Colors) -> Part:
    values = [value for _, value in points]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [time_text(at) for at, _ in points],
        "y": [None if value is None else value * UNIT_SECONDS[unit] / size for value in values],
        "line": {"shape": "linear", "width": 3, "color": colors.line},
        "customdata": ["" if value is None else short_duration(value, unit) for value in values],
        "hovertemplate": hover("%{customdata}"),
        "showlegend": False,
        "cliponaxis": False,
    }
