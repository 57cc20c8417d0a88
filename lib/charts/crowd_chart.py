"""Plotly figures of a simulated team: who completed how much, and who was nudged when.

From data to figure, no Streamlit. Show them with `theme=None`: they have their own colors.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

import plotly.graph_objects as go

from lib.charts.figure import Part, figure, still_axis, still_layout
from lib.charts.style import DARK, LIGHT, Colors, hover, number_text, time_text
from lib.people.crowd_progress import Nudge
from lib.text import counted

HEIGHT = 300
BARS_AT_MOST = 30
STARS_APART = 60
SHORTEST_SPAN = timedelta(seconds=20)


def tasks_chart(
    tasks: Sequence[int], threshold: float | None = None, *, dark: bool = False
) -> go.Figure:
    """How many simulated users have completed how many tasks."""
    colors = DARK if dark else LIGHT
    bars = _bars(tasks, threshold)
    most = max([last for _, last, _ in bars] + [int(threshold or 0), 4])
    line = None if threshold is None else threshold - 0.5  # between two bars
    traces = [
        _bar_trace("simulated users before the nudge", colors.line)
        | _values([each for each in bars if threshold is None or each[0] < threshold]),
        _bar_trace("simulated users who reached it", colors.intervention)
        | _values([each for each in bars if threshold is not None and each[0] >= threshold]),
    ]
    layout = _layout(colors) | {
        "barmode": "overlay",
        "bargap": 0.15,
        "xaxis": still_axis(colors, "completed by each")
        | _whole_numbers(most)
        | {"range": [-0.6, most + 0.6], "showgrid": False},
        "yaxis": still_axis(colors, "simulated users")
        | _whole_numbers(max([users for *_, users in bars], default=0))
        # Space above the bars for the label of the threshold.
        | {"range": [0, 1.2 * max([users for *_, users in bars] + [4])]},
        "shapes": [] if line is None else [_line(line, colors)],
        "annotations": [] if line is None else [_label(line, threshold or 0, colors)],
    }
    return figure(traces, layout)


def tasks_summary(tasks: Sequence[int], threshold: float | None = None) -> str:
    """The chart in one sentence, for people who cannot see it."""
    most = f" The busiest completed {number_text(max(tasks))}." if tasks else ""
    over = sum(threshold is not None and each >= threshold for each in tasks)
    nudge = "" if threshold is None else f" {number_text(over)} reached the nudge."
    return f"What {counted(len(tasks), 'simulated user')} completed.{most}{nudge}"


def nudges_chart(
    nudges: Sequence[Nudge], start: datetime, end: datetime, *, dark: bool = False
) -> go.Figure:
    """How many simulated users had been nudged over time, from start to end; each is a point."""
    colors = DARK if dark else LIGHT
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "simulated users nudged",
        "x": [time_text(each.at) for each in nudges],
        "y": list(range(1, len(nudges) + 1)),
        "line": {"shape": "hv", "width": 2, "color": colors.intervention},
        "marker": {"symbol": "star", "size": _star(len(nudges)), "color": colors.intervention},
        "customdata": [f"simulated user {each.user}" for each in nudges],
        "hovertemplate": hover("%{customdata}, nudge %{y}"),
    }
    end = max([end, start + SHORTEST_SPAN, *(each.at for each in nudges)])
    layout = _layout(colors) | {
        "xaxis": still_axis(colors, "time (UTC)")
        | {
            "type": "date",
            "range": [time_text(start), time_text(end)],
            "tickformat": "%H:%M:%S",
            "nticks": 6,
            "showgrid": False,
        },
        "yaxis": still_axis(colors, "simulated users")
        | _whole_numbers(len(nudges))
        | {"range": [0, 1.1 * max(len(nudges), 4)]},
    }
    return figure([trace], layout)


def nudges_summary(nudges: Sequence[Nudge]) -> str:
    """The chart in one sentence, for people who cannot see it."""
    if not nudges:
        return "Simulated users nudged over time: nobody yet."
    first, last = nudges[0].at, nudges[-1].at
    return (
        f"Simulated users nudged over time: {number_text(len(nudges))}, the first at"
        f" {first:%H:%M:%S} and the last at {last:%H:%M:%S} UTC."
    )


def ranges(most: int, line: int | None) -> list[tuple[int, int]]:
    """First and last number of tasks of each bar: not too many bars, and none that spans the line.

    >>> ranges(3, None), ranges(59, 5)[:4]
    ([(0, 0), (1, 1), (2, 2), (3, 3)], [(0, 0), (1, 2), (3, 4), (5, 6)])
    """
    width = ceil((most + 1) / BARS_AT_MOST)
    shift = (line or 0) % width
    firsts = range(shift - width if shift else 0, most + 1, width)
    return [(max(0, first), first + width - 1) for first in firsts]


def _bars(tasks: Sequence[int], threshold: float | None) -> list[tuple[int, int, int]]:
    """First and last number of tasks of each bar, and its users."""
    counts = Counter(tasks)
    line = None if threshold is None else int(threshold)
    bars = [
        (first, last, sum(counts[each] for each in range(first, last + 1)))
        for first, last in ranges(max(tasks, default=0), line)
    ]
    return [bar for bar in bars if bar[2]]


def _values(bars: Sequence[tuple[int, int, int]]) -> Part:
    return {
        "x": [(first + last) / 2 for first, last, _ in bars],
        "y": [users for _, _, users in bars],
        "width": [0.85 * (last - first + 1) for first, last, _ in bars],
        "customdata": [_tasks_text(first, last) for first, last, _ in bars],
    }


def _tasks_text(first: int, last: int) -> str:
    tasks = number_text(first) if first == last else f"{number_text(first)} to {number_text(last)}"
    return f"{tasks} completed"


def _bar_trace(name: str, color: str) -> Part:
    return {
        "type": "bar",
        "name": name,
        "marker": {"color": color},
        "hovertemplate": "%{customdata}: %{y} simulated users<extra></extra>",
    }


def _line(at: float, colors: Colors) -> Part:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colors.threshold, "width": 2, "dash": "dash"},
    }


def _label(at: float, threshold: float, colors: Colors) -> Part:
    return {
        "text": f"nudge at {number_text(threshold)}",
        "showarrow": False,
        "x": at,
        "xanchor": "left",
        "xshift": 4,
        "yref": "paper",
        "y": 1,
        "yanchor": "top",
        "font": {"color": colors.threshold, "size": 14},
    }


def _star(nudges: int) -> int:
    return 9 if nudges <= STARS_APART else 5


def _whole_numbers(most: int) -> Part:
    """By default, Plotly puts ticks between small whole numbers."""
    return {"tickformat": "d"} | ({"dtick": 1} if most <= 8 else {"nticks": 8})


def _layout(colors: Colors) -> Part:
    return still_layout(colors, HEIGHT) | {
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    }
