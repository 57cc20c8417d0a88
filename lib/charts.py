"""Plotly figures of one user's attribute values over time: from data to figure, no Streamlit.

No figure has a title: the page has the headings. No figure asks for a range unless a part of the
time is chosen, because Streamlit draws a chart anew with each change and Plotly's own zoom would
not outlive that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from lib.chart_style import (
    DARK,
    LIGHT,
    Colors,
    hover,
    number_text,
    plain_text,
    shortened,
    time_text,
)
from lib.drawings import NUMBERS, Drawing, drawing_of, span_trace
from lib.history import Mark, Reading, Run, value_runs

HEIGHT = 280
MAX_EVENTS = 500
MAX_INTERVENTIONS = 20
SHORTEST_SPAN = timedelta(seconds=20)


def attribute_chart(
    name: str,
    readings: Sequence[Reading],
    marks: Sequence[Mark],
    *,
    now: datetime,
    threshold: float | None = None,
    dark: bool = False,
    zoom: tuple[str, str] | None = None,
) -> go.Figure:
    """One attribute over time, up to `now` (UTC, aware), with what happened on the time axis.

    All times are told by the clock that Signals counts by. `readings` are in order of time. `zoom`
    is the part of the time axis to show, as Plotly names times; dragging over the chart selects one
    instead of zooming, because Streamlit draws a chart anew with each change and would lose
    Plotly's own zoom. Show it with `theme=None`: it brings its own colours.
    """
    colors = DARK if dark else LIGHT
    runs = value_runs(name, readings, now)
    draw = drawing_of(runs)
    start, end = _span(runs, marks, now)
    figure = {
        "data": [
            span_trace(start, end),
            *draw.traces(runs, threshold, (start, end), colors),
            *_mark_traces(marks, (start, end), colors),
        ],
        "layout": _layout(name, colors, draw.y_axis(runs, threshold), zoom)
        | _annotations(draw, runs, threshold, colors),
    }
    # What is built here is what Plotly would make of it; checking it takes most of the time.
    return go.Figure(figure, _validate=False)


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


def _mark_traces(
    marks: Sequence[Mark], span: tuple[datetime, datetime], colors: Colors
) -> list[dict[str, Any]]:
    events = [mark for mark in marks if mark.kind == "event"][-MAX_EVENTS:]
    interventions = [mark for mark in marks if mark.kind == "intervention"][-MAX_INTERVENTIONS:]
    return [
        *([_event_trace(events, colors)] if events else []),
        *([_intervention_trace(interventions, span, colors)] if interventions else []),
    ]


def _event_trace(events: Sequence[Mark], colors: Colors) -> dict[str, Any]:
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


def _intervention_trace(
    interventions: Sequence[Mark], span: tuple[datetime, datetime], colors: Colors
) -> dict[str, Any]:
    """One line from bottom to top for each; the gaps between them keep them apart.

    A label stands on the side of its line that has more room.
    """
    middle = span[0] + (span[1] - span[0]) / 2
    sides = ["middle right" if mark.at < middle else "middle left" for mark in interventions]
    labels = [plain_text(mark.label) for mark in interventions]
    times = [time_text(mark.at) for mark in interventions]
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [time for moment in times for time in (moment, moment, None)],
        "y": [0, 0.95, None] * len(times),
        "yaxis": "y2",
        "line": {"width": 2, "color": colors.intervention},
        "marker": {
            "symbol": "star",
            "size": [0, 14, 0] * len(times),
            "color": colors.intervention,
        },
        "text": [text for label in labels for text in ("", label, "")],
        "textposition": [side for side in sides for _ in range(3)],
        "textfont": {"color": colors.intervention, "size": 14},
        "customdata": [label for label in labels for _ in range(3)],
        "hovertemplate": hover("intervention: %{customdata}"),
        "showlegend": False,
    }


def _layout(
    name: str,
    colors: Colors,
    y_axis: dict[str, Any],
    zoom: tuple[str, str] | None,
) -> dict[str, Any]:
    grid = {"gridcolor": colors.grid, "zerolinecolor": colors.grid, "linecolor": colors.grid}
    return {
        "height": HEIGHT,
        "margin": {"l": 56, "r": 16, "t": 16, "b": 8},
        "uirevision": name,
        "dragmode": "select",
        "selectdirection": "h",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": '"Source Sans", sans-serif', "size": 14, "color": colors.text},
        "hovermode": "closest",
        "barmode": "overlay",
        "showlegend": True,
        # A name that finds no room in its bar is read in the legend.
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
            "automargin": True,
            **({"range": list(zoom), "autorange": False} if zoom else {}),
            **grid,
        },
        "yaxis": {**grid, **y_axis},
        # Marks have a height of their own, whatever the values are.
        "yaxis2": {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False},
    }


def _annotations(
    draw: "Drawing", runs: list[Run], threshold: float | None, colors: Colors
) -> dict[str, Any]:
    """Words that stay where they are when the chart is zoomed."""
    note = draw.note(runs)
    words = [_note(note)] if note else []
    if threshold is not None and draw is NUMBERS:
        words.append(_threshold_label(threshold, colors))
    return {"annotations": words} if words else {}


def _threshold_label(threshold: float, colors: Colors) -> dict[str, Any]:
    return {
        "text": f"nudge at {number_text(threshold)}",
        "showarrow": False,
        "xref": "paper",
        "x": 0.01,
        "xanchor": "left",
        "y": threshold,
        "yanchor": "bottom",
        "font": {"color": colors.threshold, "size": 14},
    }


def _note(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.55,
        "font": {"size": 16},
    }
