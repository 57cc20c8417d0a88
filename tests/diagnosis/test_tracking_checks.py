"""The checks of an event on its way name the cause of each fault, and find nothing once mended.

Each fault of `faults` breaks one thing in a world, and says what the diagnosis must say first.
"""

import uuid

from snowplow_tracker import Subject

from lib.diagnosis import tracking_checks
from lib.diagnosis.event_checks import QUESTIONS
from lib.world.participant import Participant
from tests.support.diagnosed import (
    PATIENCE_SECONDS,
    PLAN,
    SHORT_SECONDS,
    Faults,
    Mend,
    OnSnowplow,
    Sandbox,
    World,
    account,  # noqa: F401 (a fixture)
    assert_found_in_sandbox,
    assert_found_on_snowplow,
    backend,  # noqa: F401 (a fixture)
    complete,
    every,
    one_more_task,
    patient,  # noqa: F401 (a fixture)
    sandbox,  # noqa: F401 (a fixture)
    the_collector_takes_events,
    track_otherwise,
    track_rightly,
)

ADA = str(uuid.UUID(int=1))
faults = Faults()


def track_for(user_id: str) -> Mend:
    """Give the tracker a subject, and complete a task."""

    def set_subject(world: World, participant: Participant) -> None:
        world.subject.set_user_id(user_id or participant.user_id)
        complete(participant, 1)

    return set_subject


def forget_user(subject: Subject) -> None:
    """As if nobody had told the tracker whose events these are."""
    del subject.standard_nv_pairs["uid"]


@faults.add(
    "subject",
    "The event has no user id, so it counts for nobody.",
    "Give the tracker a subject: Tracker(..., subject=Subject().set_user_id(user_id)).",
    track_for(""),
)
def the_tracker_has_no_subject(world: Sandbox) -> Participant:
    participant = world.start()
    forget_user(world.subject)
    complete(participant, 5)
    return participant


@faults.add(
    "subject", "The tracker gives its events no user id", "Subject().set_user_id", track_for("")
)
def the_tracker_has_no_subject_and_tracked_nothing_yet(world: Sandbox) -> Participant:
    participant = world.start()
    forget_user(world.subject)
    return participant


@faults.add(
    "user_id",
    "'ada' is not a UUID, and Signals silently ignores user ids that are not.",
    "Map your own ids to UUIDs, for example with uuid.uuid5",
    track_for(""),
)
def the_tracker_has_an_id_that_is_no_uuid(world: Sandbox) -> Participant:
    participant = world.start()
    track_for("ada")(world, participant)
    return participant


@faults.add("user_id", "'ada' is not a UUID", "Map your own ids to UUIDs")
def the_person_has_an_id_that_is_no_uuid(world: Sandbox) -> Participant:
    participant = world.join("ada")
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    return participant


@faults.add(
    "user_id",
    f"The event belongs to {ADA}, and this page shows ",
    "Use the same id for tracking, reading and subscribing.",
    track_for(""),
)
def the_event_is_of_another_user(world: Sandbox) -> Participant:
    participant = world.start()
    track_for(ADA)(world, participant)
    return participant


@faults.add(
    "sent",
    "No completed task has been tracked for you since the app opened.",
    "Complete a task on the board",
    one_more_task,
)
def no_task_is_completed(world: Sandbox) -> Participant:
    return world.start()


@faults.add(
    "sent",
    "It was dropped: too many are waiting.",
    "The collector does not accept the waiting events.",
)
def too_many_events_wait(world: Sandbox) -> Participant:
    participant = world.start(tasks=1)
    world.set("lib.world.outbox.EVENTS_KEPT", 0)
    complete(participant, 1)
    return participant


@faults.add(
    "accepted",
    "The event failed at $.priority of iglu:com.example/task_completed/jsonschema/1-0-0:"
    ' "urgent" is not one of',
    "Correct the tracked event or the schema, and complete another task.",
    track_rightly,
)
def the_priority_is_none_of_the_schema_s(world: Sandbox) -> Participant:
    participant = world.start()
    track_otherwise(world, "task_completed", {"priority": "urgent"})
    complete(participant, 1)
    return participant


@faults.add("accepted", "of iglu:com.example/project/jsonschema/1-0-0:", "Correct", track_rightly)
def the_entity_does_not_conform(world: Sandbox) -> Participant:
    participant = world.start()
    track_otherwise(world, "project", {"plan": 7})
    complete(participant, 1)
    return participant


@faults.add(
    "schema",
    "The event failed because one of its schemas is unknown: task_completed 9-9-9 is not in this"
    " Iglu, which holds 1-0-0.",
    "Track a version that exists, or add iglu:com.example/task_completed/jsonschema/9-9-9",
    track_rightly,
)
def the_version_of_the_schema_is_unknown(world: Sandbox) -> Participant:
    participant = world.start()
    world.set("lib.snowplow.tracking.EVENT_VERSION", "9-9-9")
    complete(participant, 1)
    return participant


@faults.add(
    "sent",
    "The collector does not accept it: it answered 503: As told by the test. 1 event waits.",
    "Nothing is lost. The next try is at ",
    the_collector_takes_events,
)
def the_collector_has_a_fault(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_status = 503
    complete(participant, 1)
    return participant


@faults.add(
    "sent",
    "The collector refused it permanently: it answered 403: As told by the test.",
    "It is not sent again. Check that COLLECTOR_URL is your collector's address",
    the_collector_takes_events,
)
def the_collector_refuses_events(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_status = 403
    complete(participant, 1)
    return participant


@faults.add(
    "sent",
    "The collector does not accept it: it did not answer in time. 1 event waits.",
    "If this lasts, check that the collector is up.",
    the_collector_takes_events,
)
def the_collector_did_not_answer(world: OnSnowplow) -> Participant:
    world.set("lib.world.emitter.CONNECT_AND_READ_SECONDS", (2.0, SHORT_SECONDS))
    participant = world.start()
    world.snowplow.collector_delay = 3600
    complete(participant, 1)
    return participant


@faults.add(
    "sent",
    "It was sent at ",
    "Without an answer it is sent again, and nothing is lost.",
    the_collector_takes_events,
)
def the_collector_lets_the_app_wait(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_delay = 3600
    world.set("lib.world.settling.SETTLE_SECONDS", SHORT_SECONDS)
    complete(participant, 1)
    world.set("lib.world.settling.SETTLE_SECONDS", PATIENCE_SECONDS)
    return participant


@faults.add(
    "sent",
    "The collector does not accept it: it answered 404",
    "COLLECTOR_URL may not be a collector's address",
)
def the_address_of_the_collector_is_the_api_s(world: OnSnowplow) -> Participant:
    signals_api_url = world.snowplow.settings["SIGNALS_API_URL"]
    participant = world.join(connection=world.connect_with(COLLECTOR_URL=signals_api_url))
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    return participant


@every(faults.in_sandbox)
def test_in_the_sandbox_all_is_well_before_the_cause_and_the_cause_until_it_is_mended(
    sandbox, broken
):
    assert_found_in_sandbox(sandbox, broken)


@every(faults.on_snowplow)
def test_on_snowplow_nothing_is_found_before_the_cause_nor_the_cause_once_it_is_mended(
    account, broken
):
    assert_found_on_snowplow(account, broken)


def test_each_check_has_a_fault_that_can_be_mended():
    assert faults.mended == {
        name for name, _, check in QUESTIONS if check.__module__ == tracking_checks.__name__
    }
