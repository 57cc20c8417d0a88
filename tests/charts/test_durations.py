"""Times since an event: lines that climb with the clock, and drop when the event comes again."""

from typing import Any

import pytest

from tests.support.charts import at, chart, clock


def line(*values: Any, **options: Any) -> Any:
    figure = chart(*values, unit="s", **options)
    return next(trace for trace in figure.data if trace.line.shape == "linear")


def test_it_climbs_from_reading_to_reading_and_until_now():
    drawn = line(5.0, 15.0, 25.0)
    assert list(drawn.x) == [clock(0), clock(10), clock(20), clock(30)]
    assert list(drawn.y) == [5, 15, 25, 35]


def test_it_drops_to_zero_when_the_event_came_and_not_when_that_was_read():
    drawn = line(50.0, 4.0)
    points = list(zip(drawn.x, drawn.y, strict=True))
    assert points == [
        (clock(0), 50),
        (clock(6), 56),
        (clock(6), 0),
        (clock(10), 4),
        (clock(20), 14),
    ]


def test_a_missing_value_is_a_gap():
    drawn = line(5.0, None, 1.0)
    assert list(drawn.y) == [5, 15, None, 1, 11]


@pytest.mark.parametrize(
    ("seconds", "axis", "shown"),
    [
        (50.0, "seconds", 50),
        (600.0, "minutes", 10),
        (36_000.0, "hours", 10),
        (864_000.0, "days", 10),
    ],
)
def test_the_axis_has_the_unit_that_fits(seconds, axis, shown):
    figure = chart(seconds, unit="s", now=at(0))
    drawn = next(trace for trace in figure.data if trace.line.shape == "linear")
    assert (figure.layout.yaxis.title.text, drawn.y[0]) == (axis, shown)


def test_a_threshold_is_in_the_unit_of_the_axis():
    figure = chart(0.5, unit="d", threshold=3, now=at(0))
    (dashed,) = [trace for trace in figure.data if trace.line.dash == "dash"]
    assert (dashed.name, list(dashed.y)) == ("nudge: ≥ 3", [3, 3])
    assert figure.layout.yaxis.title.text == "days"


def test_a_number_beyond_any_calendar_is_drawn_without_an_error():
    assert chart(1e300, unit="d", now=at(0)).data
