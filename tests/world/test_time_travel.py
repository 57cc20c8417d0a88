"""Moving the sandbox's clock: windows empty, and nothing is lost that should stay."""

from concurrent.futures import wait as wait_for
from datetime import UTC, datetime, timedelta

import pytest

from lib.charts.attribute_chart import attribute_summary
from lib.connection.backend import new_token
from lib.connection.explanations import Explanation
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT
from lib.world.history import value_runs
from lib.world.time_travel import SandboxTime, steps
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)

WEEK = timedelta(days=7, seconds=1)
DAY = timedelta(days=1)


def test_the_period_is_left_a_moment_after_its_end():
    jumps = {each.key: each.by for each in steps(timedelta(days=7))}
    assert jumps == {
        "forward_hour": timedelta(hours=1),
        "forward_day": DAY,
        "forward_period": WEEK,
    }


def test_snowplow_has_no_clock_to_move(world):
    clock = SandboxTime(None, world.join().polling)
    with pytest.raises(ValueError, match="Only the sandbox has a clock"):
        clock.forward(DAY)


def test_a_week_ahead_the_count_is_gone_and_the_chart_shows_it_until_the_jump(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    participant.time.forward(DAY)
    participant.time.forward(WEEK)

    assert participant.ahead == DAY + WEEK
    assert service_attributes(participant.signals, participant.user_id)[COUNT] is None
    runs = value_runs(COUNT, participant.history, participant.now)
    assert [run.value for run in runs[-5:]] == [5, None, 5, None, None]
    until_jump, day_skipped, day_later, week_skipped, gone = runs[-5:]
    assert all(run.end - run.start < timedelta(minutes=1) for run in (until_jump, day_later, gone))
    assert (day_skipped.end - day_skipped.start, week_skipped.end - week_skipped.start) == (
        DAY,
        WEEK,
    )
    assert attribute_summary(COUNT, participant.history).endswith("has no value now.")


def test_an_event_after_the_jump_counts_from_one_at_the_moved_time(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 2)
    participant.time.forward(WEEK)
    complete(participant, 1)

    assert participant.seen.current[COUNT] == 1
    assert [mark.ahead for mark in participant.marks] == [timedelta(0)] * 2 + [WEEK]
    assert participant.history[-1].at > participant.marks[-1].at > datetime.now(UTC) + DAY


def test_back_to_now_empties_what_happened_and_leaves_definitions_and_project(world):
    participant = world.join()
    published = participant.definitions.publish(PLAN)
    complete(participant, 5)
    assert eventually(lambda: participant.is_nudged)
    participant.time.forward(WEEK)
    participant.time.back_to_now()

    assert (participant.ahead, participant.marks, participant.inbox) == (timedelta(0), [], [])
    assert [reading.values[COUNT] for reading in participant.history] == [None]
    assert participant.seen.published == published and not participant.is_nudged
    assert participant.connection.inspector.events() == []
    assert len([task for task in participant.project.tasks if task.status == "done"]) >= 5

    participant.own_project.reset()
    complete(participant, 5)
    assert eventually(lambda: participant.is_nudged)


def test_going_back_a_second_time_loses_nothing(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    participant.time.forward(DAY)
    participant.time.back_to_now()
    complete(participant, 2)
    participant.time.back_to_now()

    participant.refresh()
    assert (participant.seen.count, len(participant.marks)) == (2, 2)


def test_others_in_the_sandbox_see_that_its_clock_moved(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.definitions.publish(PLAN)
    complete(other, 2)
    one.time.forward(WEEK)
    other.refresh()
    assert other.seen.current[COUNT] is None
    assert (other.ahead, other.history[-1].ahead) == (WEEK, WEEK)

    one.time.back_to_now()
    other.refresh()
    assert (other.ahead, other.marks) == (timedelta(0), [])


def test_a_world_that_was_closed_when_the_clock_was_set_back_starts_over(world):
    one = world.join()
    one.definitions.publish(PLAN)
    one.time.forward(WEEK)
    complete(one, 1)
    one.connection.inspector.back_to_now()
    with world.reopened(one) as again:
        again.refresh()
        assert (again.marks, [each.values[COUNT] for each in again.history]) == ([], [None])


def test_the_clock_goes_ten_years_ahead_at_most(world):
    participant = world.join()
    participant.time.forward(timedelta(days=3_600))
    job = participant.jobs.start("clock", lambda: participant.time.forward(timedelta(days=90)))
    job.wait()

    assert job.problem == Explanation(
        "The sandbox's clock goes at most ten years ahead.",
        "Go back to now first. The clock was not moved.",
    )
    assert participant.ahead == timedelta(days=3_600)


def test_a_clock_that_cannot_be_reached_is_an_explained_problem(world):
    participant = world.join()
    participant.time.forward(DAY)
    world.stop_sandbox()
    for move in (lambda: participant.time.forward(DAY), participant.time.back_to_now):
        job = participant.jobs.start("clock", move)
        wait_for([job.future], timeout=PATIENCE_SECONDS)
        assert job.problem is not None
        assert job.problem.message.startswith("Signals cannot be reached")
    assert participant.ahead == DAY
    world.start_sandbox()
