"""The Ruby tracker, as Debian has it, against the sandbox."""

from typing import Any

import pytest

from lib.snowplow.definitions import SERVICE
from tests.support.micro import accepted_events, failed_events
from tests.support.ruby import HOW, has_tracker, ruby
from tests.support.sandbox import World, listening, new_id
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.skipif(
    not has_tracker(), reason=f"The Ruby tracker is not installed: {HOW}."
)


def track(world: World, user: str, *priorities: str, method: str = "post") -> dict[str, Any]:
    """What the tracker says of its requests; fails if an event did not arrive."""
    endpoint = world.collector.removeprefix("http://")
    told = {"endpoint": endpoint, "user": user, "method": method, "priorities": priorities}
    said: dict[str, Any] = ruby("track.rb", told)
    assert said["failed"] == []
    return said


def test_tasks_of_the_ruby_tracker_count(world: World) -> None:
    user = new_id()
    assert track(world, user, "high", "medium", "low")["sent"] == [5]
    assert world.read("user_id", user, service=SERVICE) == {
        "user_id": [user],
        "tasks_completed_count": [3],
        "last_completed_task_priority": ["low"],
    }


def test_get_requests_of_the_ruby_tracker_count_one_each(world: World) -> None:
    user = new_id()
    assert track(world, user, "high", "low", method="get")["sent"] == [1] * 4
    assert world.read("user_id", user, service=SERVICE)["tasks_completed_count"] == [2]


@pytest.mark.parametrize("method", ["post", "get"])
def test_what_the_ruby_tracker_sends_is_read_whole(alone: World, method: str) -> None:
    user = new_id()
    version = track(alone, user, "high", method=method)["version"]
    page, click, task = accepted_events(alone, user_id=user)
    assert (page["page_title"], page["mkt_source"], page["refr_urlhost"]) == (
        "Hüte",
        "letter",
        "search.example",
    )
    assert (click["se_category"], click["se_label"], click["se_value"]) == ("shop", "naïve", 1.5)
    assert task["unstruct_event"]["data"]["data"] == {"task_id": "t-ü0", "priority": "high"}
    assert [each["data"] for each in task["contexts"]["data"]] == [
        {"project_id": "p1", "plan": "free"}
    ]
    columns = {"v_tracker": f"rb-{version}", "name_tracker": "ruby-app", "platform": "srv"}
    assert all(columns.items() <= each.items() for each in (page, click, task))
    assert failed_events(alone) == []


def test_fifth_task_of_the_ruby_tracker_brings_the_intervention(alone: World) -> None:
    user = new_id()
    with listening(alone.signals, user_id=user) as subscription:
        track(alone, user, *["high"] * 5)
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "power_user_nudge"
