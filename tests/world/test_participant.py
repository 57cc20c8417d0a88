"""A participant's world: what happens in it is seen, kept, shared and closed."""

import threading
import uuid
from concurrent.futures import wait as wait_for
from datetime import UTC, datetime, timedelta

from lib.charts.attribute_chart import attribute_summary
from lib.connection.backend import new_token
from lib.connection.explanations import Explanation
from lib.people import participants as participants_module
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT
from lib.snowplow.interventions import push_test_intervention
from lib.world import settling
from lib.world.app_state import AppState
from lib.world.history import value_runs
from lib.world.participant import Participant
from tests.support.attributes import count_and_priority
from tests.support.waiting import ENDLESS_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def count_of(participant: Participant) -> object:
    participant.refresh()
    return participant.seen.values.values[COUNT] if participant.seen.values else None


def threads_of_subscriptions() -> int:
    return sum(thread.name.startswith("SignalsInterventions") for thread in threading.enumerate())


def test_a_completed_task_is_counted_by_the_time_it_returns(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 1)
    assert participant.seen.values.values[COUNT] == 1


def test_the_fifth_task_brings_the_nudge_by_the_time_it_returns(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 4)
    assert participant.inbox == []
    complete(participant, 1)
    (nudge,) = (each.intervention for each in participant.inbox)
    assert nudge.name == "power_user_nudge"
    assert count_and_priority(nudge.attributes) == ("5", "high")


def test_the_nudge_comes_once(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 8)
    assert len(participant.inbox) == 1


def test_tasks_completed_before_publishing_are_not_counted(world):
    participant = world.join()
    complete(participant, 2)
    participant.publish(PLAN)
    complete(participant, 1)
    assert count_of(participant) == 1


def test_a_task_is_completed_once_however_often_it_is_asked(world):
    participant = world.join()
    participant.publish(PLAN)
    task = participant.project.next_open
    assert [participant.complete_task(task.id) is None for _ in range(3)] == [False, True, True]
    assert count_of(participant) == 1


def test_the_history_has_one_reading_for_each_change(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 3)
    participant.refresh()
    participant.refresh()
    assert [reading.values[COUNT] for reading in participant.history] == [None, 1, 2, 3]


def test_events_and_interventions_are_marked(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 5)
    assert [mark.kind for mark in participant.marks].count("event") == 5
    assert [mark.label for mark in participant.marks if mark.kind == "intervention"] == [
        "power_user_nudge v1"
    ]


def test_two_users_of_one_sandbox_share_definitions_and_nothing_else(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.publish(PLAN)
    complete(one, 5)
    other.refresh()
    assert other.seen.published.is_complete
    assert (other.seen.values.values[COUNT], other.inbox, other.history[0].values[COUNT]) == (
        None,
        [],
        None,
    )


def test_the_same_user_in_two_sandboxes_is_two_worlds(world):
    user_id = str(uuid.uuid4())
    one, other = world.join(user_id), world.join(user_id)
    one.publish(PLAN)
    complete(one, 1)
    other.refresh()
    assert other.seen.published.is_any is False
    assert other.project.next_open.id == "task-1"


def test_two_sessions_of_one_user_share_one_world(world):
    user_id, token = str(uuid.uuid4()), new_token()
    assert world.join(user_id, token) is world.join(user_id, token)


def test_news_raise_the_revision_and_nothing_new_does_not(world):
    participant = world.join()
    participant.publish(PLAN)
    participant.keep_alive()
    assert eventually(lambda: participant.is_live)
    participant.keep_alive()
    before = participant.revision
    participant.refresh()
    assert participant.revision == before
    complete(participant, 1)
    assert participant.revision > before


def test_an_answer_is_kept_and_tracked_once(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 5)
    nudge = participant.inbox[0]
    participant.answer(nudge, "dismissed")
    participant.answer(nudge, "accepted")
    assert participant.inbox[0].answer == "dismissed"
    assert participant.emitter.wait_until_sent(5)
    assert participant.emitter.delivery.sent == 6


def test_a_pushed_intervention_arrives(world):
    participant = world.join()
    assert eventually(lambda: participant.is_live)
    assert push_test_intervention(participant.signals, participant.user_id) == "success"
    assert eventually(lambda: len(participant.inbox) == 1)


def test_project_history_and_inbox_outlive_the_world(world):
    user_id, token = str(uuid.uuid4()), new_token()
    participant = world.join(user_id, token)
    participant.publish(PLAN)
    complete(participant, 5)
    participant.close()
    state = AppState(world.backend.settings.app_db)
    again = Participant(user_id, world.backend.connect(token), state, PLAN)
    again.refresh()
    assert (len(again.inbox), len(again.history), again.seen.values.values[COUNT]) == (1, 6, 5)
    assert len([task for task in again.project.tasks if task.status == "done"]) == 5
    again.close()
    state.close()


def test_with_the_sandbox_stopped_a_task_completes_at_once_and_waits_to_be_sent(world, monkeypatch):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 1)
    world.backend.sandbox.stop()
    monkeypatch.setattr(settling, "SETTLE_SECONDS", ENDLESS_SECONDS)
    complete(participant, 1)
    assert participant.emitter.delivery.waiting == 1
    participant.refresh()
    assert participant.seen.problem.message == "Signals cannot be reached."
    assert participant.seen.values.values[COUNT] == 1


def test_when_the_sandbox_is_back_all_recovers_and_counts_once(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 4)
    world.backend.sandbox.stop()
    complete(participant, 1)
    participant.refresh()
    world.start_sandbox()
    assert eventually(lambda: participant.emitter.delivery.waiting == 0, 15)
    assert eventually(lambda: participant.seen.problem is None and participant.is_live, 15)
    assert eventually(lambda: count_of(participant) == 5)
    assert eventually(lambda: len(participant.inbox) == 1)


def test_what_was_tracked_in_an_outage_is_sent_after_a_restart_of_the_app(world):
    user_id, token = str(uuid.uuid4()), new_token()
    participant = world.join(user_id, token)
    participant.publish(PLAN)
    world.backend.sandbox.stop()
    complete(participant, 1)
    participant.close()
    world.start_sandbox()
    state = AppState(world.backend.settings.app_db)
    again = Participant(user_id, world.backend.connect(token), state, PLAN)
    assert again.emitter.wait_until_sent(5)
    assert count_of(again) == 1
    again.close()
    state.close()


def test_a_world_that_everybody_left_is_closed(world, monkeypatch):
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 0.0)
    before = threads_of_subscriptions()
    participant = world.join()
    assert eventually(lambda: participant.is_live)
    world.participants.leave(participant.user_id, participant.connection.token)
    assert eventually(lambda: threads_of_subscriptions() == before)
    assert not participant.is_live


def test_a_world_that_somebody_came_back_to_stays_open(world):
    user_id, token = str(uuid.uuid4()), new_token()
    participant = world.join(user_id, token)
    world.participants.leave(user_id, token)
    assert world.join(user_id, token) is participant


WEEK = timedelta(days=7, seconds=1)
DAY = timedelta(days=1)


def test_a_week_ahead_the_count_is_gone_and_the_chart_shows_it_until_the_jump(world):
    participant = world.join()
    participant.publish(PLAN)
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
    participant.publish(PLAN)
    complete(participant, 2)
    participant.time.forward(WEEK)
    complete(participant, 1)

    assert participant.seen.current[COUNT] == 1
    assert [mark.ahead for mark in participant.marks] == [timedelta(0)] * 2 + [WEEK]
    assert participant.history[-1].at > participant.marks[-1].at > datetime.now(UTC) + DAY


def test_back_to_now_empties_what_happened_and_leaves_definitions_and_project(world):
    participant = world.join()
    published = participant.publish(PLAN)
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
    participant.publish(PLAN)
    participant.time.forward(DAY)
    participant.time.back_to_now()
    complete(participant, 2)
    participant.time.back_to_now()

    assert (count_of(participant), len(participant.marks)) == (2, 2)


def test_whoever_shares_the_sandbox_learns_that_its_clock_moved(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.publish(PLAN)
    complete(other, 2)
    one.time.forward(WEEK)
    assert count_of(other) is None
    assert (other.ahead, other.history[-1].ahead) == (WEEK, WEEK)

    one.time.back_to_now()
    other.refresh()
    assert (other.ahead, other.marks) == (timedelta(0), [])


def test_a_world_that_was_closed_when_the_clock_was_set_back_starts_over(world):
    token, user_id = new_token(), str(uuid.uuid4())
    one = world.join(user_id, token)
    one.publish(PLAN)
    one.time.forward(WEEK)
    complete(one, 1)
    one.connection.inspector.back_to_now()
    again = Participant(user_id, world.backend.connect(token), world.state, PLAN)
    again.refresh()

    assert (again.marks, [each.values[COUNT] for each in again.history]) == ([], [None])
    again.close()


def test_the_clock_goes_ten_years_ahead_at_most(world):
    participant = world.join()
    participant.time.forward(timedelta(days=3_600))
    job = participant.jobs.start("clock", lambda: participant.time.forward(timedelta(days=90)))
    job.wait()

    assert job.problem == Explanation(
        "The sandbox's clock goes at most ten years ahead.",
        "Go back to now first. Nothing was moved.",
    )
    assert participant.ahead == timedelta(days=3_600)


def test_a_clock_that_cannot_be_reached_is_an_explained_problem(world):
    participant = world.join()
    participant.time.forward(DAY)
    world.backend.sandbox.stop()
    for move in (lambda: participant.time.forward(DAY), participant.time.back_to_now):
        job = participant.jobs.start("clock", move)
        wait_for([job.future], timeout=10)
        assert job.problem is not None
        assert job.problem.message.startswith("Signals cannot be reached")
    assert participant.ahead == DAY
    world.start_sandbox()
