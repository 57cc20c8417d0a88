"""Definitions as Python: it reads as in the tutorial, and reading it gives them back."""

import subprocess
import sys

import pytest
import snowplow_signals as sdk
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lib.snowplow.definitions import (
    COUNT,
    PRIORITY,
    Plan,
    attribute_group,
    intervention,
    service,
)
from lib.studio.python_reader import read_python
from lib.studio.python_writer import written_python
from tests.support import generated_definitions as generated
from tests.support.sandbox import group

TUTORIAL = """\
from datetime import timedelta

from snowplow_signals import (
    Attribute,
    Event,
    EventProperty,
    InterventionCriteriaAny,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    StreamAttributeGroup,
    user_id,
)

OWNER = "ada@example.com"

task_completed = Event(vendor="com.example", name="task_completed", version="1-0-0")

project_engagement = StreamAttributeGroup(
    name="project_engagement",
    version=1,
    description="What a user does in the project tool. Made by the project app.",
    attribute_key=user_id,
    owner=OWNER,
    attributes=[
        Attribute(
            name="tasks_completed_count",
            description="Tasks completed in the period",
            type="int32",
            aggregation="counter",
            events=[task_completed],
            period=timedelta(days=7),
        ),
        Attribute(
            name="last_completed_task_priority",
            description="Priority of the task completed last",
            type="string",
            aggregation="last",
            events=[task_completed],
            property=EventProperty(
                vendor="com.example",
                name="task_completed",
                major_version=1,
                path="priority",
            ),
            period=timedelta(days=7),
        ),
    ],
)

project_engagement_service = Service(
    name="project_engagement_service",
    description="What the project tool reads about a user. Made by the project app.",
    owner=OWNER,
    attribute_groups=[project_engagement],
)

power_user_nudge = RuleIntervention(
    name="power_user_nudge",
    version=1,
    description="Nudges a user who completes many tasks. Made by the project app.",
    owner=OWNER,
    criteria=InterventionCriteriaAny(
        any=[
            InterventionCriterion(
                attribute="project_engagement:tasks_completed_count",
                operator=">=",
                value=5,
            ),
        ],
    ),
    target_attribute_keys=[LinkAttributeKey(name="user_id")],
)

sp_signals.publish([project_engagement, project_engagement_service, power_user_nudge])
"""


def storys_definitions() -> list:
    plan = Plan("ada@example.com", "com.example", attributes=(COUNT, PRIORITY))
    group = attribute_group(plan)
    return [group, service(plan, group), intervention(plan)]


def test_the_storys_definitions_read_as_in_the_tutorial() -> None:
    assert written_python(storys_definitions(), client=False) == TUTORIAL


@given(st.lists(generated.definitions, min_size=1, max_size=3))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_read_as_the_same_definitions(definitions: list) -> None:
    """Keys are read before the groups that use them, so order is not compared."""
    read = read_python(written_python(definitions)).asked[0].definitions

    assert list(read) == definitions


@given(generated.definitions)
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_what_is_written_is_formatted(definition: object) -> None:
    source = written_python([definition])
    ruff = [sys.executable, "-m", "ruff"]
    check = [
        *ruff,
        "check",
        "--isolated",
        "--select=E9,F,I",
        "--line-length=100",
        "--stdin-filename=a.py",
        "-",
    ]
    layout = [*ruff, "format", "--isolated", "--line-length=100", "--stdin-filename=a.py", "-"]

    formatted = subprocess.run(layout, input=source, capture_output=True, text=True, check=True)
    assert formatted.stdout == source
    assert subprocess.run(check, input=source, capture_output=True, text=True).returncode == 0


@pytest.mark.parametrize("name", ["print", "str", "range", "time", "class"])
def test_no_definition_takes_a_name_that_programs_use(name: str) -> None:
    written = written_python([group(name=name)], client=False)

    assert f"\n{name}_stream_attribute_group = StreamAttributeGroup(\n" in written


def test_a_program_runs_as_it_is_written(monkeypatch) -> None:
    """The program is run here, and only here: with a client that notes what is published."""
    published = []

    class Client:
        def __init__(self, **_: str) -> None: ...

        def publish(self, definitions: list) -> None:
            published.extend(definitions)

    monkeypatch.setattr(sdk, "Signals", Client)
    for setting in ("SIGNALS_API_URL", "CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID"):
        monkeypatch.setenv(setting, "x")

    exec(written_python(storys_definitions()), {})

    assert published == storys_definitions()
