"""A rule that is not the story's is published alone: the app follows it."""

import pytest
from snowplow_signals import (
    Attribute,
    Event,
    EventProperty,
    InterventionCriterion,
    RuleIntervention,
    StreamAttributeGroup,
    user_id,
)

from lib.diagnosis.diagnoses import diagnoses
from lib.people.room import Rooms
from lib.snowplow.definitions import MADE_BY_THIS_APP
from lib.story import guide_checks
from lib.story.talk_track import progress_of, told
from lib.studio.changes import change_of, publish
from lib.studio.registry import Registry
from lib.world.participant import Participant
from tests.support.waiting import eventually
from tests.support.worlds import (
    World,
    complete,
    world,  # noqa: F401 (a fixture)
)

OWNER = "you@example.com"
DONE = Event(vendor="com.example", name="task_completed", version="1-0-0")
PRIORITY = EventProperty(
    vendor="com.example", name="task_completed", major_version=1, path="priority"
)
DRAFT = (
    StreamAttributeGroup(
        name="mine",
        version=1,
        attribute_key=user_id,
        owner=OWNER,
        attributes=[
            Attribute(
                name="newest",
                type="string",
                aggregation="last",
                property=PRIORITY,
                events=[DONE],
            )
        ],
    ),
    RuleIntervention(
        name="any_task",
        version=1,
        owner=OWNER,
        criteria=InterventionCriterion(attribute="mine:newest", operator="is not null"),
    ),
)


@pytest.fixture
def participant(world: World) -> Participant:
    """Somebody in whose sandbox only another group and another rule are published."""
    joined = world.join()
    assert eventually(lambda: joined.is_live)
    with joined.definitions.changing():
        publish(joined.signals, change_of(DRAFT, Registry()))
    return joined


def test_it_is_followed_and_the_story_is_once_that_is_published(participant: Participant) -> None:
    assert participant.nudge_name == "any_task"

    participant.definitions.publish(participant.plan)

    assert participant.nudge_name == "power_user_nudge"
    assert participant.seen.published.others == ()


def test_what_this_app_did_not_make_is_not_followed(participant: Participant) -> None:
    foreign = DRAFT[1].model_copy(update={"name": "foreign", "description": "Ours."})
    assert MADE_BY_THIS_APP not in (foreign.description or "")
    participant.signals.publish([foreign])
    participant.polling.ask_again()

    assert [each.name for each in participant.seen.published.others] == ["any_task"]


def test_guide_and_talk_track_follow_it(participant: Participant) -> None:
    assert guide_checks.published(participant).status == "ok"
    assert progress_of(participant) == "counting"
    assert told("It comes {when}.", participant) == r"It comes when newest is not null."
    assert "It fires when newest is not null" in guide_checks.nudged(participant).evidence

    complete(participant, 1)

    assert eventually(lambda: guide_checks.nudged(participant).status == "ok")
    assert progress_of(participant) == "nudged"


def test_the_story_s_count_is_not_read_into_it(participant: Participant) -> None:
    complete(participant, 1)

    assert "is not published here" in guide_checks.read(participant).evidence


def test_the_diagnosis_of_an_event_follows_it(participant: Participant) -> None:
    complete(participant, 1)
    assert eventually(lambda: participant.is_nudged)

    verdicts = diagnoses(participant).event.run().verdicts

    followed = ("definitions", "matched", "changed", "criteria", "fired", "received")
    assert {name: verdicts[name].status for name in followed} == dict.fromkeys(followed, "ok")
    assert "newest: no value → " in verdicts["changed"].evidence


def test_the_room_counts_it_and_the_tasks_that_were_tracked(
    participant: Participant, world: World
) -> None:
    complete(participant, 2)
    assert eventually(lambda: participant.is_nudged)

    (standing,) = Rooms(world.state).standings(
        participant.connection.place, [participant.user_id], ("any_task", 1), has_count=False
    )

    assert (standing.tasks, standing.nudged_at is not None) == (2, True)
