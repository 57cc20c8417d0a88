"""What is said of an intervention that is accepted and may never fire.

Source: https://docs.snowplow.io/docs/signals/interventions/ (criteria, key constraints)
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snowplow_signals import (
    AtomicProperty,
    AttributeKey,
    EventProperty,
    LinkAttributeKey,
    SignalsSandbox,
)

from tests.support.sandbox import (
    SandboxProcess,
    World,
    attribute,
    criterion,
    every,
    group,
    intervention,
    none,
    some,
)

IDLE = criterion("things:idle", ">=", 15)
MANY = criterion("things:count", ">", 1)
PROJECT = EventProperty(vendor="org.example", name="seen", major_version=1, path="project")
TIME = "time alone never fires it. Its criteria name things:idle"
UUIDS = "Interventions are sent only to identifiers that are UUIDs."


def things(key: AttributeKey | None = None) -> Any:
    idle = attribute("idle", "time_since_last", type="double", time_unit="min")
    since = attribute("since", "time_since_first", type="float", time_unit="h")
    options = {} if key is None else {"attribute_key": key}
    return group(attribute("count", "counter"), idle, since, **options)


def key_on(part: Any, name: str = "project") -> AttributeKey:
    return AttributeKey(name=name, property=part)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, logger="lib.sandbox.signals.traps")
    return lambda: [record.getMessage() for record in caplog.records if "traps" in record.name]


@pytest.mark.parametrize(
    "criteria",
    [
        IDLE,
        every(MANY, IDLE),
        some(MANY, every(MANY, IDLE)),
        none(IDLE),
        criterion("things:since", ">", 1),
    ],
)
def test_criteria_on_elapsed_time_are_warned_of(shared_world: World, said, criteria: Any) -> None:
    shared_world.signals.publish([things(), intervention(criteria)])
    (warning,) = said()
    assert warning.startswith("Intervention 'nudge' version 1: time alone never fires it.")


@pytest.mark.parametrize(
    ("key", "targets"),
    [
        (key_on(PROJECT), [LinkAttributeKey(name="project")]),
        (key_on(PROJECT), None),  # the key of the group in the criteria
        (key_on(AtomicProperty(name="app_id")), [LinkAttributeKey(name="project")]),
        (
            key_on(PROJECT),
            [LinkAttributeKey(name="user_id"), LinkAttributeKey(name="project")],
        ),
    ],
)
def test_targets_that_may_be_no_uuids_are_warned_of(
    shared_world: World, said, key: AttributeKey, targets: Any
) -> None:
    nudge = intervention(MANY, target_attribute_keys=targets)
    shared_world.signals.publish([things(key), nudge])
    (warning,) = said()
    assert warning.startswith("Intervention 'nudge' version 1: it targets the key project. ")
    assert UUIDS in warning


@pytest.mark.parametrize(
    "definitions",
    [
        [things(), intervention(MANY)],
        [things(), intervention(MANY, target_attribute_keys=None)],
        [
            things(key_on(AtomicProperty(name="domain_userid"))),
            intervention(MANY, target_attribute_keys=[LinkAttributeKey(name="project")]),
        ],
        [things()],
    ],
)
def test_nothing_is_said_of_what_can_fire(
    shared_world: World, said, definitions: list[Any]
) -> None:
    shared_world.signals.publish(definitions)
    assert said() == []


def test_a_draft_is_warned_of_once_it_is_published(shared_world: World, said) -> None:
    shared_world.signals.publish([things()])
    shared_world.signals.registry.create_or_update([intervention(IDLE)])
    assert said() == []
    shared_world.signals.publish([intervention(IDLE)])
    assert len(said()) == 1


@pytest.mark.parametrize("options", [(), ("--isolated",)])
def test_the_sandbox_alone_prints_it_unless_strangers_share_it(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        process = SandboxProcess(tmp_path / "sandbox.db", *options, said=file)
        try:
            signals = SignalsSandbox(api_url=process.signals, sandbox_token="a" * 32)
            signals.publish([things(), intervention(IDLE)])
        finally:
            process.kill()
    expected = "" if options else "Warning: Intervention 'nudge' version 1: " + TIME
    assert log.read_text().startswith(expected) and bool(log.read_text()) != bool(options)
