"""How values over time are drawn: numbers as steps, texts as states.

Times since an event are in `durations`, lists in `lists`.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lib.charts.figure import Part
from lib.charts.style import Colors, clock_text, hover, number_text, plain_text, time_text
from lib.studio.thresholds import Threshold
from lib.world.history import Run

MAX_STATES = 6
DASHES = ("dash", "dot", "dashdot", "longdash")

# The order of states, for words that have one.
KNOWN_ORDER = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True)
class Drawing:
    """How one kind of value is drawn: its traces, its y axis, and a note in their place."""

    traces: Callable[..., list[Part]]
    y_axis: Callable[[list[Run], Sequence[Threshold]], Part]
    note: Callable[[list[Run]], str]


def _number_traces(
    runs: list[Run],
    thresholds: Sequence[Threshold],
    span: tuple[datetime, datetime],
    colors: Colors,
) -> list[Part]:
    points = [point for run in runs for point in _step_points(run)]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [time_text(tstamp) for tstamp, _, _ in points],
        "y": [value for _, value, _ in points],
        "line": {"shape": "hv", "width": 3, "color": colors.line},
        "marker": {"size": [9 if marked else 0 for _, _, marked in points], "color": colors.line},
        "customdata": ["" if value is None else number_text(value) for _, value, _ in points],
        "hovertemplate": hover("%{customdata}"),
        "showlegend": False,
        "cliponaxis": False,
    }
    room = room_trace(top_of(runs, thresholds), span)
    lines = threshold_traces(thresholds, span, colors)
    return [room, line, *lines]  # a value right on a threshold does not hide it


def room_trace(top: float, span: tuple[datetime, datetime]) -> Part:
    """Invisible: it keeps the highest line below the stars of the interventions."""
    return {**span_trace(*span), "y": [0, top * 1.25], "yaxis": "y"}


def _step_points(run: Run) -> list[tuple[datetime, float | None, bool]]:
    """A mark where the value began, and the end of its step, so that a gap ends it in time."""
    if run.value is None:
        return [(run.start, None, False)]
    return [(run.start, run.value, True), (run.end, run.value, False)]


def threshold_traces(
    thresholds: Sequence[Threshold],
    span: tuple[datetime, datetime],
    colors: Colors,
    scale: float = 1,
) -> list[Part]:
    """A labelled line over the whole span for each. `scale` is what the axis multiplies by."""
    # Traces and not shapes, so that the axis makes room for them. Their labels are in the legend,
    # where no line can run through them.
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": plain_text(f"{each.rule}: {each.words}"),
            "x": [time_text(moment) for moment in span],
            "y": [each.value * scale] * 2,
            "line": {"dash": dash, "width": 2, "color": colors.threshold},
            "hoverinfo": "skip",
            "showlegend": True,
        }
        for dash, each in zip(itertools.cycle(DASHES), thresholds, strict=False)
    ]


def _number_axis(runs: list[Run], thresholds: Sequence[Threshold]) -> Part:
    are_all_whole = all(isinstance(run.value, int) for run in runs if run.value is not None)
    whole = {"dtick": _whole_step(top_of(runs, thresholds)), "tickformat": ",d"}
    return {"rangemode": "tozero", "zeroline": True, **(whole if are_all_whole else {})}


def top_of(runs: list[Run], thresholds: Sequence[Threshold], at_least: float = 1) -> float:
    """The highest number that a chart has to have room for."""
    values: list[float] = [run.value for run in runs if run.value is not None]
    return max([*values, *(each.value for each in thresholds), at_least])


def _whole_step(top: float) -> int:
    """The distance of whole-numbered ticks that gives about five up to `top`: 1, 2, 5, 10…"""
    magnitude = int(10 ** math.floor(math.log10(max(1.0, top / 6))))
    steps = [step * magnitude for step in (1, 2, 5, 10)]
    return next((step for step in steps if step >= top / 6), steps[-1])


def _state_traces(
    runs: list[Run],
    thresholds: Sequence[Threshold],
    span: tuple[datetime, datetime],
    colors: Colors,
) -> list[Part]:
    """One trace per state, so that the legend lists them; beyond MAX_STATES they share one."""
    states = _ordered_states(runs)
    named, others = states[:MAX_STATES], states[MAX_STATES:]
    places = [KNOWN_ORDER[state] for state in named] if set(named) <= set(KNOWN_ORDER) else None
    groups = [
        ([state], plain_text(state), colors.series[i])
        for i, state in zip(places or range(len(named)), named, strict=True)
    ]
    if others:
        groups.append((others, "other values", colors.muted))
    return [
        _state_trace([run for run in runs if _state(run.value) in group], label, color, colors)
        for group, label, color in groups
    ]


def _state_trace(runs: list[Run], label: str, color: str, colors: Colors) -> Part:
    texts = [plain_text(run.value) for run in runs]
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "base": [time_text(run.start) for run in runs],
        # On a time axis the length of a bar is in milliseconds.
        "x": [(run.end - run.start) / timedelta(milliseconds=1) for run in runs],
        "y": [0] * len(runs),
        "width": 0.5,
        "marker": {"color": color, "line": {"width": 0}},
        "text": texts,
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "inside",
        "textfont": {"color": colors.on_series, "size": 15},
        "customdata": [
            [text, clock_text(run.start)] for text, run in zip(texts, runs, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>since %{customdata[1]} UTC<extra></extra>",
        "showlegend": True,
    }


def _ordered_states(runs: list[Run]) -> list[str]:
    seen = list(dict.fromkeys(state for run in runs if (state := _state(run.value)) is not None))
    has_known_order = all(state in KNOWN_ORDER for state in seen)
    return sorted(seen, key=lambda state: KNOWN_ORDER[state]) if has_known_order else seen


def _state(value: Any) -> str | None:
    """The value as the name of a state; None for a gap. True and 1 are two states."""
    return None if value is None else value if isinstance(value, str) else str(value)


def _state_axis(runs: list[Run], thresholds: Sequence[Threshold]) -> Part:
    return {"range": [-0.75, 0.75], "fixedrange": True, "visible": False}


def _no_traces(*_: Any) -> list[Part]:
    return []


NUMBERS = Drawing(_number_traces, _number_axis, note=lambda runs: "")
STATES = Drawing(_state_traces, _state_axis, note=lambda runs: "")
NOTHING = Drawing(_no_traces, _state_axis, note=lambda runs: "No value yet")


def span_trace(start: datetime, end: datetime) -> Part:
    """Invisible: it widens the time axis without asking for a range."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [time_text(start), time_text(end)],
        "y": [0, 0],
        "yaxis": "y2",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
