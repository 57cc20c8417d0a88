"""A change to the definitions is seen at once: by the user who makes it, and by the others."""

import pytest
from snowplow_signals.api_client import SignalsAPIError

from lib.connection.backend import new_token
from lib.snowplow import publishing
from tests.support.waiting import eventually
from tests.support.worlds import (
    PLAN,
    world,  # noqa: F401 (a fixture)
)


def test_what_is_published_and_unpublished_is_seen_at_once(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    assert participant.seen.published.is_complete
    participant.definitions.unpublish()
    assert (participant.seen.published.is_there, participant.seen.published.is_any) == (True, False)


def test_the_context_is_published_with_the_rest(world):
    participant = world.join()
    participant.definitions.publish_all(PLAN)
    participant.context.refresh()
    assert participant.context.seen.is_published


def test_nothing_is_left_after_cleaning_up(world):
    participant = world.join()
    participant.definitions.publish_all(PLAN)
    participant.definitions.unpublish()
    assert participant.definitions.clean_up() == []
    assert not participant.seen.published.is_there


def test_a_refused_change_is_looked_at_all_the_same(world):
    participant = world.join()
    looked = participant.seen
    with pytest.raises(SignalsAPIError), participant.definitions.changing():
        participant.signals.get_service_attributes(
            name="unknown", attribute_key="user_id", identifier=participant.user_id
        )
    assert participant.seen is not looked


def test_others_in_the_same_sandbox_hear_of_it(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.definitions.publish(PLAN)
    assert eventually(lambda: other.seen.published.is_complete)
    assert (one.definitions.changes_heard, other.definitions.changes_heard) == (0, 1)


def test_what_somebody_changes_from_outside_the_app_is_seen_with_the_second_reading(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.definitions.publish(PLAN)
    publishing.unpublish(other.signals, PLAN.names)
    one.refresh()
    one.refresh()
    assert not one.seen.published.is_any
