"""The charts of events: one event's journey, and events per minute."""

from datetime import timedelta

import pytest

from lib.charts.journey_chart import journey_chart, journey_summary, minutes_chart, minutes_summary
from lib.charts.style import DARK, LIGHT
from lib.diagnosis.journey import JourneyStep
from lib.world.events import per_minute
from tests.support.event_worlds import (
    NOON,
    an_event,
    patience,  # noqa: F401 (a fixture)
)

STEPS = [
    JourneyStep("tracked", NOON, "by <b>x</b>"),
    JourneyStep("received", NOON + timedelta(milliseconds=2), "by the collector"),
    JourneyStep("failed", NOON + timedelta(milliseconds=3.5), "why"),
]


@pytest.mark.parametrize(("dark", "colors"), [(False, LIGHT), (True, DARK)])
def test_the_journey_is_drawn_on_an_axis_of_milliseconds(dark, colors):
    figure = journey_chart(STEPS, dark=dark).to_dict()
    (trace,) = figure["data"]
    assert (trace["x"], trace["y"]) == ([0, 2, 3.5], [0, 1, 2])
    assert trace["marker"]["color"] == [colors.line, colors.line, colors.threshold]
    assert trace["customdata"][0] == "by &lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["yaxis"]["ticktext"] == ["tracked", "received", "failed"]
    assert figure["layout"]["font"]["color"] == colors.text


def test_the_journey_is_told_in_a_sentence():
    assert journey_summary(STEPS) == (
        "The journey of the event: tracked at 0 ms, received at 2 ms, failed at 3.5 ms."
    )


def test_each_minute_has_a_bar_for_each_outcome():
    counts = per_minute([an_event(0), an_event(0), an_event(0, status="failed")])
    figure = minutes_chart(counts).to_dict()
    assert [(each["name"], each["y"], each["x"]) for each in figure["data"]] == [
        ("accepted", [2], ["2026-03-02 12:00:00.000000"]),
        ("failed", [1], ["2026-03-02 12:00:00.000000"]),
    ]
    assert figure["layout"]["xaxis"]["range"] == [
        "2026-03-02 11:50:30.000000",
        "2026-03-02 12:00:30.000000",
    ]
    assert minutes_summary(counts) == "Events per minute: 3 events, 1 minute with any."
