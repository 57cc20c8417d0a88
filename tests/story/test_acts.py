"""What the guide and the autoplay do as a person would."""

from lib.snowplow.interventions import push_test_intervention
from lib.story.acts import accept_nudge, complete_next
from tests.support.waiting import eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def test_the_task_to_do_next_is_completed_and_tracked(world):
    participant = world.join()
    due = participant.project.next_open
    done = complete_next(participant)
    assert (done.id, done.status) == (due.id, "done")
    assert participant.emitter.wait_until_sent(60)
    assert participant.last_event.state == "sent"


def test_once_all_tasks_are_done_a_new_sprint_begins(world):
    participant = world.join()
    with participant.own_project.changed() as project:
        while (task := project.next_open) is not None:
            project.complete(task.id)
    before = len(participant.project.tasks)
    done = complete_next(participant)
    assert done is not None and done.id not in {f"task-{n}" for n in range(1, before + 1)}
    assert len(participant.project.filtered("done")) == before + 1


def test_nothing_is_completed_while_the_room_is_paused(world):
    participant = world.join()
    place = participant.connection.place
    world.state.rooms.save_room(place, "", None)
    world.state.rooms.pause_room(place, True)
    assert complete_next(participant) is None
    assert participant.last_event is None


def test_the_nudge_is_accepted_once_and_other_interventions_are_left_alone(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    assert eventually(lambda: participant.is_live)
    push_test_intervention(participant.signals, participant.user_id)
    assert eventually(lambda: len(participant.inbox) == 1)
    complete(participant, 5)
    assert eventually(lambda: participant.is_nudged)
    accept_nudge(participant)
    accept_nudge(participant)
    answers = {each.intervention.name: each.answer for each in participant.inbox}
    assert answers == {"power_user_nudge": "accepted", "hello_from_the_app": None}
    assert participant.emitter.wait_until_sent(60)
    tracked = [each.name for each in participant.emitter.delivery.events]
    assert tracked.count("nudge_interaction") == 1


def test_without_a_nudge_there_is_nothing_to_accept(world):
    participant = world.join()
    accept_nudge(participant)
    assert participant.emitter.delivery.events == ()
