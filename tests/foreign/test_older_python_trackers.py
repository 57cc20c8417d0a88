"""Older versions of the Python tracker, as PyPI has them, against the sandbox.

0.10.0 is the last one that sends with GET unless told otherwise, has one object for all events and
never tries again; 0.15.0 the last one before 1.0. Those before 0.9 need packages that no longer
install.
"""

from typing import Any

import pytest

from lib.snowplow.definitions import SERVICE
from tests.support.micro import accepted_events, failed_events
from tests.support.older import older
from tests.support.sandbox import World, listening, new_id
from tests.support.waiting import PATIENCE_SECONDS

PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
VERSIONS = ("0.10.0", "0.15.0")

each_version = pytest.mark.parametrize("version", VERSIONS)


def track(version: str, world: World, user: str, *priorities: str, **emitter: Any) -> list[int]:
    """How many events each request of the tracker brought; fails if one did not arrive."""
    told = {"endpoint": world.collector.removeprefix("http://"), "user": user}
    said = older(version, {**told, "priorities": priorities, "emitter": emitter})
    assert (said["version"], said["failed"]) == (version, [])
    sent: list[int] = said["sent"]
    return sent


@each_version
def test_tasks_of_an_older_python_tracker_count(world: World, version: str) -> None:
    user = new_id()
    assert track(version, world, user, "high", "medium", "low", method="post") == [5]
    assert world.read("user_id", user, service=SERVICE) == {
        "user_id": [user],
        "tasks_completed_count": [3],
        "last_completed_task_priority": ["low"],
    }


@each_version
def test_get_requests_of_an_older_python_tracker_count_one_each(world: World, version: str) -> None:
    user = new_id()
    assert track(version, world, user, "high", "low", method="get") == [1] * 4
    assert world.read("user_id", user, service=SERVICE)["tasks_completed_count"] == [2]


@each_version
@pytest.mark.parametrize("method", ["post", "get"])
def test_what_an_older_python_tracker_sends_is_read_whole(
    alone: World, version: str, method: str
) -> None:
    user = new_id()
    track(version, alone, user, "high", method=method)
    page, click, task = accepted_events(alone, user_id=user)
    assert (page["page_url"], page["page_title"], page["refr_urlhost"]) == (
        "https://shop.example/%C3%BCber?a=1%7C2",
        "Shop",
        "search.example",
    )
    assert (click["se_category"], click["se_label"], click["se_value"]) == ("shop", "naïve", 1.5)
    assert task["unstruct_event"]["data"]["data"] == {"task_id": "t-ü0", "priority": "high"}
    project = {"schema": PROJECT, "data": {"project_id": "p1", "plan": "free"}}
    assert task["contexts"]["data"] == [project]
    columns = {"v_tracker": f"py-{version}", "name_tracker": "old-app", "platform": "pc"}
    assert all(columns.items() <= each.items() for each in (page, click, task))
    assert failed_events(alone) == []


@each_version
def test_fifth_task_of_an_older_python_tracker_brings_the_intervention(
    alone: World, version: str
) -> None:
    user = new_id()
    with listening(alone.signals, user_id=user) as subscription:
        track(version, alone, user, *["high"] * 5, method="post")
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "power_user_nudge"
