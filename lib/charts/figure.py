"""What the app's Plotly figures have in common: the frame around every drawing.

The only place that uses a private name of Plotly's: `Figure(..., _validate=False)`. The charts pass
what is already in Plotly's form, and validating it would take most of the time that a chart takes.
tests/charts/test_figure.py fails when Plotly no longer accepts the name.
"""

from typing import Any

import plotly.graph_objects as go

from lib.charts.style import Colors

Part = dict[str, Any]
"""Part of a figure, in Plotly's form."""


def figure(data: list[Part], layout: Part) -> go.Figure:
    """A figure from parts that are already in Plotly's form. Plotly does not check them."""
    return go.Figure({"data": data, "layout": layout}, _validate=False)


def base_layout(colors: Colors, height: int, *, text_size: int = 14) -> Part:
    """What every chart has in common: the page's background and the theme's font and color."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 16, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": '"Source Sans", sans-serif', "size": text_size, "color": colors.text},
        "hovermode": "closest",
        "showlegend": False,
    }


LEGEND: Part = {
    "orientation": "h",
    "x": 0,
    "y": 1,
    "yanchor": "bottom",
    "itemclick": False,
    "itemdoubleclick": False,
}
"""In a row above the chart; a click on it changes nothing."""


def still_layout(colors: Colors, height: int) -> Part:
    """The layout of a chart that cannot be dragged."""
    return base_layout(colors, height) | {"dragmode": False}


def still_axis(colors: Colors, title: str = "") -> Part:
    """An axis that cannot be dragged, with room for its labels."""
    return grid(colors) | {
        "title": {"text": title, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
    }


def grid(colors: Colors) -> Part:
    """The lines of an axis."""
    return {"gridcolor": colors.grid, "zerolinecolor": colors.grid, "linecolor": colors.grid}


def note(text: str) -> Part:
    """Words in place of a drawing."""
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.55,
        "font": {"size": 16},
    }
