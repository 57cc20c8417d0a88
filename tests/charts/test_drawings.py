"""How values are drawn: numbers as steps, texts as states."""

import pytest

from tests.support.charts import at, bars, chart, clock, step_line


def test_a_number_is_a_step_line_marked_where_it_changed_and_drawn_until_now():
    line = step_line(chart(1, 1, 2, now=at(60)))
    assert list(line.x) == [clock(0), clock(20), clock(20), clock(60)]
    assert list(line.y) == [1, 1, 2, 2]
    assert [size > 0 for size in line.marker.size] == [True, False, True, False]


def test_a_count_shows_whole_numbers_from_zero():
    axis = chart(1, 2, 3, threshold=5).layout.yaxis
    assert (axis.rangemode, axis.dtick, axis.tickformat) == ("tozero", 1, ",d")


@pytest.mark.parametrize(("top", "step"), [(0, 1), (6, 1), (7, 2), (30, 5), (60, 10), (1000, 200)])
def test_whole_ticks_are_few_and_round(top, step):
    assert chart(top).layout.yaxis.dtick == step


def test_fractions_get_ticks_of_their_own():
    assert chart(1.5, 2).layout.yaxis.dtick is None


def test_the_threshold_is_a_labelled_line_over_the_whole_span():
    figure = chart(1, threshold=5, now=at(90))
    [line] = [trace for trace in figure.data if trace.line.dash]
    assert (list(line.x), list(line.y)) == ([clock(0), clock(90)], [5, 5])
    assert (line.name, line.showlegend) == ("nudge: ≥ 5", True)


def test_a_priority_has_the_same_color_whichever_others_there_are():
    def color_of_high(*values):
        return {trace.name: trace.marker.color for trace in chart(*values).data}["high"]

    assert color_of_high("high") == color_of_high("low", "high")


def test_no_threshold_no_line():
    assert not [trace for trace in chart(1).data if trace.line.dash]


def test_a_missing_value_ends_the_step_where_it_went_missing():
    line = step_line(chart(3, None, 4))
    assert list(line.y) == [3, 3, None, 4, 4]
    assert list(line.x)[1] == clock(10)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
def test_a_number_that_no_axis_holds_is_a_gap(value):
    assert list(step_line(chart(1, value)).y) == [1, 1, None]


def test_a_text_is_a_row_of_states_in_their_own_order():
    low, medium, high = bars(chart("high", "low", "high", "medium"))
    assert [trace.name for trace in (low, medium, high)] == ["low", "medium", "high"]
    assert (list(high.base), list(high.x)) == ([clock(0), clock(20)], [10_000, 10_000])
    assert len({trace.marker.color for trace in (low, medium, high)}) == 3


def test_states_without_a_known_order_are_listed_as_seen_and_the_many_share_one_color():
    names = [trace.name for trace in bars(chart(*"zyxwvutsr"))]
    assert names == ["z", "y", "x", "w", "v", "u", "other values"]


@pytest.mark.parametrize("values", [(), (None,), (None, None)])
def test_no_value_is_said(values):
    assert [note.text for note in chart(*values).layout.annotations] == ["No value yet"]
