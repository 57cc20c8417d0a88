"""Charts: what is drawn for which values, what is left out, and that outside text stays text."""

import json
import time
import tomllib
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import dist
from pathlib import Path

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.charts.attribute_chart import DARK, LIGHT, attribute_chart, attribute_summary
from lib.world.history import MAX_POINTS, Mark, Reading, Run, value_runs

START = datetime(2025, 1, 2, 10, 0, tzinfo=UTC)
THEME = tomllib.loads((Path(__file__).parent.parent.parent / ".streamlit/config.toml").read_text())[
    "theme"
]


def at(seconds):
    return START + timedelta(seconds=seconds)


def clock(seconds):
    return at(seconds).strftime("%Y-%m-%d %H:%M:%S.%f")


def readings(*values, every=10):
    return [Reading(at(i * every), {"a": value}) for i, value in enumerate(values)]


def chart(*values, marks=(), now=None, **options):
    seen = readings(*values)
    return attribute_chart("a", seen, marks, now=now or at(10 * len(values)), **options)


def step_line(figure):
    [trace] = [trace for trace in figure.data if trace.line.shape == "hv"]
    return trace


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


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
    assert (line.name, line.showlegend) == ("nudge at 5", True)


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


def test_true_and_one_are_not_the_same_state():
    assert value_runs("a", readings(True, 1), at(20)) == [
        Run(at(0), at(10), True),
        Run(at(10), at(20), 1),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a"], "<b>1 item</b><br>a"),
        (list("abcdefgh"), "<b>8 items</b><br>a<br>b<br>c<br>d<br>e<br>f<br>and 2 more"),
        ({"high": 2, "low": 1}, "<b>2 items</b><br>high: 2<br>low: 1"),
        ([], "<b>0 items</b>"),
    ],
)
def test_a_collection_is_told_in_words(value, text):
    figure = chart(None, ["z"], value)
    assert [note.text for note in figure.layout.annotations] == [text]


@pytest.mark.parametrize("values", [(), (None,), (None, None)])
def test_no_value_is_said(values):
    assert [note.text for note in chart(*values).layout.annotations] == ["No value yet"]


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


def test_a_single_reading_has_some_time_around_it():
    figure = chart(1, now=at(0))
    assert list(figure.data[0].x) == [clock(-20), clock(0)]


def test_without_a_zoom_no_range_is_asked_for():
    layout = chart(1, 2, threshold=5).layout
    assert (layout.xaxis.range, layout.yaxis.range, layout.uirevision) == (None, None, "a")


def test_the_part_of_the_time_that_was_chosen_is_shown():
    layout = chart(1, 2, zoom=(clock(0), clock(5))).layout
    assert list(layout.xaxis.range) == [clock(0), clock(5)]


@pytest.mark.parametrize("values", [(1, None, 2.5), ("low", "high"), (["x"], {"y": 1}), ()])
@pytest.mark.parametrize("dark", [False, True])
def test_every_figure_is_one_that_plotly_accepts(values, dark):
    marks = [Mark(at(5), "event", "e"), Mark(at(6), "intervention", "i")]
    figure = chart(*values, marks=marks, threshold=2, dark=dark)
    assert json.loads(go.Figure(figure.to_dict()).to_json()) == json.loads(figure.to_json())


def test_long_histories_are_thinned_without_losing_a_peak():
    values = [i % 2 for i in range(5000)]
    values[1234] = 99
    runs = value_runs("a", readings(*values), at(50_000))
    assert len(runs) <= MAX_POINTS
    assert max(run.value for run in runs) == 99
    assert (runs[0].start, runs[-1].end) == (at(0), at(50_000))


@given(st.lists(st.sampled_from([None, 1, 2, 2.5]), max_size=30))
def test_runs_say_the_same_as_the_readings(values):
    runs = value_runs("a", readings(*values), at(10 * len(values)))
    told = [
        run.value for i in range(len(values)) for run in runs if run.start <= at(10 * i) < run.end
    ]
    assert told == values


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
    figures = [chart(hostile, marks=marks), chart([hostile, {hostile: 1}], marks=marks)]
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
    assert attribute_summary("a", readings(1, 2, 3), threshold=5) == (
        "a over time: it changed 2 times and is now 3. The nudge comes at 5."
    )
    assert attribute_summary("a", readings("low", "high")) == (
        "a over time: it changed once and is now high."
    )
    assert attribute_summary("a", readings(None)) == "a over time: no value yet."


def test_a_full_chart_is_built_in_a_few_milliseconds():
    seen = readings(*(i % 7 for i in range(MAX_POINTS)))
    best = min(_seconds_to_build(seen) for _ in range(5))
    # Measured: 5 ms. The bound leaves room for a busy machine.
    assert best < 0.05


def _seconds_to_build(seen):
    start = time.perf_counter()
    attribute_chart("a", seen, [], now=at(6000), threshold=5)
    return time.perf_counter() - start


# --- Colors -------------------------------------------------------------------------------


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """As WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faded(color, background, opacity=0.6):
    """Captions: Streamlit draws them in the text's color at 60% opacity."""
    mixed = (
        round(opacity * int(color[i : i + 2], 16) + (1 - opacity) * int(background[i : i + 2], 16))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_of_the_theme_has_aa_contrast(mode):
    theme = THEME[mode]
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    grounds += [theme["sidebar"]["backgroundColor"], theme["sidebar"]["secondaryBackgroundColor"]]
    for ground in grounds:
        for name in ("textColor", "linkColor", "codeTextColor"):
            assert contrast(theme[name], ground) >= 4.5, (name, ground)
        assert contrast(faded(theme["textColor"], ground), ground) >= 4.5, ground
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colored_text_of_the_theme_has_aa_contrast(mode):
    theme = THEME[mode]
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        for ground in (theme[f"{name}BackgroundColor"], theme["backgroundColor"]):
            assert contrast(theme[f"{name}TextColor"], ground) >= 4.5, (name, ground)


@pytest.mark.parametrize(("mode", "colors"), [("light", LIGHT), ("dark", DARK)])
def test_charts_use_the_theme_s_colors_and_stand_out(mode, colors):
    theme = THEME[mode]
    assert list(colors.series) == theme["chartCategoricalColors"]
    assert colors.text == theme["textColor"]
    for color in colors.series:
        # Labels are drawn in these colors, and bars carry text.
        assert contrast(color, theme["backgroundColor"]) >= 4.5, color
        assert contrast(color, colors.on_series) >= 4.5, color


# How the three forms of color blindness see linear RGB (Machado, Oliveira, Fernandes 2009,
# severity 1).
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(color, matrix):
    """The color as someone with this vision sees it, in CIELAB (D65)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    red, green, blue = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in matrix
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_the_colors_of_a_chart_stay_apart_with_every_vision(colors, vision):
    seen = [lab(color, VISION[vision]) for color in colors.series]
    closest = min(dist(one, other) for one, other in combinations(seen, 2))
    # Ten times the smallest difference that people notice, which is about 2.3.
    assert closest >= 23


def test_the_time_that_was_skipped_when_the_clock_was_moved_is_a_gap() -> None:
    week = timedelta(days=7)
    history = [
        Reading(at(0), {"a": 3}),
        Reading(at(10), {"a": 3}, ahead=week),
        Reading(at(20), {"a": None}, ahead=week),
    ]

    assert value_runs("a", history, at(30) + week) == [
        Run(at(0), at(10), 3),
        Run(at(10), at(10) + week, None),
        Run(at(10) + week, at(20) + week, 3),
        Run(at(20) + week, at(30) + week, None),
    ]
