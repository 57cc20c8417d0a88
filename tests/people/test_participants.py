"""The open worlds of a process: shared by sessions, kept connected, closed when everybody left."""

import threading
import uuid

from lib.connection.backend import new_token
from lib.people import participants as participants_module
from tests.support.waiting import eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def threads_of_subscriptions() -> set[threading.Thread]:
    threads = threading.enumerate()
    return {each for each in threads if each.name.startswith("SignalsInterventions")}


def test_two_sessions_of_one_user_share_one_world(world):
    user_id, token = str(uuid.uuid4()), new_token()
    assert world.join(user_id, token) is world.join(user_id, token)


def test_the_same_user_in_two_sandboxes_is_two_worlds(world):
    user_id = str(uuid.uuid4())
    one, other = world.join(user_id), world.join(user_id)
    one.definitions.publish(PLAN)
    complete(one, 1)
    other.refresh()
    assert other.seen.published.is_any is False
    assert other.project.next_open.id == "task-1"


def test_a_world_that_everybody_left_is_closed(world, monkeypatch):
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 0.0)
    before = threads_of_subscriptions()
    participant = world.join()
    assert eventually(lambda: participant.is_live)
    assert threads_of_subscriptions() - before
    world.participants.leave(participant.user_id, participant.connection.token)
    assert eventually(lambda: not threads_of_subscriptions() - before)
    assert not participant.is_live


def test_a_world_that_somebody_came_back_to_stays_open(world):
    user_id, token = str(uuid.uuid4()), new_token()
    participant = world.join(user_id, token)
    world.participants.leave(user_id, token)
    assert world.join(user_id, token) is participant
