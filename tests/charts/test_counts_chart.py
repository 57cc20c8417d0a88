"""Counts by category: a bar for each now, and where it was before the last change."""

from tests.support.charts import bars, chart


def test_each_category_has_a_bar_the_highest_at_the_top():
    figure = chart({"low": 1, "high": 4, "medium": 2})
    (bar,) = bars(figure)
    assert list(bar.x) == [1, 2, 4]
    assert list(figure.layout.yaxis.ticktext) == ["low", "medium", "high"]


def test_a_bar_that_moved_has_a_mark_where_it_was():
    *_, mark = chart({"low": 1, "high": 1}, {"low": 1, "high": 2}, {"low": 1, "high": 3}).data
    assert (list(mark.x), list(mark.y)) == ([2], [1])
    assert mark.name == "before 10:00:20 UTC"


def test_a_category_that_is_new_was_at_zero():
    *_, mark = chart({"low": 1}, {"low": 1, "high": 1}).data
    assert list(mark.x) == [0]


def test_the_first_counts_have_no_marks():
    assert len(chart(None, {"low": 1}).data) == 1


def test_of_many_categories_the_highest_are_shown_and_all_are_counted():
    figure = chart({f"c{n}": n for n in range(30)})
    assert list(bars(figure)[0].x) == [*range(20, 30)]
    assert figure.layout.yaxis.title.text == "the highest 10 of 30"


def test_counts_that_are_gone_say_so():
    assert [note.text for note in chart({"low": 1}, None).layout.annotations] == ["No value now"]
