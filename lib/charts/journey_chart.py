"""Plotly figures of events: one event's journey, and events per minute. No Streamlit.

Show them with `theme=None`: they have their own colors.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import plotly.graph_objects as go

from lib.charts.figure import Part, figure, still_axis, still_layout
from lib.charts.style import DARK, LIGHT, Colors, number_text, plain_text, time_text
from lib.diagnosis.journey import JourneyStep, milliseconds
from lib.text import counted
from lib.world.events import Outcome

ROW_HEIGHT = 34
MINUTES_HEIGHT = 170
MINUTE = timedelta(minutes=1)
MINUTE_MS = 60_000


def journey_chart(steps: Sequence[JourneyStep], *, dark: bool = False) -> go.Figure:
    """The steps of one event, one below the other, on one axis of milliseconds."""
    colors = DARK if dark else LIGHT
    times = milliseconds(steps)
    rows = list(range(len(steps)))
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "cliponaxis": False,
        "x": times,
        "y": rows,
        "line": {"shape": "vh", "width": 2, "color": colors.line},
        "marker": {"size": 12, "color": [_color(each, colors) for each in steps]},
        "customdata": [plain_text(each.detail) for each in steps],
        "hovertemplate": "%{customdata}<br>+%{x:,.1f} ms<extra></extra>",
    }
    layout = still_layout(colors, 90 + ROW_HEIGHT * len(steps)) | {
        "xaxis": still_axis(colors, "milliseconds since it was tracked") | {"rangemode": "tozero"},
        "yaxis": still_axis(colors)
        | {
            "range": [len(steps) - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": rows,
            "ticklabelstandoff": 8,  # else the first mark covers the end of its name
            "ticktext": [plain_text(each.name) for each in steps],
        },
    }
    return figure([line], layout)


def journey_summary(steps: Sequence[JourneyStep]) -> str:
    """The chart in one sentence, for people who cannot see it."""
    parts = [
        f"{step.name} at {number_text(time)} ms"
        for step, time in zip(steps, milliseconds(steps), strict=True)
    ]
    return f"The journey of the event: {', '.join(parts)}."


def minutes_chart(
    counts: Mapping[tuple[datetime, Outcome], int], *, dark: bool = False
) -> go.Figure:
    """How many events there were in each minute, by their outcome."""
    colors = DARK if dark else LIGHT
    bars = sorted(counts.items())
    traces: list[Part] = [
        {
            "type": "bar",
            "name": outcome,
            "x": [time_text(minute) for (minute, kind), _ in bars if kind == outcome],
            "y": [count for (_, kind), count in bars if kind == outcome],
            "width": MINUTE_MS * 0.8,
            "marker": {"color": _outcome_color(outcome, colors)},
            "hovertemplate": f"%{{y}} {outcome}<br>%{{x|%H:%M}} UTC<extra></extra>",
        }
        for outcome in sorted({kind for _, kind in counts})
    ]
    layout = still_layout(colors, MINUTES_HEIGHT) | {
        "barmode": "stack",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": still_axis(colors, "minute (UTC)")
        | {"type": "date", "range": _minutes_range(counts), "tickformat": "%H:%M", "nticks": 6},
        "yaxis": still_axis(colors) | {"tickformat": "d", "nticks": 4, "rangemode": "tozero"},
    }
    return figure(traces, layout)


def minutes_summary(counts: Mapping[tuple[datetime, Outcome], int]) -> str:
    """The chart in one sentence, for people who cannot see it."""
    minutes = len({minute for minute, _ in counts})
    events = counted(sum(counts.values()), "event")
    return f"Events per minute: {events}, {counted(minutes, 'minute')} with any."


def _minutes_range(counts: Mapping[tuple[datetime, Outcome], int]) -> list[str]:
    """At least ten minutes, so that a single bar does not fill the chart."""
    minutes = [minute for minute, _ in counts]
    first = min([*minutes, max(minutes) - 9 * MINUTE])
    return [time_text(first - MINUTE / 2), time_text(max(minutes) + MINUTE / 2)]


def _color(step: JourneyStep, colors: Colors) -> str:
    if step.name == "failed":
        return colors.threshold
    return colors.intervention if step.name in ("delivered", "in the app") else colors.line


def _outcome_color(outcome: Outcome, colors: Colors) -> str:
    if outcome == "failed":
        return colors.threshold
    return colors.muted if outcome == "on its way" else colors.line
