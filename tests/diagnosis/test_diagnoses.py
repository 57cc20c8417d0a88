"""The diagnoses of one world: what they check, in which order, and what they say when all is well.

That each check finds what it looks for is tested with the module that has it.
"""

from typing import Any

import httpx

from lib.diagnosis.checks import unknown
from lib.diagnosis.diagnoses import diagnoses
from lib.world.participant import Participant
from tests.support.diagnosed import (
    account,  # noqa: F401 (a fixture)
    assert_can_be_read,
    backend,  # noqa: F401 (a fixture)
    patient,  # noqa: F401 (a fixture)
    sandbox,  # noqa: F401 (a fixture)
)
from tests.support.waiting import eventually

CONNECTION = ["settings", "names", "tls", "token", "api", "definitions", "subscription"]
EVENT = ["subject", "user_id", "sent", "accepted", "schema", "matched", "changed", "criteria"]
CHECKS = [*CONNECTION[:-1], *EVENT, "fired", "subscription", "received"]


def test_in_the_sandbox_all_is_well_and_known_when_the_nudge_arrived(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    diagnosis = diagnoses(participant).event.run()
    assert {name: each.status for name, each in diagnosis.verdicts.items()} == dict.fromkeys(
        CHECKS, "ok"
    )
    assert diagnosis.cause is None
    assert_can_be_read(diagnosis, sandbox.secrets())


def test_on_snowplow_nothing_is_found_and_what_is_unknown_says_where_to_look(account):
    participant = account.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    diagnosis = diagnoses(participant).event.run()
    untold = {name: each for name, each in diagnosis.verdicts.items() if each.status != "ok"}
    assert untold == {
        "accepted": unknown(
            "On Snowplow, the app cannot see whether its fields are valid.",
            "In Console: Data quality, among the failed events.",
        ),
        "schema": unknown(
            "On Snowplow, the app cannot see whether"
            " iglu:com.example/task_completed/jsonschema/1-0-0 is known.",
            "In Console: Data structures. It must be published there.",
        ),
    }
    assert diagnosis.cause is None
    assert_can_be_read(diagnosis, account.secrets())


def test_what_was_found_of_the_connection_is_outdated_once_something_is_published(sandbox):
    participant = sandbox.start()
    diagnosis = diagnoses(participant).connection.run()
    assert not diagnosis.is_outdated
    participant.definitions.unpublish()
    assert diagnosis.is_outdated


def test_the_sandbox_tells_what_each_step_came_to(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    said = {
        name: each.evidence for name, each in diagnoses(participant).event.run().verdicts.items()
    }
    assert said["definitions"] == (
        "project_engagement version 1, project_engagement_service, and power_user_nudge version 1."
    )
    assert said["sent"] == "The collector accepted it (status 200)."
    assert said["schema"] == "iglu:com.example/task_completed/jsonschema/1-0-0: known."
    assert said["matched"] == "project_engagement version 1 counted it."
    assert said["changed"] == "tasks_completed_count: 4 → 5."
    assert said["criteria"] == "tasks_completed_count >= 5: yes (tasks_completed_count is 5)."
    assert said["received"].endswith(" UTC. It is waiting for an answer.")


def test_a_connection_without_a_fault_is_well(sandbox):
    assert_connection_is_well(sandbox.start())


def test_an_account_without_a_fault_is_well(account):
    assert_connection_is_well(account.start())


def assert_connection_is_well(participant: Participant) -> None:
    verdicts = diagnoses(participant).connection.run().verdicts
    assert {name: each.status for name, each in verdicts.items()} == dict.fromkeys(CONNECTION, "ok")


def test_a_participant_s_page_has_news_of_each_check(sandbox):
    participant = sandbox.start()
    before = participant.revision
    diagnoses(participant).connection.run()
    assert participant.revision == before + 2 * len(CONNECTION)


def test_the_checks_come_in_the_order_in_which_data_flows(sandbox):
    participant = sandbox.join()
    assert [each.name for each in diagnoses(participant).event.checks] == CHECKS
    assert [each.name for each in diagnoses(participant).connection.checks] == CONNECTION
    assert all(each.question.endswith("?") for each in diagnoses(participant).event.checks)


def test_a_trace_that_cannot_be_read_leaves_what_it_tells_unknown(sandbox, monkeypatch):
    participant = sandbox.start(tasks=1)

    def fail(*_: object) -> Any:
        raise httpx.ReadTimeout(participant.connection.collector_url)

    monkeypatch.setattr("lib.connection.sandbox_inspector.SandboxInspector.stages", fail)
    diagnosis = diagnoses(participant).event.run()
    lost = [name for name, each in diagnosis.verdicts.items() if each.status == "unknown"]
    assert lost[:4] == ["accepted", "schema", "matched", "changed"]
    assert_can_be_read(diagnosis, sandbox.secrets())
