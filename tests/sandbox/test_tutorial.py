"""The script that the SDKs' documentation teaches, against `python -m lib.sandbox`.

Source: https://docs.snowplow.io/tutorials/signals-quickstart/start/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty

import pytest
from snowplow_signals import (
    Attribute,
    Event,
    EventProperty,
    InterventionCriteriaAny,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    SignalsSandbox,
    StreamAttributeGroup,
    user_id,
)

from tests.support.sandbox import OWNER, SandboxProcess, listening, new_id, task_completed, tracker
from tests.support.waiting import PATIENCE_SECONDS

TASK_COMPLETED = Event(vendor="com.example", name="task_completed", version="1-0-0")
GROUP = StreamAttributeGroup(
    name="project_engagement",
    version=1,
    attribute_key=user_id,
    owner=OWNER,
    attributes=[
        Attribute(
            name="tasks_completed_count",
            type="int32",
            events=[TASK_COMPLETED],
            aggregation="counter",
            period=timedelta(days=7),
        ),
        Attribute(
            name="last_completed_task_priority",
            type="string",
            events=[TASK_COMPLETED],
            aggregation="last",
            property=EventProperty(
                vendor="com.example", name="task_completed", major_version=1, path="priority"
            ),
            period=timedelta(days=7),
        ),
    ],
)
SERVICE = Service(name="project_engagement_service", owner=OWNER, attribute_groups=[GROUP])
NUDGE = RuleIntervention(
    name="power_user_nudge",
    version=1,
    owner=OWNER,
    criteria=InterventionCriteriaAny(
        any=[
            InterventionCriterion(
                attribute="project_engagement:tasks_completed_count", operator=">=", value=5
            )
        ]
    ),
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
)
AFTER_FIVE = {"tasks_completed_count": 5, "last_completed_task_priority": "low"}


@dataclass
class Tutorial:
    """The sandbox of its own process, with the definitions published."""

    sandbox: SandboxProcess
    signals: SignalsSandbox

    def complete(self, user: str, *priorities: str) -> None:
        person = tracker(self.sandbox.collector, user)
        for priority in priorities:
            person.track(task_completed(priority))


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tutorial]:
    """One for all tests: each has a user of its own."""
    sandbox = SandboxProcess(tmp_path_factory.mktemp("tutorial") / "sandbox.db")
    signals = SignalsSandbox(api_url=sandbox.signals, sandbox_token="any-token")
    signals.publish([GROUP, SERVICE, NUDGE])
    yield Tutorial(sandbox, signals)
    sandbox.kill()


def test_service_has_the_values_immediately_after_tracking(tutorial: Tutorial) -> None:
    user = new_id()
    tutorial.complete(user, "high", "high", "medium", "high", "low")
    values = tutorial.signals.get_service_attributes("project_engagement_service", "user_id", user)
    assert values == {"user_id": user, **AFTER_FIVE}


def test_group_has_the_values_immediately_after_tracking(tutorial: Tutorial) -> None:
    user = new_id()
    tutorial.complete(user, "high", "high", "medium", "high", "low")
    values = tutorial.signals.get_group_attributes(
        "project_engagement", 1, list(AFTER_FIVE), "user_id", user
    )
    assert values == {"user_id": user, **AFTER_FIVE}


def test_fifth_task_brings_exactly_one_intervention(tutorial: Tutorial) -> None:
    user = new_id()
    with listening(tutorial.signals, user_id=user) as subscription:
        tutorial.complete(user, "high", "high", "medium", "high", "low", "low", "low")
        got = subscription.get(timeout=PATIENCE_SECONDS)
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)
    assert got.model_dump(exclude={"intervention_id"}) == {
        "name": "power_user_nudge",
        "version": 1,
        "target_attribute_key": {"name": "user_id", "id": user},
        "attributes": {"tasks_completed_count": "5", "last_completed_task_priority": "low"},
    }


def test_new_user_gets_nothing_before_the_fifth_task(tutorial: Tutorial) -> None:
    user = new_id()
    with listening(tutorial.signals, user_id=user) as subscription:
        tutorial.complete(user, "high", "high", "medium", "high")
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)


def test_subscriber_just_after_the_fifth_task_still_gets_it(tutorial: Tutorial) -> None:
    user = new_id()
    tutorial.complete(user, *["high"] * 5)
    with listening(tutorial.signals, user_id=user) as subscription:
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "power_user_nudge"
