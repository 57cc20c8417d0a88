"""The checks of what an event changed name the cause of each fault, and find nothing once mended.

Each fault of `faults` breaks one thing in a world, and says what the diagnosis must say first.
"""

import time
from dataclasses import replace
from datetime import timedelta

from snowplow_signals import AtomicProperty, Criteria, Criterion

from lib.diagnosis import attribute_checks
from lib.diagnosis.checks import ok
from lib.diagnosis.diagnoses import diagnoses
from lib.diagnosis.event_checks import QUESTIONS
from lib.snowplow import attributes
from lib.snowplow.definitions import COUNT, attribute_group, service
from lib.world.participant import Participant
from tests.support.diagnosed import (
    PLAN,
    Faults,
    OnSnowplow,
    Sandbox,
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
from tests.support.waiting import eventually

faults = Faults()


@faults.add(
    "matched",
    "project_engagement counts com.example/task_completed/1-0-0, and this event is"
    " com.other/task_completed/1-0-0.",
    "Make them the same: publish the definitions again from this app, or correct VENDOR",
)
def the_definitions_name_another_vendor(world: Sandbox) -> Participant:
    participant = world.join(plan=replace(PLAN, vendor="com.other"))
    participant.definitions.publish(PLAN)
    complete(participant, 5)
    return participant


@faults.add(
    "matched",
    "The event came before project_engagement version 1 was published, and only later events",
    "Complete another task.",
    one_more_task,
)
def the_event_came_before_publishing(world: Sandbox) -> Participant:
    participant = world.join()
    complete(participant, 5)
    participant.definitions.publish(PLAN)
    return participant


@faults.add(
    "matched", "came before project_engagement version 2", "Complete another", one_more_task
)
def the_event_came_before_a_new_version(world: Sandbox) -> Participant:
    participant = world.start(tasks=5)
    participant.definitions.publish(replace(PLAN, period=timedelta(days=1)))
    return participant


@faults.add(
    "matched",
    "The event meets none of the conditions of project_engagement version 2.",
    "Complete a task that meets them.",
)
def the_event_meets_no_condition(world: Sandbox) -> Participant:
    participant = world.start(tasks=1)
    group = attribute_group(PLAN, 2)
    never = Criteria(all=[Criterion.eq(AtomicProperty(name="app_id"), "another")])
    attributes = [each.model_copy(update={"criteria": never}) for each in group.attributes]
    group = group.model_copy(update={"attributes": attributes})
    participant.signals.publish([group, service(PLAN, group)])
    participant.definitions.hear_of_change()
    assert eventually(lambda: participant.seen.published.version == 2)
    complete(participant, 1)
    return participant


@faults.add("matched", "counts com.example/task_completed/1-0-0, and this event is com.o", "VENDOR")
def the_account_counts_another_vendor_s_events(world: OnSnowplow) -> Participant:
    participant = world.join(plan=replace(PLAN, vendor="com.other"))
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    return participant


@faults.add(
    "matched",
    "The event came before project_engagement version 1 was published",
    "Complete another task.",
    one_more_task,
)
def the_app_saw_the_event_come_before_publishing(world: OnSnowplow) -> Participant:
    participant = world.join()
    complete(participant, 5)
    participant.definitions.publish(PLAN)
    return participant


@faults.add(
    "changed",
    "No value changed within ",
    "Check in Console: Data quality shows whether the event failed",
    track_rightly,
)
def the_event_failed_in_the_account(world: OnSnowplow) -> Participant:
    world.set("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(0))
    participant = world.start()
    track_otherwise(world, "task_completed", {"priority": "urgent"})
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
        name for name, _, check in QUESTIONS if check.__module__ == attribute_checks.__name__
    }


def test_values_that_may_be_older_than_the_event_are_unknown_and_not_too_low(account, monkeypatch):
    participant = account.start(tasks=3)
    values = participant.seen.current
    monkeypatch.setattr(attributes, "service_attributes", lambda *_: values)
    complete(participant, 1)
    diagnosis = diagnoses(participant).event.run()
    statuses = {name: diagnosis.verdicts[name].status for name in ("changed", "criteria")}
    assert statuses == {"changed": "unknown", "criteria": "unknown"}
    assert all("Console" in diagnosis.verdicts[name].fix for name in statuses)
    assert diagnosis.verdicts["sent"].status == "ok"


def test_an_event_that_waited_until_after_publishing_is_counted(account):
    participant = account.join()
    account.snowplow.collector_status = 503
    complete(participant, 1)
    participant.refresh()
    participant.definitions.publish(PLAN)
    the_collector_takes_events(account, participant)
    assert eventually(lambda: bool(participant.refresh() or participant.seen.current[COUNT]))
    verdicts = diagnoses(participant).event.run().verdicts
    assert verdicts["matched"] == ok(
        "project_engagement version 1 counts such events, and a value changed after this one."
    )
    assert verdicts["changed"].evidence.startswith("tasks_completed_count: no value → 1; ")


def test_a_counted_event_stays_counted_after_unpublishing_and_publishing_again(account):
    participant = account.start(tasks=1)
    participant.definitions.unpublish()
    participant.definitions.publish(PLAN)
    assert diagnoses(participant).event.run().verdicts["matched"].status == "ok"


def test_values_that_a_new_version_lost_are_not_a_finding(account, monkeypatch):
    monkeypatch.setattr("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(0))
    participant = account.start(tasks=3)
    participant.definitions.publish(replace(PLAN, period=timedelta(days=1)))
    diagnosis = diagnoses(participant).event.run()
    assert [diagnosis.verdicts[name].status for name in ("matched", "changed")] == ["unknown"] * 2
    assert "Complete another task" in diagnosis.verdicts["matched"].fix
    assert diagnosis.cause is not None and diagnosis.cause[0].name == "criteria"
    assert diagnosis.cause[1].fix.startswith("Complete 5 more tasks")


def test_unchanged_values_are_not_a_finding_soon_after_an_event_that_waited_long(
    account, monkeypatch
):
    monkeypatch.setattr("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(seconds=2))
    participant = account.start()
    values = participant.seen.current
    monkeypatch.setattr(attributes, "service_attributes", lambda *_: values)
    account.snowplow.collector_status = 503
    complete(participant, 1)
    event = participant.last_event
    assert eventually(lambda: time.time() - event.tstamp.timestamp() > 2)
    the_collector_takes_events(account, participant)
    assert diagnoses(participant).event.run().verdicts["changed"].status == "unknown"
