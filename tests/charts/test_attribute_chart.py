"""The chart of one attribute: time, marks and words, and that text from outside stays text."""

import json
import time
from datetime import timedelta

import plotly.graph_objects as go
import pytest

from lib.charts.attribute_chart import attribute_chart, attribute_summary
from lib.studio.thresholds import Threshold
from lib.world.history import MAX_POINTS, Mark, Reading
from tests.support.charts import at, bars, chart, clock, readings


def test_events_and_interventions_are_on_the_time_axis():
    marks = [Mark(at(5), "event", "task_completed"), Mark(at(6), "intervention", "power_user")]
    *_, events, interventions = chart(1, marks=marks).data
    assert (list(events.x), events.marker.symbol) == ([clock(5)], "triangle-up")
    assert list(events.customdata) == ["task_completed"]
    assert list(interventions.x) == [clock(6), clock(6), None]
    assert (interventions.name, interventions.showlegend) == ("power_user", True)


def test_no_words_stand_among_the_lines_where_they_could_cover_each_other():
    marks = [Mark(at(0), "intervention", "first"), Mark(at(10), "intervention", "last")]
    figure = chart(1, marks=marks, threshold=5)
    assert not figure.layout.annotations
    assert [trace.text for trace in figure.data] == [None] * len(figure.data)


def test_interventions_are_named_in_the_legend_and_the_many_share_one_name():
    marks = [Mark(at(i), "intervention", label) for i, label in enumerate("abacdefg")]
    named = [trace for trace in chart(1, marks=marks).data if trace.showlegend]
    assert [trace.name for trace in named] == ["a", "b", "c", "other interventions"]
    assert list(named[0].x) == [clock(0), clock(0), None, clock(2), clock(2), None]


@pytest.mark.parametrize("value", [[["nested"]], [{"x": 1}], {"x": "text"}, {"x": {"y": 1}}])
def test_what_has_no_chart_is_none(value):
    assert attribute_chart("a", readings(value), [], now=at(10)) is None


def test_where_there_is_no_value_the_chart_says_so_at_the_bottom():
    (gap,) = [trace for trace in chart(None, 1, None).data if trace.name == "no value"]
    assert list(gap.x) == [clock(0), clock(10), None, clock(20), clock(30), None]
    assert gap.yaxis == "y2"


def test_time_that_was_skipped_by_moving_the_clock_is_not_said_to_be_without_a_value():
    day = timedelta(days=1)
    seen = [Reading(at(0), {"a": 1}), Reading(at(10), {"a": 1}, ahead=day)]
    figure = attribute_chart("a", seen, [], now=at(20) + day)
    assert figure is not None and "no value" not in [trace.name for trace in figure.data]


def test_a_single_reading_has_some_time_around_it():
    figure = chart(1, now=at(0))
    assert list(figure.data[0].x) == [clock(-20), clock(0)]


def test_without_a_span_no_range_is_asked_for():
    layout = chart(1, 2, threshold=5).layout
    assert (layout.xaxis.range, layout.yaxis.range, layout.uirevision) == (None, None, "a")


def test_the_part_of_the_time_that_was_chosen_is_shown():
    figure = chart(1, 2, now=at(60), span=timedelta(seconds=30))
    assert list(figure.layout.xaxis.range) == [clock(30), clock(60)]


def test_a_span_longer_than_what_there_is_shows_all_of_it():
    assert chart(1, 2, now=at(60), span=timedelta(minutes=10)).layout.xaxis.range is None


def test_no_chart_can_be_dragged_so_that_a_swipe_scrolls_the_page():
    layout = chart(1, 2).layout
    assert layout.dragmode is False
    assert layout.xaxis.fixedrange and layout.yaxis.fixedrange and layout.yaxis2.fixedrange


@pytest.mark.parametrize(
    "values",
    [
        (1, None, 2.5),
        ("low", "high"),
        ([], ["x"], ["x", 1]),
        ({"y": 1}, {"y": 2, "z": 1}, None),
        (),
    ],
)
@pytest.mark.parametrize("dark", [False, True])
def test_every_figure_is_one_that_plotly_accepts(values, dark):
    marks = [Mark(at(5), "event", "e"), Mark(at(6), "intervention", "i")]
    figure = chart(*values, marks=marks, threshold=2, dark=dark)
    assert json.loads(go.Figure(figure.to_dict()).to_json()) == json.loads(figure.to_json())


HOSTILE = ["<b>bold</b>", "<a href='javascript:alert(1)'>x</a>", "&lt;i&gt;", "$x^2$", "%{y}"]


def texts(value):
    """All texts in a figure, however deep."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_from_outside_is_shown_as_text(hostile):
    marks = [Mark(at(5), "event", hostile), Mark(at(6), "intervention", hostile)]
    figures = [
        chart(hostile, marks=marks),
        chart([hostile], marks=marks),
        chart({hostile: 1}, {hostile: 2}),
    ]
    for figure in figures:
        shown = texts(json.loads(figure.to_json()))
        for sign in ("<a", "<b>bold", "&lt;i", "$"):
            assert not [text for text in shown if sign in text]
        templates = [trace.hovertemplate for trace in figure.data if trace.hovertemplate]
        assert not [template for template in templates if "%{y}" in template]


def test_a_long_or_unprintable_text_is_shortened_and_can_be_sent():
    figure = chart("x" * 1_000_000 + "\x00", "a\nb\u202e\ud800c")
    assert [trace.name for trace in bars(figure)] == ["x" * 47 + "…", "a bc"]
    figure.to_json().encode()


def test_a_summary_says_what_the_chart_shows():
    assert attribute_summary("a", readings(1, 2, 3), thresholds=[Threshold("nudge", ">=", 5)]) == (
        "a over time: it changed 2 times and is now 3. A line marks nudge: ≥ 5."
    )
    assert attribute_summary("a", readings(30.0, 90.0), unit="s") == (
        "a over time: it is now 1 minute 30 seconds."
    )
    assert attribute_summary("a", readings("low", "high")) == (
        "a over time: it changed once and is now high."
    )
    assert attribute_summary("a", readings(3, None)) == (
        "a over time: it changed once and has no value now."
    )
    assert attribute_summary("a", readings(None)) == "a over time: no value yet."


def test_a_full_chart_is_built_in_a_few_milliseconds():
    seen = readings(*(i % 7 for i in range(MAX_POINTS)))
    best = min(_seconds_to_build(seen) for _ in range(5))
    # Measured: 5 ms of this thread's own time, however busy the machine is.
    assert best < 0.05


def _seconds_to_build(seen):
    start = time.thread_time()
    attribute_chart("a", seen, [], now=at(6000), thresholds=[Threshold("nudge", ">=", 5)])
    return time.thread_time() - start
