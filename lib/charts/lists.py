"""Lists over time: a bar for each item, from when it was added until it was removed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from lib.charts.drawings import STATES, Drawing
from lib.charts.figure import Part
from lib.charts.style import Colors, clock_text, plain_text, time_text
from lib.studio.thresholds import Threshold
from lib.world.history import Run

ITEMS_AT_MOST = 10

Stay = tuple[datetime, datetime]


def are_lists(values: Sequence[Any]) -> bool:
    """Whether all values are lists of texts, numbers, true or false."""
    return all(
        isinstance(value, list) and all(isinstance(each, str | int | float) for each in value)
        for value in values
    )


def _traces(
    runs: list[Run],
    thresholds: Sequence[Threshold],
    span: tuple[datetime, datetime],
    colors: Colors,
) -> list[Part]:
    rows = [
        (place, item, stay)
        for place, item in enumerate(_items(runs))
        for stay in _stays(item, runs)
    ]
    last = runs[-1].end
    return [
        {
            "type": "bar",
            "orientation": "h",
            "base": [time_text(start) for _, _, (start, _) in rows],
            # On a time axis the length of a bar is in milliseconds.
            "x": [(end - start) / timedelta(milliseconds=1) for _, _, (start, end) in rows],
            "y": [place for place, _, _ in rows],
            "width": 0.6,
            "marker": {
                "color": [colors.line if end == last else colors.muted for _, _, (_, end) in rows]
            },
            "customdata": [[plain_text(item), clock_text(start)] for _, item, (start, _) in rows],
            "hovertemplate": "%{customdata[0]}<br>since %{customdata[1]} UTC<extra></extra>",
            "showlegend": False,
        }
    ]


def _y_axis(runs: list[Run], thresholds: Sequence[Threshold]) -> Part:
    items = _items(runs)
    count = _count(runs)
    more = f", {len(items)} shown" if count > len(items) else ""
    return {
        "range": [-0.6, max(len(items), 3) - 0.4],
        "tickvals": list(range(len(items))),
        "ticktext": [plain_text(each) for each in items],
        "title": {"text": f"{count} {'item' if count == 1 else 'items'}{more}", "standoff": 8},
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }


def _items(runs: list[Run]) -> list[Any]:
    """The items that have a row, the newest at the top: those that are in the list now first."""
    now = _now(runs)
    gone = [each for run in reversed(runs) for each in run.value or [] if each not in now]
    shown = [*reversed(now), *dict.fromkeys(gone)][:ITEMS_AT_MOST]
    return shown[::-1]


def _now(runs: list[Run]) -> list[Any]:
    return list(dict.fromkeys(runs[-1].value or []))


def _count(runs: list[Run]) -> int:
    return len(_now(runs))


def _stays(item: Any, runs: list[Run]) -> list[Stay]:
    """From when to when an item was in the list."""
    stays: list[Stay] = []
    for run in runs:
        if item not in (run.value or []):
            continue
        is_same = stays and stays[-1][1] == run.start
        start = stays.pop()[0] if is_same else run.start
        stays.append((start, run.end))
    return stays


LISTS = Drawing(_traces, _y_axis, note=STATES.note)
