"""Charts of one attribute, `a`, that was read every ten seconds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from lib.charts.attribute_chart import attribute_chart
from lib.studio.thresholds import Threshold
from lib.world.history import Mark, Reading

START = datetime(2025, 1, 2, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def clock(seconds: float) -> str:
    """The time as Plotly reads it."""
    return at(seconds).strftime("%Y-%m-%d %H:%M:%S.%f")


def readings(*values: Any) -> list[Reading]:
    return [Reading(at(10 * i), {"a": value}) for i, value in enumerate(values)]


def chart(
    *values: Any,
    marks: Sequence[Mark] = (),
    now: datetime | None = None,
    threshold: float | None = None,
    **options: Any,
) -> go.Figure:
    """The chart of these values, drawn until ten seconds after the last."""
    end = now or at(10 * len(values))
    lines = [] if threshold is None else [Threshold("nudge", ">=", threshold)]
    figure = attribute_chart("a", readings(*values), marks, now=end, thresholds=lines, **options)
    assert figure is not None
    return figure


def step_line(figure: go.Figure) -> Any:
    [trace] = [trace for trace in figure.data if trace.line.shape == "hv"]
    return trace


def bars(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "bar"]
