"""The charts of a simulated team."""

from datetime import UTC, datetime, timedelta

from lib.charts.crowd_chart import nudges_chart, nudges_summary, tasks_chart, tasks_summary
from lib.charts.style import LIGHT
from lib.people.crowd_progress import Nudge

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_bars_say_how_many_simulated_users_completed_how_many_tasks():
    before, after = tasks_chart([0, 0, 3, 5, 8], 5).data
    assert (list(before.x), list(before.y)) == ([0, 3], [2, 1])
    assert (list(after.x), list(after.y)) == ([5, 8], [1, 1])
    assert after.marker.color == LIGHT.intervention
    assert all("simulated" in each.name for each in (before, after))
    assert tasks_summary([0, 5, 8], 5) == (
        "What 3 simulated users completed. The busiest completed 8. 2 reached the nudge."
    )


def test_wide_bars_never_stand_on_both_sides_of_the_nudge():
    before, after = tasks_chart(list(range(100)), 5).data
    assert sum(before.y) == 5 and sum(after.y) == 95
    assert max(x + 0.5 * w for x, w in zip(before.x, before.width, strict=True)) < 4.6
    assert len(before.x) + len(after.x) <= 31


def test_nudges_add_up_over_time():
    nudges = [Nudge(7, NOW), Nudge(2, NOW + timedelta(seconds=3))]
    (line,) = nudges_chart(nudges, NOW, NOW).data
    assert list(line.y) == [1, 2]
    assert list(line.customdata) == ["simulated user 7", "simulated user 2"]
    assert "simulated" in line.name
    assert nudges_summary(nudges) == (
        "Simulated users nudged over time: 2, the first at 12:00:00 and the last at 12:00:03 UTC."
    )
    assert nudges_summary([]) == "Simulated users nudged over time: nobody yet."


def test_charts_of_nothing_are_drawn():
    assert tasks_chart([], None).layout.height == nudges_chart([], NOW, NOW).layout.height
