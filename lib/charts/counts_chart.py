"""Counts by category now: a bar for each, with a mark where it was before the last change."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lib.charts.figure import LEGEND, Part, figure, grid, note, still_axis, still_layout
from lib.charts.style import Colors, clock_text, number_text, plain_text
from lib.snowplow.criteria import is_number
from lib.world.history import Run

CATEGORIES_AT_MOST = 10


def are_counts(values: Sequence[Any]) -> bool:
    """Whether all values are numbers by category."""
    return all(isinstance(each, dict) and all(map(is_number, each.values())) for each in values)


def counts_chart(name: str, runs: Sequence[Run], colors: Colors, height: int) -> go.Figure:
    """The counts of the last run, the highest at the top, and the counts before it."""
    counts: Mapping[str, float] = runs[-1].value or {}
    before: Mapping[str, float] = (runs[-2].value or {}) if len(runs) > 1 else {}
    rows = sorted(counts, key=lambda each: counts[each])[-CATEGORIES_AT_MOST:]
    moved = [each for each in rows if before.get(each, 0) != counts[each]] if before else []
    layout = still_layout(colors, height) | {
        "margin": {"l": 8, "r": 16, "t": 16, "b": 8},
        "uirevision": name,
        "showlegend": bool(moved),
        "legend": LEGEND,
        "xaxis": still_axis(colors, "count") | {"rangemode": "tozero"},
        "yaxis": _y_axis(rows, len(counts), colors),
    }
    if not rows:
        layout |= {"annotations": [note("No value now")], "xaxis": {"visible": False}}
    was = [_was_trace(moved, rows, before, runs[-1], colors)] if moved else []
    return figure([_bars(rows, counts, colors), *was], layout)


def _bars(rows: list[str], counts: Mapping[str, float], colors: Colors) -> Part:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [counts[each] for each in rows],
        "y": list(range(len(rows))),
        "width": 0.6,
        "marker": {"color": colors.line},
        "text": [number_text(counts[each]) for each in rows],
        "textposition": "inside",
        "insidetextanchor": "end",
        "textangle": 0,
        "textfont": {"color": colors.on_series, "size": 15},
        "customdata": [plain_text(each) for each in rows],
        "hovertemplate": "%{customdata}: %{x}<extra></extra>",
        "showlegend": False,
    }


def _was_trace(
    moved: list[str], rows: list[str], before: Mapping[str, float], now: Run, colors: Colors
) -> Part:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"before {clock_text(now.start)} UTC",
        "x": [before.get(each, 0) for each in moved],
        "y": [rows.index(each) for each in moved],
        "marker": {
            "symbol": "line-ns",
            "size": 26,
            "line": {"width": 4, "color": colors.threshold},
        },
        "hovertemplate": "before: %{x}<extra></extra>",
        "showlegend": True,
        "cliponaxis": False,
    }


def _y_axis(rows: list[str], count: int, colors: Colors) -> Part:
    words = f"the highest {len(rows)} of {count}" if count > len(rows) else ""
    return grid(colors) | {
        "range": [-0.6, max(len(rows), 3) - 0.4],
        "tickvals": list(range(len(rows))),
        "ticktext": [plain_text(each) for each in rows],
        "title": {"text": words, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }
