"""The frame around every chart, and the private name of Plotly's that it uses."""

import plotly.graph_objects as go
import pytest

from lib.charts.figure import base_layout, figure, still_axis, still_layout
from lib.charts.style import DARK, LIGHT, Colors


def test_plotly_still_takes_figures_without_validating_them() -> None:
    line = {"type": "scatter", "no such property": 1}
    with pytest.raises(ValueError, match="no such property"):
        go.Figure({"data": [dict(line)]})
    try:
        unchecked = figure([dict(line)], {})
    except (TypeError, ValueError):
        pytest.fail(
            "Plotly's Figure no longer takes _validate=False. Find another way to skip validation,"
            " or leave it out in lib/charts/figure.py and measure what a chart costs then."
        )
    assert unchecked.to_plotly_json()["data"] == [line]


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_plotly_accepts_the_frame_when_it_does_validate(colors: Colors) -> None:
    axis = still_axis(colors, "minutes")
    for layout in (base_layout(colors, 100), still_layout(colors, 100)):
        checked = go.Figure(layout=layout | {"xaxis": axis, "yaxis": still_axis(colors)})
        assert (checked.layout.height, checked.layout.xaxis.title.text) == (100, "minutes")
        assert checked.layout.font.color == colors.text
