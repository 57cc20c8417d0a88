"""Programs of definitions that are unlike the story's: each is run, and does what it says.

No intervention is held for who subscribes late, as none is in an account.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import snowplow_signals as sdk

from lib.diagnosis.schema_draft import composed
from lib.diagnosis.schema_form import added_schemas
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.signals import subscriptions
from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.take_home import TakeHome, ordered
from lib.studio.vocabulary import Definition
from tests.support.micro import accepted_events, failed_events
from tests.support.sandbox import HTTP, World, attribute, criterion, group, intervention, service
from tests.support.waiting import PROGRAM_SECONDS

PLAN = Plan(owner="you@example.com", vendor="com.example")
COUNT = attribute(
    "count",
    "counter",
    events=[sdk.Event(vendor=PLAN.vendor, name="task_completed", version="1-0-0")],
)
OF_VISITORS = group(COUNT, attribute_key=sdk.domain_userid)
PRINT = group(COUNT, name="print")
RULED = {
    "true at the first event": ideas.changed(PLAN),
    "true before the last event": ideas.combined(PLAN),
    "about a session, sent to its user": ideas.from_session(PLAN),
    "sent to a visitor, with half a task": [
        OF_VISITORS,
        service(OF_VISITORS),
        intervention(criterion("things:count", ">=", 2.5), target_attribute_keys=None),
    ],
    "with names of Python's, and more than a number": [
        PRINT,
        service(PRINT, name="range"),
        intervention(criterion("print:count", ">", 2), name="str"),
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def world(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> World:
    """A sandbox of its own, which holds nothing."""
    monkeypatch.setattr(subscriptions, "HELD_SECONDS", 0.0)
    return World(server.url)


def printed(
    definitions: Sequence[Definition],
    world: World,
    folder: Path,
    schemas: Sequence[dict[str, Any]] = (),
) -> list[str]:
    """The lines that the script prints."""
    home = TakeHome(ordered(definitions), PLAN.vendor, world.collector, added_schemas(schemas))
    file = folder / "sandbox.py"
    file.write_text(home.files()["sandbox.py"])
    run = subprocess.run(
        [sys.executable, str(file)],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.mark.parametrize("rule", RULED)
def test_a_program_with_a_rule_ends_with_the_nudge(rule: str, world: World, tmp_path: Path) -> None:
    lines = printed(RULED[rule], world, tmp_path)
    assert lines[-1] == "Nudged", lines
    assert any(each.startswith(f"Received {RULED[rule][-1].name} ") for each in lines)
    assert failed_events(world) == []


def test_events_fit_a_schema_that_was_added_and_give_each_attribute_a_value(
    world: World, tmp_path: Path
) -> None:
    fields = {
        "task_id": {"type": "integer"},
        "priority": {"enum": ["P1", "P2"]},
        "lines": {"type": "array", "maxItems": 0},
        "ship_to": {"type": "object"},
        "is_gift": {"enum": [False]},
        "discount": {"type": "number", "minimum": 0, "maximum": 0.5},
        "note": {"type": "string"},
    }
    body = composed("com.acme", "order", "1-0-0", "An order", [])
    schema = {**body, "properties": fields, "required": [each for each in fields if each != "note"]}
    assert HTTP.post(f"{world.collector}/schemas", json=schema).status_code == 201
    things = group(*(last_of_order(each) for each in ("task_id", "priority", "discount", "note")))

    lines = printed([things, service(things)], world, tmp_path, [schema])

    assert failed_events(world) == []
    values = {"task_id": "1", "priority": "P1", "discount": "0", "note": "note-1"}
    read = ast.literal_eval(lines[-1])
    assert {name: read[name] for name in values} == values


def last_of_order(field: str) -> sdk.Attribute:
    return attribute(
        field,
        events=[sdk.Event(vendor="com.acme", name="order", version="1-0-0")],
        property=sdk.EventProperty(vendor="com.acme", name="order", major_version=1, path=field),
    )


def test_a_context_of_other_events_than_the_attributes_is_told(
    world: World, tmp_path: Path
) -> None:
    page_view = sdk.EventLogEvent(
        vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0"
    )
    name = sdk.EventLogAtomicProperty(name="event_name")
    context = sdk.EventLog(
        name="context",
        owner=PLAN.owner,
        attribute_key=sdk.domain_sessionid,
        max_events=20,
        max_age_seconds=1800,
        events=[sdk.EventSelection(event=page_view, properties=[name])],
    )
    lines = printed([group(COUNT), context], world, tmp_path)
    assert any("page_view" in each for each in lines), lines
    assert len(accepted_events(world, event_name="page_view")) == 5
