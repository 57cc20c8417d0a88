"""Lists over time: a bar for each item, from when it came until it went."""

from tests.support.charts import bars, chart, clock


def test_an_item_has_a_bar_from_when_it_came_until_it_went():
    (bar,) = bars(chart([], ["x"], ["x", "y"], ["y"]))
    rows = chart(["x"], ["x", "y"], ["y"]).layout.yaxis.ticktext
    assert list(rows) == ["x", "y"]
    drawn = list(zip(bar.y, bar.base, bar.x, strict=True))
    assert drawn == [(0, clock(10), 20_000), (1, clock(20), 20_000)]


def test_an_item_that_comes_again_has_two_bars_in_one_row():
    (bar,) = bars(chart(["x"], [], ["x"]))
    assert list(zip(bar.y, bar.base, strict=True)) == [(0, clock(0)), (0, clock(20))]


def test_items_that_are_gone_have_another_color():
    (bar,) = bars(chart(["x"], ["y"]))
    gone, there = bar.marker.color
    assert gone != there


def test_of_many_items_the_newest_are_shown_and_all_are_counted():
    axis = chart([*range(30)]).layout.yaxis
    assert list(axis.ticktext) == [str(each) for each in range(20, 30)]
    assert axis.title.text == "30 items, 10 shown"


def test_an_empty_list_is_a_chart_without_bars():
    figure = chart([])
    assert [list(bar.y) for bar in bars(figure)] == [[]]
    assert figure.layout.yaxis.title.text == "0 items"
