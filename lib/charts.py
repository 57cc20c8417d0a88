"""Plotly figures of one user's attribute values over time: from data to figure, no Streamlit.

A number is a step line, because a value holds until the next event changes it; a text is a
row of coloured states; a list or a dictionary is named, not drawn. No figure has a title or
a fixed range: the page has the headings, and Plotly keeps a person's zoom over a refresh
only while the range that the figure asks for stays the same (here: none is asked for).

Values and labels come from outside. Plotly reads markup in all text, so `_plain` stands
before everything that is shown.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import plotly.graph_objects as go

from lib.history import Mark, Reading, Run, is_number, value_runs

HEIGHT = 280
MAX_EVENTS = 500
MAX_INTERVENTIONS = 20
MAX_STATES = 6
MAX_LABEL = 48
SHORTEST_SPAN = timedelta(seconds=20)

# The order in which states are listed, for the words that have one.
KNOWN_ORDER = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True)
class Colors:
    """The chart's colours in one mode. `series` is the theme's `chartCategoricalColors`."""

    text: str
    grid: str
    series: tuple[str, ...]
    on_series: str

    @property
    def line(self) -> str:
        return self.series[0]

    @property
    def threshold(self) -> str:
        return self.series[1]

    @property
    def intervention(self) -> str:
        return self.series[3]

    @property
    def muted(self) -> str:
        return self.series[6]


LIGHT = Colors(
    text="#120d24",
    grid="rgba(18,13,36,0.12)",
    series=("#1177d7", "#c55213", "#0e3737", "#60187b", "#682707", "#5806d5", "#78728f"),
    on_series="#ffffff",
)
DARK = Colors(
    text="#f5f3fb",
    grid="rgba(245,243,251,0.16)",
    series=("#d7ecff", "#cd6f16", "#3c976e", "#ce54ff", "#fbd608", "#77fdac", "#9284b8"),
    on_series="#14111f",
)


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

    `readings` are in order of time. `zoom` is the part of the time axis to show, as Plotly names
    times; dragging over the chart selects one instead of zooming, because Streamlit draws a chart
    anew with each change and would lose Plotly's own zoom. Show it with `theme=None`: it brings its
    own colours.
    """
    colors = DARK if dark else LIGHT
    runs = value_runs(name, readings, now)
    draw = _drawing(runs)
    start, end = _span(runs, marks, now)
    figure = {
        "data": [
            _span_trace(start, end),
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
    line = "" if threshold is None else f" The nudge comes at {_number_text(threshold)}."
    return f"{name} over time: it changed {times} and is now {_shortened(values[-1])}.{line}"


# --- The three kinds of values ------------------------------------------------------------


@dataclass(frozen=True)
class Drawing:
    """How one kind of value is drawn: its traces, its y axis, and a note in their place."""

    traces: Callable[..., list[dict[str, Any]]]
    y_axis: Callable[[list[Run], float | None], dict[str, Any]]
    note: Callable[[list[Run]], str]


def _drawing(runs: list[Run]) -> Drawing:
    values = [run.value for run in runs if run.value is not None]
    if not values:
        return NOTHING
    if all(is_number(value) for value in values):
        return NUMBERS
    if any(isinstance(value, list | dict) for value in values):
        return COLLECTIONS
    return STATES


def _number_traces(
    runs: list[Run],
    threshold: float | None,
    span: tuple[datetime, datetime],
    colors: Colors,
) -> list[dict[str, Any]]:
    points = [point for run in runs for point in _step_points(run)]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [_time(tstamp) for tstamp, _, _ in points],
        "y": [value for _, value, _ in points],
        "line": {"shape": "hv", "width": 3, "color": colors.line},
        "marker": {"size": [9 if marked else 0 for _, _, marked in points], "color": colors.line},
        "customdata": ["" if value is None else _number_text(value) for _, value, _ in points],
        "hovertemplate": _hover("%{customdata}"),
        "showlegend": False,
        "cliponaxis": False,
    }
    room = _room_trace(_top(runs, threshold), span)
    lines = [] if threshold is None else [_threshold_trace(threshold, span, colors)]
    return [room, *lines, line]


def _room_trace(top: float, span: tuple[datetime, datetime]) -> dict[str, Any]:
    # Nothing to see: it keeps the labels of the highest line inside the chart.
    return {**_span_trace(*span), "y": [0, top * 1.25], "yaxis": "y"}


def _step_points(run: Run) -> list[tuple[datetime, float | None, bool]]:
    """A mark where the value began, and the end of its step, so that a gap ends it in time."""
    if run.value is None:
        return [(run.start, None, False)]
    return [(run.start, run.value, True), (run.end, run.value, False)]


def _threshold_trace(
    threshold: float, span: tuple[datetime, datetime], colors: Colors
) -> dict[str, Any]:
    # A trace and not a shape: the axis then makes room for it by itself.
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"nudge at {_number_text(threshold)}",
        "x": [_time(moment) for moment in span],
        "y": [threshold, threshold],
        "line": {"dash": "dash", "width": 2, "color": colors.threshold},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _number_axis(runs: list[Run], threshold: float | None) -> dict[str, Any]:
    are_all_whole = all(isinstance(run.value, int) for run in runs if run.value is not None)
    whole = {"dtick": _whole_step(_top(runs, threshold)), "tickformat": ",d"}
    return {"rangemode": "tozero", "zeroline": True, **(whole if are_all_whole else {})}


def _top(runs: list[Run], threshold: float | None) -> float:
    values: list[float] = [run.value for run in runs if run.value is not None]
    return max([*values, threshold or 0, 1])


def _whole_step(top: float) -> int:
    """The distance of whole-numbered ticks that gives about five up to `top`: 1, 2, 5, 10…"""
    magnitude = int(10 ** math.floor(math.log10(max(1.0, top / 6))))
    steps = [step * magnitude for step in (1, 2, 5, 10)]
    return next((step for step in steps if step >= top / 6), steps[-1])


def _state_traces(
    runs: list[Run],
    threshold: float | None,
    span: tuple[datetime, datetime],
    colors: Colors,
) -> list[dict[str, Any]]:
    """One trace a state, so that the legend lists them; beyond MAX_STATES they share one."""
    states = _ordered_states(runs)
    named, others = states[:MAX_STATES], states[MAX_STATES:]
    places = [KNOWN_ORDER[state] for state in named] if set(named) <= set(KNOWN_ORDER) else None
    groups = [
        ([state], _plain(state), colors.series[i])
        for i, state in zip(places or range(len(named)), named, strict=True)
    ]
    if others:
        groups.append((others, "other values", colors.muted))
    return [
        _state_trace([run for run in runs if _state(run.value) in group], label, color, colors)
        for group, label, color in groups
    ]


def _state_trace(runs: list[Run], label: str, color: str, colors: Colors) -> dict[str, Any]:
    texts = [_plain(run.value) for run in runs]
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "base": [_time(run.start) for run in runs],
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
        "customdata": [[text, _clock(run.start)] for text, run in zip(texts, runs, strict=True)],
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


def _state_axis(runs: list[Run], threshold: float | None) -> dict[str, Any]:
    return {"range": [-0.75, 0.75], "fixedrange": True, "visible": False}


def _collection_note(runs: list[Run]) -> str:
    """What the list or dictionary holds now, and how many that are."""
    value = runs[-1].value
    if not isinstance(value, list | dict):
        return "No value now" if value is None else _plain(value)
    items = [f"{key}: {item}" for key, item in value.items()] if isinstance(value, dict) else value
    count = f"<b>{len(items)} {'item' if len(items) == 1 else 'items'}</b>"
    more = [f"and {len(items) - 6} more"] if len(items) > 6 else []
    return "<br>".join([count, *(_plain(item) for item in items[:6]), *more])


def _no_traces(*_: Any) -> list[dict[str, Any]]:
    return []


NUMBERS = Drawing(_number_traces, _number_axis, note=lambda runs: "")
STATES = Drawing(_state_traces, _state_axis, note=lambda runs: "")
COLLECTIONS = Drawing(_no_traces, _state_axis, _collection_note)
NOTHING = Drawing(_no_traces, _state_axis, note=lambda runs: "No value yet")


# --- What all kinds share -----------------------------------------------------------------


def _span(runs: Sequence[Run], marks: Sequence[Mark], now: datetime) -> tuple[datetime, datetime]:
    """The times from the first reading or mark to now, never shorter than `SHORTEST_SPAN`."""
    end = max([now, *(mark.tstamp for mark in marks), *(run.end for run in runs[-1:])])
    start = min([end, *(mark.tstamp for mark in marks), *(run.start for run in runs[:1])])
    return min(start, end - SHORTEST_SPAN), end


def _span_trace(start: datetime, end: datetime) -> dict[str, Any]:
    # Nothing to see: it widens the time axis without asking for a range (see the top).
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [_time(start), _time(end)],
        "y": [0, 0],
        "yaxis": "y2",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


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
        "x": [_time(mark.tstamp) for mark in events],
        "y": [0.03] * len(events),
        "yaxis": "y2",
        "marker": {"symbol": "triangle-up", "size": 11, "color": colors.muted},
        "customdata": [_plain(mark.label) for mark in events],
        "hovertemplate": _hover("event: %{customdata}"),
        "showlegend": False,
    }


def _intervention_trace(
    interventions: Sequence[Mark], span: tuple[datetime, datetime], colors: Colors
) -> dict[str, Any]:
    """One line from bottom to top for each; the gaps between them keep them apart.

    A label stands on the side of its line that has more room.
    """
    middle = span[0] + (span[1] - span[0]) / 2
    sides = ["middle right" if mark.tstamp < middle else "middle left" for mark in interventions]
    labels = [_plain(mark.label) for mark in interventions]
    times = [_time(mark.tstamp) for mark in interventions]
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
        "hovertemplate": _hover("intervention: %{customdata}"),
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
        "text": f"nudge at {_number_text(threshold)}",
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


def _hover(content: str) -> str:
    return f"{content}<br>%{{x|%b %-d, %H:%M:%S}} UTC<extra></extra>"


# --- Values and words ---------------------------------------------------------------------


def _number_text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _time(moment: datetime) -> str:
    """As Plotly reads times: without an offset, which it would drop unread."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def _shortened(value: Any) -> str:
    """Any value on one short line, without what cannot be seen or sent."""
    # Cut first: nothing here should take long on a text of a megabyte.
    line = " ".join(str(value)[: 4 * MAX_LABEL].split())
    visible = "".join(c for c in line if c.isprintable())
    return visible if len(visible) <= MAX_LABEL else visible[: MAX_LABEL - 1] + "…"


def _plain(value: Any) -> str:
    """Any value as text that Plotly shows as it is: no tags, no entities, no formulas."""
    return escape(_shortened(value), quote=False).replace("$", "&#36;")
