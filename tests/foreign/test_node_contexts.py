"""Agentic contexts as the Node Signals SDK reads them, and as the Python SDK does.

The Node SDK 0.2.0 has no call for contexts, so its own requests are used.
"""

import uuid
from typing import Any

import pytest
from snowplow_signals import SignalsAPIError
from snowplow_tracker import SelfDescribing, SelfDescribingJson

from lib.snowplow.contexts import PROMPT, recent_activity
from lib.snowplow.definitions import Plan
from tests.support.node import node
from tests.support.sandbox import OWNER, World, new_id, tracker

PLAN = Plan(owner=OWNER, vendor="com.example")
NAME = PLAN.names.context


def read(world: World, **query: str) -> Any:
    options = {"baseUrl": world.url, "sandboxToken": world.token}
    return node("context.js", {"options": options, "query": {"name": NAME, **query}})


def session_with_two_gestures(world: World) -> str:
    world.signals.publish([recent_activity(PLAN)])
    session = str(uuid.uuid4())
    person = tracker(world.collector, new_id())
    person.subject.set_domain_session_id(session)
    for name in ("task_started", "task_completed"):
        data = {"task_id": "task-1", "priority": "high"}
        schema = f"iglu:com.example/{name}/jsonschema/1-0-0"
        person.track(SelfDescribing(SelfDescribingJson(schema, data)))
    person.flush()
    return session


def test_both_sdks_read_the_same_context(world: World) -> None:
    session = session_with_two_gestures(world)
    answer = read(world, identifier=session)
    in_python = world.signals.get_agentic_context(NAME, session)

    found = in_python.model_dump(mode="json", exclude_none=True)
    changing = {"summary"}  # it says how many seconds have passed
    got = {name: each for name, each in answer["value"].items() if name not in changing}
    assert (answer["status"], got) == (
        200,
        {name: each for name, each in found.items() if name not in changing},
    )
    assert got["events"] == [
        {"event_name": name, "task_id": "task-1", "priority": "high"}
        for name in ("task_started", "task_completed")
    ]
    assert (got["prompt"], got["identifier"], got["attribute_key"]) == (
        PROMPT,
        session,
        "domain_sessionid",
    )


def test_a_session_that_did_nothing_has_a_context_without_events(world: World) -> None:
    session_with_two_gestures(world)
    answer = read(world, identifier=new_id())
    assert (answer["status"], answer["value"]["events"]) == (200, [])


def test_a_context_that_is_not_published_is_unknown_to_both(world: World) -> None:
    answer = read(world, name="missing", identifier=new_id())
    with pytest.raises(SignalsAPIError) as refused:
        world.signals.get_agentic_context("missing", new_id())
    assert refused.value.status_code == 404
    assert answer["error"].startswith("[Signals] API error: 404 ")
    assert "'missing'" in answer["error"] and "'missing'" in str(refused.value)
