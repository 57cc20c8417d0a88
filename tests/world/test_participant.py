"""A participant's world: what happens in it is seen, kept and shared."""

from lib.connection.backend import new_token
from lib.snowplow.definitions import COUNT
from lib.snowplow.interventions import push_test_intervention
from lib.snowplow.tracking import SIGNALS_VENDOR
from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def count_of(participant: Participant) -> object:
    participant.refresh()
    return participant.seen.current.get(COUNT)


def test_the_nudge_comes_once(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 8)
    assert len(participant.inbox) == 1


def test_tasks_completed_before_publishing_are_not_counted(world):
    participant = world.join()
    complete(participant, 2)
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    assert count_of(participant) == 1


def test_a_task_is_completed_once_however_often_it_is_asked(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    task = participant.project.next_open
    assert [participant.complete_task(task.id) is None for _ in range(3)] == [False, True, True]
    assert count_of(participant) == 1


def test_the_history_has_one_reading_for_each_change(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 3)
    participant.refresh()
    participant.refresh()
    assert [reading.values[COUNT] for reading in participant.history] == [None, 1, 2, 3]


def test_events_and_interventions_are_marked(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    assert [mark.kind for mark in participant.marks].count("event") == 5
    assert [mark.label for mark in participant.marks if mark.kind == "intervention"] == [
        "power_user_nudge v1"
    ]


def test_two_users_of_one_sandbox_share_definitions_and_nothing_else(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.definitions.publish(PLAN)
    complete(one, 5)
    other.refresh()
    assert other.seen.published.is_complete
    assert (other.seen.values.values[COUNT], other.inbox, other.history[0].values[COUNT]) == (
        None,
        [],
        None,
    )


def test_news_raise_the_revision_and_nothing_new_does_not(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
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
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    nudge = participant.inbox[0]
    participant.answer(nudge, "dismissed")
    participant.answer(nudge, "accepted")
    assert participant.inbox[0].answer == "dismissed"
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    tracked = [each.name for each in participant.emitter.delivery.events]
    assert tracked.count("nudge_interaction") == 1


def test_a_pushed_intervention_arrives(world):
    participant = world.join()
    assert eventually(lambda: participant.is_live)
    assert push_test_intervention(participant.signals, participant.user_id) == "success"
    assert eventually(lambda: len(participant.inbox) == 1)


def test_project_history_and_inbox_outlive_the_world(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    participant.close()
    with world.reopened(participant) as again:
        again.refresh()
        assert (len(again.inbox), len(again.history), again.seen.count) == (1, 6, 5)
        assert len(again.project.filtered("done")) == 5


def test_when_the_sandbox_is_back_all_recovers_and_counts_once(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 4)
    world.stop_sandbox()
    complete(participant, 1)
    participant.refresh()
    world.start_sandbox()
    assert eventually(lambda: participant.emitter.delivery.waiting == 0, 15)
    assert eventually(lambda: participant.seen.problem is None and participant.is_live, 15)
    assert eventually(lambda: count_of(participant) == 5)
    assert eventually(lambda: len(participant.inbox) == 1)


def test_what_was_tracked_in_an_outage_is_sent_after_a_restart_of_the_app(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    world.stop_sandbox()
    complete(participant, 1)
    participant.close()
    world.start_sandbox()
    with world.reopened(participant) as again:
        assert again.emitter.wait_until_sent(PATIENCE_SECONDS)
        assert count_of(again) == 1


def test_an_intervention_is_tracked_when_it_arrives_and_when_it_is_shown(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    participant.note_shown(participant.inbox[0])
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    events = participant.connection.inspector.events(participant.user_id)
    ours = [each for each in events if each["schema"].startswith(f"iglu:{SIGNALS_VENDOR}/")]
    assert [(each["name"], each["status"], each["unvalidated"]) for each in ours] == [
        ("intervention_handle", "accepted", []),
        ("intervention_receive", "accepted", []),
    ]


def test_what_is_tracked_about_an_intervention_is_no_gesture_and_no_news(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    revision, gesture = participant.revision, participant.newest_gesture
    participant.note_shown(participant.inbox[0])
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    assert (participant.revision, participant.newest_gesture) == (revision, gesture)
    assert gesture.name == "task_completed"
    assert count_of(participant) == 5
