"""Reading attribute values: through the service, from one version of a group, and the count."""

from typing import Any

import pytest
from snowplow_signals import SignalsAPIError

from lib.snowplow.attributes import completed_tasks, group_attributes, service_attributes
from lib.snowplow.definitions import COUNT, PRIORITY
from tests.support.attributes import count_and_priority
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def test_a_service_that_is_not_published_is_not_found(world):
    participant = world.join()
    with pytest.raises(SignalsAPIError) as caught:
        service_attributes(participant.signals, participant.user_id)
    assert caught.value.status_code == 404


def test_a_service_has_every_attribute_of_one_user_and_none_before_an_event(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    read = service_attributes(participant.signals, participant.user_id)
    assert (read["user_id"], *count_and_priority(read)) == (participant.user_id, None, None)

    complete(participant, 3)
    read = service_attributes(participant.signals, participant.user_id)
    assert (read["user_id"], *count_and_priority(read)) == (participant.user_id, 3, "medium")


def test_a_group_has_the_attributes_that_were_asked_for(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    signals, user_id = participant.signals, participant.user_id
    assert group_attributes(signals, user_id, 1, [COUNT]) == {"user_id": user_id, COUNT: 1}
    assert group_attributes(signals, user_id, 1, [COUNT, PRIORITY])[PRIORITY] == "high"


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({COUNT: 3}, 3),
        ({COUNT: 0}, 0),
        ({COUNT: 2.5}, 2.5),
        ({COUNT: None}, None),
        ({COUNT: True}, None),
        ({COUNT: "3"}, None),
        ({}, None),
    ],
)
def test_the_count_is_a_number_or_there_is_none(values: dict[str, Any], count: float | None):
    assert completed_tasks(values) == count
