"""The checks of an intervention name the cause of each fault, and find nothing once it is mended.

Each fault of `faults` breaks one thing in a world, and says what the diagnosis must say first.
"""

from dataclasses import replace
from datetime import timedelta

import httpx

from lib.diagnosis import intervention_checks
from lib.diagnosis.checks import ok
from lib.diagnosis.diagnoses import diagnoses
from lib.diagnosis.event_checks import QUESTIONS
from lib.world.participant import Participant
from tests.support.diagnosed import (
    PLAN,
    Faults,
    OnSnowplow,
    Sandbox,
    World,
    account,  # noqa: F401 (a fixture)
    assert_found_in_sandbox,
    assert_found_on_snowplow,
    backend,  # noqa: F401 (a fixture)
    complete,
    complete_five_unheard,
    cross_another_line,
    cut_stream,
    every,
    nobody_listens_in,
    one_more_task,
    patient,  # noqa: F401 (a fixture)
    reconnect,
    sandbox,  # noqa: F401 (a fixture)
)
from tests.support.servers import gate
from tests.support.waiting import eventually

faults = Faults()


def two_more_tasks(_: World, participant: Participant) -> None:
    complete(participant, 2)


@faults.add(
    "criteria",
    "Not yet. It fires when tasks_completed_count >= 5 (tasks_completed_count is 3).",
    "Complete 2 more tasks, or publish a lower threshold on the definitions page.",
    two_more_tasks,
)
def three_tasks_of_five_are_completed(world: Sandbox) -> Participant:
    return world.start(tasks=3)


@faults.add("criteria", "(tasks_completed_count is 4)", "Complete 1 more task,", one_more_task)
def four_tasks_of_five_are_completed(world: Sandbox) -> Participant:
    return world.start(tasks=4)


@faults.add(
    "fired",
    "power_user_nudge version 1 arrived at ",
    "Become a new user. In the sandbox, a new threshold works too: it is a new version.",
    cross_another_line,
)
def it_fired_before(world: Sandbox) -> Participant:
    participant = world.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    complete(participant, 1)
    return participant


@faults.add(
    "fired",
    "The criteria were already met before this event, and an intervention fires only with an event"
    " that crosses the threshold.",
    "Become a new user. In the sandbox, a new threshold",
    cross_another_line,
)
def the_criteria_were_met_before_it_was_published(world: Sandbox) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.definitions.publish(replace(PLAN, threshold=3))
    complete(participant, 1)
    return participant


@faults.add(
    "fired",
    "It was published after this event, when its criteria were already met, and it fires only with",
    "Become a new user. In the sandbox, a new threshold",
    cross_another_line,
)
def the_threshold_was_lowered_below_the_count(world: Sandbox) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.definitions.publish(replace(PLAN, threshold=3))
    return participant


@faults.add(
    "received",
    "It fired while nobody listened. It is not sent again.",
    "Become a new user. In the sandbox, a new threshold",
    cross_another_line,
)
def it_fired_while_nobody_listened(world: Sandbox) -> Participant:
    world.set("lib.sandbox.signals.subscriptions.HELD_SECONDS", 0.0)
    way = world.open(gate(world.url))
    participant = world.start(connection=world.through(way))
    cut_stream(way, participant)
    assert eventually(lambda: nobody_listens_in(world))
    complete_five_unheard(world, participant)
    reconnect(world, participant)
    return participant


@faults.add("criteria", "(tasks_completed_count is 3)", "Complete 2 more tasks", two_more_tasks)
def three_tasks_of_five_are_completed_on_the_account(world: OnSnowplow) -> Participant:
    return world.start(tasks=3)


@faults.add(
    "fired", "power_user_nudge version 1 arrived at ", "Become a new user", cross_another_line
)
def it_fired_before_on_the_account(world: OnSnowplow) -> Participant:
    participant = world.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    complete(participant, 1)
    return participant


@faults.add(
    "fired",
    "The criteria were already met before this event",
    "Wait a few seconds: it may still come for an event that did. Become a new user",
    cross_another_line,
)
def the_criteria_were_met_before_it_was_published_to_the_account(world: OnSnowplow) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.definitions.publish(replace(PLAN, threshold=3))
    complete(participant, 1)
    return participant


@faults.add(
    "fired",
    "power_user_nudge version 1 probably fired while the app was disconnected.",
    "Become a new user",
    cross_another_line,
)
def it_was_missed_and_another_task_is_completed(world: OnSnowplow) -> Participant:
    participant = it_fired_while_the_app_was_disconnected(world)
    complete(participant, 1)
    return participant


@faults.add(
    "received",
    "It probably fired while the app was disconnected. It is not sent again.",
    "Become a new user. In the sandbox, a new threshold",
    cross_another_line,
)
def it_fired_while_the_app_was_disconnected(world: OnSnowplow) -> Participant:
    world.set("lib.sandbox.signals.subscriptions.HELD_SECONDS", 0.0)
    participant = world.start()
    world.snowplow.cut_streams()
    assert eventually(lambda: world.snowplow.streams == 0 and not participant.is_live)
    complete_five_unheard(world, participant)
    reconnect(world, participant)
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
        name for name, _, check in QUESTIONS if check.__module__ == intervention_checks.__name__
    }


def test_values_that_fell_after_it_fired_are_not_the_cause(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    seconds = int(timedelta(days=8).total_seconds())
    clock = f"{participant.connection.collector_url}/clock"
    assert httpx.post(clock, json={"seconds": seconds}).status_code == 200
    complete(participant, 1)
    diagnosis = diagnoses(participant).event.run()
    assert diagnosis.verdicts["criteria"] == ok(
        "tasks_completed_count >= 5: that was true when it fired. The latest values:"
        " tasks_completed_count is 1."
    )
    assert diagnosis.cause is not None and diagnosis.cause[0].name == "fired"
