"""The Node tracker and the Node Signals SDK, as npm has them, against the sandbox."""

import json
import uuid
from typing import Any

from snowplow_signals import InterventionInstance

from lib.snowplow.definitions import GROUP, SERVICE
from tests.support.micro import accepted_events
from tests.support.node import node
from tests.support.sandbox import World, listening, new_id, targets
from tests.support.waiting import PATIENCE_SECONDS

PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
AFTER_FIVE = {"tasks_completed_count": 5, "last_completed_task_priority": "low"}


def track(world: World, user: str, *priorities: str, **emitter: Any) -> list[dict[str, Any]]:
    """What the Node tracker says of the requests in which it sent completed tasks.

    Their ids differ in length, so that their base64 ends in each of the three possible ways.
    """
    tasks = [
        {"task_id": "task" + "!" * number, "priority": priority}
        for number, priority in enumerate(priorities)
    ]
    emitter = {"endpoint": world.collector, **emitter}
    requests: list[dict[str, Any]] = node(
        "track.js", {"emitter": emitter, "user": user, "tasks": tasks}
    )
    return requests


def read(world: World, call: str, options: dict[str, str] | None = None, **request: Any) -> Any:
    """What the Node Signals SDK returns, or says in its error."""
    options = {"baseUrl": world.url, **(options or {"sandboxToken": world.token})}
    return node("read.js", {"options": options, "call": call, "request": request})


def of(user: str) -> dict[str, str]:
    return {"attribute_key": "user_id", "identifier": user}


def refusal(status: int, detail: str) -> dict[str, str]:
    """How the Node SDK words an error of the API."""
    answer = json.dumps({"detail": detail}, indent=2)
    said = f"API error: {status} Request failed with status code {status} {answer}"
    return {"error": f"[Signals] {said}"}


def person_with_five_tasks(world: World) -> str:
    user = new_id()
    track(world, user, "high", "high", "medium", "high", "low")
    return user


# The tracker


def test_five_tasks_of_the_node_tracker_come_in_one_request_and_count_five(world: World) -> None:
    user = new_id()
    sent = track(world, user, "high", "high", "medium", "high", "low")
    assert sent == [{"status": 200, "events": 5}]
    assert world.read("user_id", user, service=SERVICE) == {
        "user_id": [user],
        **{name: [value] for name, value in AFTER_FIVE.items()},
    }


def test_what_the_node_tracker_sends_is_read_whole(alone: World) -> None:
    user = new_id()
    track(alone, user, "high", "medium", "low")
    events = accepted_events(alone, user_id=user)
    assert [each["unstruct_event"]["data"]["data"] for each in events] == [
        {"task_id": "task", "priority": "high"},
        {"task_id": "task!", "priority": "medium"},
        {"task_id": "task!!", "priority": "low"},
    ]
    project = {"schema": PROJECT, "data": {"project_id": "p1", "plan": "free"}}
    assert [each["contexts"]["data"] for each in events] == [[project]] * 3
    columns = {"v_tracker": "node-4.8.0", "name_tracker": "project-app", "platform": "srv"}
    assert all(columns.items() <= each.items() for each in events)


def test_get_requests_of_the_node_tracker_count_one_each(world: World) -> None:
    user = new_id()
    sent = track(world, user, "high", "medium", "low", eventMethod="get")
    assert sent == [{"status": 200, "events": 1}] * 3
    assert world.read("user_id", user, service=SERVICE)["tasks_completed_count"] == [3]


def test_fifth_task_of_the_node_tracker_brings_exactly_one_intervention(world: World) -> None:
    user = new_id()
    with listening(world.signals, user_id=user) as subscription:
        track(world, user, "high", "high", "medium", "high", "low", "low", "low")
        last = InterventionInstance(name="last", version=1)
        world.signals.push_intervention(targets(user_id=user), last)
        got = [subscription.get(timeout=PATIENCE_SECONDS) for _ in range(2)]
    assert [each.name for each in got] == ["power_user_nudge", "last"]
    assert got[0].attributes == {
        "tasks_completed_count": "5",
        "last_completed_task_priority": "low",
    }


# The Signals SDK


def test_node_sdk_reads_a_service(world: World) -> None:
    user = person_with_five_tasks(world)
    got = read(world, "getServiceAttributes", name=SERVICE, **of(user))
    assert got == {"value": {"user_id": user, **AFTER_FIVE}}


def test_node_sdk_reads_attributes_of_a_group(world: World) -> None:
    user = person_with_five_tasks(world)
    got = read(
        world, "getGroupAttributes", name=GROUP, version=1, attributes=list(AFTER_FIVE), **of(user)
    )
    assert got == {"value": {"user_id": user, **AFTER_FIVE}}


def test_node_sdk_reads_many_people_in_the_order_asked(alone: World) -> None:
    nobody, user = new_id(), person_with_five_tasks(alone)
    got = read(
        alone,
        "getBatchServiceAttributes",
        name=SERVICE,
        attribute_key="user_id",
        identifiers=[nobody, user],
    )
    assert got["value"] == {
        "user_id": [nobody, user],
        "tasks_completed_count": [None, 5],
        "last_completed_task_priority": [None, "low"],
    }


def test_node_sdk_with_an_api_key_sends_the_token_of_the_console(alone: World) -> None:
    user = person_with_five_tasks(alone)
    key = {"apiKey": "key", "apiKeyId": "id", "organizationId": str(uuid.uuid4())}
    got = read(alone, "getServiceAttributes", key, name=SERVICE, **of(user))
    assert got == {"value": {"user_id": user, **AFTER_FIVE}}


def test_node_sdk_says_which_service_is_unknown(world: World) -> None:
    got = read(world, "getServiceAttributes", name="missing", **of(new_id()))
    assert got == refusal(404, "Service 'missing' does not exist")


def test_node_sdk_says_that_a_token_is_refused(isolated: World) -> None:
    token = {"sandboxToken": "short"}
    got = read(isolated, "getServiceAttributes", token, name=SERVICE, **of(new_id()))
    assert got == refusal(401, "This bearer token is not a sandbox token.")


def test_node_sdk_finds_nothing_of_another_token(isolated: World) -> None:
    token = {"sandboxToken": new_id()}
    got = read(isolated, "getServiceAttributes", token, name=SERVICE, **of(new_id()))
    assert got == refusal(404, f"Service '{SERVICE}' does not exist")
