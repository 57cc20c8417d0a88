"""The pipeline: how many events are at each stage."""

from lib.diagnosis.pipeline import Station, stations
from lib.world.emitter import Delivery
from lib.world.participant import Participant
from tests.support.event_worlds import (
    broken,
    patience,  # noqa: F401 (a fixture)
    read,
    world,  # noqa: F401 (a fixture)
)
from tests.support.waiting import eventually
from tests.support.worlds import PLAN, complete


def test_the_pipeline_counts_from_the_tracker_to_the_app(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    assert eventually(lambda: participant.is_live)
    complete(participant, 5)
    broken(participant, "wrong_enum")
    found = pipeline(participant, is_sandbox=True)
    assert [(each.name, each.count) for each in found] == [
        ("Tracked", 7),  # one says that the nudge arrived
        ("Waiting", 0),
        ("Sent", 7),
        ("Accepted", 6),
        ("Failed", 1),
        ("Values changed", 5),
        ("Interventions fired", 1),
        ("Received", 1),
    ]
    assert found[5].meaning == "3 of the story's 3 definitions published"


def test_on_snowplow_the_pipeline_leaves_out_what_cannot_be_known():
    unknown = "not visible from here: see Console"
    found = stations(Delivery(sent=2, waiting=1), [], [], None, [], [], is_sandbox=False)
    assert found[:5] == [
        Station("Tracked", 3, "since the app opened"),
        Station("Waiting", 1, "to be sent, or sent again"),
        Station("Sent", 2, "and accepted by the collector"),
        Station("Accepted", None, unknown),
        Station("Failed", None, unknown),
    ]
    assert found[5].meaning == "definitions not read yet"


def pipeline(participant: Participant, *, is_sandbox: bool) -> list[Station]:
    return stations(
        participant.emitter.delivery,
        read(participant),
        participant.history,
        participant.seen.published,
        participant.inbox,
        participant.missed,
        is_sandbox=is_sandbox,
    )
