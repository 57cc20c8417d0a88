"""Plotly figures of one user's attribute values over time: from data to figure, no Streamlit.

No figure has a title: the page has the headings. No figure can be dragged: on a phone, a swipe that
begins on a chart scrolls the page. Streamlit redraws a chart with each change, which would undo
Plotly's own zoom anyway.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from lib.charts.counts_chart import are_counts, counts_chart
from lib.charts.drawings import NOTHING, NUMBERS, STATES, Drawing, span_trace
from lib.charts.durations import duration_drawing, duration_words
from lib.charts.figure import LEGEND, Part, figure, grid, note, still_layout
from lib.charts.lists import LISTS, are_lists
from lib.charts.style import (
    DARK,
    LIGHT,
    Colors,
    hover,
    plain_text,
    shortened,
    time_text,
)
from lib.snowplow.criteria import is_number
from lib.studio.thresholds import Threshold
from lib.world.history import Mark, Reading, Run, value_runs
from lib.world.watched import UNIT_SECONDS

HEIGHT = 280
MAX_EVENTS = 500
MAX_INTERVENTIONS = 20
MAX_NAMES = 3
SHORTEST_SPAN = timedelta(seconds=20)


def attribute_chart(
    name: str,
    readings: Sequence[Reading],
    marks: Sequence[Mark],
    *,
    now: datetime,
    thresholds: Sequence[Threshold] = (),
    unit: str = "",
    dark: bool = False,
    span: timedelta | None = None,
    height: int = HEIGHT,
) -> go.Figure | None:
    """One attribute over time, up to `now` (UTC, aware), with what happened on the time axis; None
    if a chart cannot show such values.

    All times are by the clock that Signals uses. `readings` are in order of time. `unit` is the
    unit of a time since an event. `span` is how much of the time before `now` to show, None for all
    of it. Show it with `theme=None`: it has its own colors.
    """
    colors = DARK if dark else LIGHT
    runs = value_runs(name, readings, now)
    values = [run.value for run in runs if run.value is not None]
    if values and are_counts(values):
        return counts_chart(name, runs, colors, height)
    draw = _drawing(values, unit)
    if draw is None:
        return None
    start, end = _span(runs, marks, now)
    data = [
        span_trace(start, end),
        *_gap_traces(runs, readings, colors),
        *draw.traces(runs, thresholds, (start, end), colors),
        *_mark_traces(marks, colors),
    ]
    layout = _layout(name, colors, height, draw.y_axis(runs, thresholds))
    if span is not None and end - span > start:
        layout["xaxis"] |= {"range": [time_text(end - span), time_text(end)], "autorange": False}
    return figure(data, layout | _annotations(draw, runs))


def attribute_summary(
    name: str,
    readings: Sequence[Reading],
    *,
    thresholds: Sequence[Threshold] = (),
    unit: str = "",
) -> str:
    """The chart in a few sentences, for people who cannot see it."""
    values = [reading.values.get(name) for reading in readings]
    if all(value is None for value in values):
        return f"{name} over time: no value yet."
    last = values[-1]
    if unit and is_number(last):
        return f"{name} over time: it is now {duration_words(last, unit)}.{_lines(thresholds)}"
    changes = sum(before != after for before, after in zip(values, values[1:], strict=False))
    times = "once" if changes == 1 else f"{changes} times"
    said = "has no value now" if last is None else f"is now {shortened(last)}"
    return f"{name} over time: it changed {times} and {said}.{_lines(thresholds)}"


def _lines(thresholds: Sequence[Threshold]) -> str:
    return "".join(f" A line marks {each.rule}: {each.words}." for each in thresholds)


def _drawing(values: Sequence[Any], unit: str) -> Drawing | None:
    """How such values are drawn; None if they cannot be."""
    if not values:
        return NOTHING
    if all(is_number(value) for value in values):
        return duration_drawing(unit) if unit in UNIT_SECONDS else NUMBERS
    if are_lists(values):
        return LISTS
    return None if any(isinstance(value, list | dict) for value in values) else STATES


def _gap_traces(runs: Sequence[Run], readings: Sequence[Reading], colors: Colors) -> list[Part]:
    """Where there was no value: a dotted line at the bottom that says so. Time that was skipped by
    moving the clock has none, because nothing is known about it."""
    read_at = {reading.at for reading in readings}
    gaps = [run for run in runs if run.value is None and run.start in read_at]
    if not gaps:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "no value",
            "x": [at for run in gaps for at in (time_text(run.start), time_text(run.end), None)],
            "y": [0.015, 0.015, None] * len(gaps),
            "yaxis": "y2",
            "line": {"dash": "dot", "width": 3, "color": colors.muted},
            "hovertemplate": hover("no value"),
            "showlegend": len(gaps) < len(runs),
        }
    ]


def _span(runs: Sequence[Run], marks: Sequence[Mark], now: datetime) -> tuple[datetime, datetime]:
    """The times from the first reading or mark to now, never shorter than `SHORTEST_SPAN`."""
    end = max([now, *(mark.at for mark in marks), *(run.end for run in runs[-1:])])
    start = min([end, *(mark.at for mark in marks), *(run.start for run in runs[:1])])
    return min(start, end - SHORTEST_SPAN), end


def _mark_traces(marks: Sequence[Mark], colors: Colors) -> list[Part]:
    events = [mark for mark in marks if mark.kind == "event"][-MAX_EVENTS:]
    interventions = [mark for mark in marks if mark.kind == "intervention"][-MAX_INTERVENTIONS:]
    return [
        *([_event_trace(events, colors)] if events else []),
        *_intervention_traces(interventions, colors),
    ]


def _event_trace(events: Sequence[Mark], colors: Colors) -> Part:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [time_text(mark.at) for mark in events],
        "y": [0.03] * len(events),
        "yaxis": "y2",
        "marker": {"symbol": "triangle-up", "size": 11, "color": colors.muted},
        "customdata": [plain_text(mark.label) for mark in events],
        "hovertemplate": hover("event: %{customdata}"),
        "showlegend": False,
    }


def _intervention_traces(interventions: Sequence[Mark], colors: Colors) -> list[Part]:
    """One trace per name, so that the legend lists them; beyond `MAX_NAMES` they share one."""
    names = list(dict.fromkeys(mark.label for mark in interventions))
    groups = [([name], plain_text(name)) for name in names[:MAX_NAMES]]
    if others := names[MAX_NAMES:]:
        groups.append((others, "other interventions"))
    return [
        _intervention_trace([mark for mark in interventions if mark.label in group], name, colors)
        for group, name in groups
    ]


def _intervention_trace(interventions: Sequence[Mark], name: str, colors: Colors) -> Part:
    """One line from top to bottom for each, with gaps between them.

    The name is in the legend. Beside its line it would cover other lines, or be cut off at the edge
    of a narrow chart.
    """
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [time for mark in interventions for time in (*[time_text(mark.at)] * 2, None)],
        "y": [0.95, 0, None] * len(interventions),
        "yaxis": "y2",
        "line": {"width": 2, "color": colors.intervention},
        "marker": {
            # A line without a width is not a mark; the legend shows the first.
            "symbol": ["star", "line-ns", "line-ns"] * len(interventions),
            "size": 14,
            "color": colors.intervention,
        },
        "customdata": [plain_text(mark.label) for mark in interventions for _ in range(3)],
        "hovertemplate": hover("intervention: %{customdata}"),
        "showlegend": True,
    }


def _layout(name: str, colors: Colors, height: int, y_axis: Part) -> Part:
    return still_layout(colors, height) | {
        "margin": {"l": 56, "r": 16, "t": 16, "b": 8},
        "uirevision": name,
        "barmode": "overlay",
        "showlegend": True,
        # The legend shows a name that does not fit in its bar.
        "uniformtext": {"minsize": 12, "mode": "hide"},
        "legend": LEGEND,
        "xaxis": {
            "type": "date",
            "title": {"text": "time (UTC)" if height >= HEIGHT else "", "standoff": 8},
            "showgrid": False,
            "nticks": 4,  # as many as a phone has room for, side by side
            "tickangle": 0,
            "automargin": True,
            "fixedrange": True,
            **grid(colors),
        },
        "yaxis": {**grid(colors), **y_axis, "fixedrange": True},
        # Marks have their own scale, whatever the values are.
        "yaxis2": {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False},
    }


def _annotations(draw: Drawing, runs: list[Run]) -> Part:
    """Words in place of a drawing."""
    words = draw.note(runs)
    return {"annotations": [note(words)]} if words else {}
