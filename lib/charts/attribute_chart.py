"""Plotly figures of one user's attribute values over time: from data to figure, no Streamlit.

No figure has a title: the page has the headings. No figure can be dragged: on a phone, a swipe that
begins on a chart scrolls the page. Streamlit redraws a chart with each change, which would undo
Plotly's own zoom in any case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import plotly.graph_objects as go

from lib.charts.drawings import Drawing, drawing_of, span_trace
from lib.charts.figure import Part, figure, grid, still_layout
from lib.charts.style import (
    DARK,
    LIGHT,
    Colors,
    hover,
    number_text,
    plain_text,
    shortened,
    time_text,
)
from lib.world.history import Mark, Reading, Run, value_runs

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
    threshold: float | None = None,
    dark: bool = False,
    span: timedelta | None = None,
) -> go.Figure:
    """One attribute over time, up to `now` (UTC, aware), with what happened on the time axis.

    All times are those of the clock that Signals counts by. `readings` are in order of time. `span`
    is how much of the time before `now` to show, None for all of it. Show it with `theme=None`: it
    brings its own colors.
    """
    colors = DARK if dark else LIGHT
    runs = value_runs(name, readings, now)
    draw = drawing_of(runs)
    start, end = _span(runs, marks, now)
    data = [
        span_trace(start, end),
        *draw.traces(runs, threshold, (start, end), colors),
        *_mark_traces(marks, colors),
    ]
    layout = _layout(name, colors, draw.y_axis(runs, threshold))
    if span is not None and end - span > start:
        layout["xaxis"] |= {"range": [time_text(end - span), time_text(end)], "autorange": False}
    return figure(data, layout | _annotations(draw, runs))


def attribute_summary(
    name: str, readings: Sequence[Reading], *, threshold: float | None = None
) -> str:
    """The chart in one sentence, for those who cannot see it."""
    values = [reading.values.get(name) for reading in readings]
    changes = sum(before != after for before, after in zip(values, values[1:], strict=False))
    if all(value is None for value in values):
        return f"{name} over time: no value yet."
    times = "once" if changes == 1 else f"{changes} times"
    line = "" if threshold is None else f" The nudge comes at {number_text(threshold)}."
    last = "has no value now" if values[-1] is None else f"is now {shortened(values[-1])}"
    return f"{name} over time: it changed {times} and {last}.{line}"


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
    """One trace a name, so that the legend lists them; beyond `MAX_NAMES` they share one."""
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


def _layout(name: str, colors: Colors, y_axis: Part) -> Part:
    return still_layout(colors, HEIGHT) | {
        "margin": {"l": 56, "r": 16, "t": 16, "b": 8},
        "uirevision": name,
        "barmode": "overlay",
        "showlegend": True,
        # The legend shows a name that does not fit in its bar.
        "uniformtext": {"minsize": 12, "mode": "hide"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "xaxis": {
            "type": "date",
            "title": {"text": "time (UTC)", "standoff": 8},
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
    note = draw.note(runs)
    return {"annotations": [_note(note)]} if note else {}


def _note(text: str) -> Part:
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.55,
        "font": {"size": 16},
    }
