"""How far everybody in a room is, as one Plotly figure that can be read from the back."""

from collections.abc import Sequence

import plotly.graph_objects as go

from lib.charts.figure import Part, base_layout, figure
from lib.charts.style import DARK, LIGHT, Colors, number_text, plain_text
from lib.people.room import Standing

SHOWN_AT_MOST = 10
NUMBER = 64  # pixels for a number of tasks
NAME = 20  # letters of a name: more would leave no room for bars in a narrow chart
ROW, ROWS_AT_MOST = 46, 330  # in pixels; many people get narrower bars, to fit on one screen


def room_chart(
    standings: Sequence[Standing], threshold: float | None, *, dark: bool = False
) -> go.Figure:
    """A bar of completed tasks for each display name, the longest on top.

    Show it with `theme=None`: it brings its own colors.
    """
    colors = DARK if dark else LIGHT
    shown = leaders(standings)[::-1]  # Plotly starts at the bottom
    height = 60 + min(ROW * max(len(shown), 3), ROWS_AT_MOST)
    layout = base_layout(colors, height, text_size=24) | {
        "margin": {"l": 8, "r": 16, "t": 40, "b": 8},
        "bargap": 0.3,
        "xaxis": _task_axis(shown, threshold, colors),
        "yaxis": _name_axis(shown),
        "shapes": [] if threshold is None else [_threshold_line(threshold, colors)],
        "annotations": [] if threshold is None else [_threshold_label(threshold, colors)],
    }
    return figure([_bars(shown, colors), _numbers(shown)], layout)


def _bars(shown: Sequence[Standing], colors: Colors) -> Part:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [each.tasks or 0 for each in shown],
        "y": list(range(len(shown))),
        "marker": {
            "color": [colors.intervention if each.nudged_at else colors.line for each in shown]
        },
        "hoverinfo": "skip",
    }


def _numbers(shown: Sequence[Standing]) -> Part:
    """The numbers stand before the bars: behind a bar, the threshold could cover its number."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [0] * len(shown),
        "y": list(range(len(shown))),
        "text": [f"<b>{number_text(int(each.tasks or 0))}</b>\u2002" for each in shown],
        "textposition": "middle left",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _threshold_line(threshold: float, colors: Colors) -> Part:
    return {
        "type": "line",
        "x0": threshold,
        "x1": threshold,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colors.threshold, "width": 4, "dash": "dash"},
    }


def _threshold_label(threshold: float, colors: Colors) -> Part:
    return {
        "x": threshold,
        "xanchor": "right",  # there is always room on the left, where the names are
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
        "text": f"nudge at {number_text(threshold)}",
        "font": {"color": colors.threshold, "size": 24},
    }


def _task_axis(shown: Sequence[Standing], threshold: float | None, colors: Colors) -> Part:
    longest = max([*(each.tasks or 0 for each in shown), threshold or 0, 1])
    return {
        "range": [0, 1.05 * longest],
        "gridcolor": colors.grid,
        "zerolinecolor": colors.grid,
        "fixedrange": True,
        "showticklabels": False,  # each bar has its number
        "nticks": 8,
    }


def _name_axis(shown: Sequence[Standing]) -> Part:
    return {
        "tickvals": list(range(len(shown))),
        "ticktext": [plain_text(_short(each.name)) for each in shown],
        "ticklabelstandoff": NUMBER,
        "automargin": True,
        "fixedrange": True,
        "range": [-0.6, max(len(shown), 3) - 0.4],
    }


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"


def room_summary(standings: Sequence[Standing], threshold: float | None) -> str:
    """The chart in one sentence, for those who cannot see it."""
    line = "" if threshold is None else f" The nudge comes at {number_text(threshold)}."
    names = ", ".join(f"{each.name} {each.tasks or 0:.0f}" for each in leaders(standings))
    return f"Tasks completed: {names or 'nobody yet'}.{line}"


def leaders(standings: Sequence[Standing]) -> list[Standing]:
    """Those that the chart shows, the farthest first."""
    return sorted(standings, key=lambda each: -(each.tasks or 0))[:SHOWN_AT_MOST]
