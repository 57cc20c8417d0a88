"""Devices whose clock is wrong, with the real tracker and SDK: what happened now counts as now.

Only how long an event waited on the device is taken from the device: see `derived_tstamp`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from snowplow_tracker import emitters
from snowplow_tracker import tracker as tracker_module

from lib.snowplow.definitions import COUNT, PRIORITY, SERVICE, Plan
from lib.snowplow.publishing import publish
from tests.support.sandbox import (
    HTTP,
    NOW,
    OWNER,
    HandClock,
    World,
    group,
    listening,
    new_id,
    seen,
    task_completed,
    tracker,
)
from tests.support.waiting import PATIENCE_SECONDS

SendTasks = Callable[..., None]


@dataclass
class DeviceClock:
    """In place of Python's `time` in a module of the tracker, some days off."""

    days: float

    def time(self) -> float:
        return NOW / 1000 + 86_400 * self.days


@pytest.fixture
def send_tasks(world: World, monkeypatch: pytest.MonkeyPatch) -> SendTasks:
    """Completes tasks on a device whose clock is some days off then, and others when it sends them.

    The default definitions are published.
    """
    publish(world.signals, Plan(owner=OWNER, vendor="com.example"))

    def send(user: str, tasks: int, created: float, sent: float, priority: str = "high") -> None:
        monkeypatch.setattr(tracker_module, "time", DeviceClock(created))
        monkeypatch.setattr(emitters, "time", DeviceClock(sent))
        person = tracker(world.collector, user)
        for _ in range(tasks):
            person.track(task_completed(priority))

    return send


def days_ago(world: World) -> list[float]:
    """How long before now the events happened, as their `derived_tstamp` says."""
    events = [each["event"] for each in HTTP.get(f"{world.collector}/micro/good").json()]
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    passed = [
        now - datetime.fromisoformat(each["derived_tstamp"]).replace(tzinfo=UTC) for each in events
    ]
    return [each / timedelta(days=1) for each in passed]


def values_of(world: World, user: str) -> dict[str, object]:
    values: dict[str, object] = world.signals.get_service_attributes(SERVICE, "user_id", user)
    return values


def count_of(world: World, user: str) -> object:
    return values_of(world, user)[COUNT]


@pytest.mark.parametrize(
    ("created", "sent", "ago"),
    [
        (1, 1, 0),  # ahead
        (-1, -1, 0),  # behind
        (1, 0, 0),  # set back between the two
        (0, -1, 0),
        (-1, 0, 1),  # set forward between the two, which looks as if the event had waited
        (0, 1, 1),
        (3, 3.25, 0.25),  # wrong, and waited for six hours
    ],
)
def test_tasks_of_a_device_whose_clock_is_days_off_count_and_bring_the_nudge(
    world: World, send_tasks: SendTasks, created: float, sent: float, ago: float
) -> None:
    user = new_id()
    with listening(world.signals, user_id=user) as subscription:
        send_tasks(user, 5, created, sent)
        nudge = subscription.get(timeout=PATIENCE_SECONDS)
        assert (nudge.name, nudge.attributes[COUNT]) == ("power_user_nudge", "5")
    assert count_of(world, user) == 5
    assert days_ago(world) == [ago] * 5


@pytest.mark.parametrize("days_off", [-1, 0, 1])
def test_tasks_leave_the_window_after_seven_days_whatever_the_device_said(
    world: World, clock: HandClock, send_tasks: SendTasks, days_off: float
) -> None:
    user = new_id()
    send_tasks(user, 2, days_off, days_off)
    clock.forward(days=7, seconds=-1)
    assert count_of(world, user) == 2
    clock.forward(seconds=1)
    assert count_of(world, user) is None


def test_task_of_a_clock_that_was_eight_days_behind_until_it_sent_is_too_old(
    world: World, send_tasks: SendTasks
) -> None:
    user = new_id()
    send_tasks(user, 1, -8, 0)
    assert (days_ago(world), count_of(world, user)) == ([8], None)


def test_the_last_task_is_the_one_that_came_last_whatever_its_device_said(
    world: World, clock: HandClock, send_tasks: SendTasks
) -> None:
    user = new_id()
    send_tasks(user, 1, 1, 1, "low")
    clock.forward(seconds=1)
    send_tasks(user, 1, -1, -1, "medium")
    assert values_of(world, user)[PRIORITY] == "medium"


# The clock of the sandbox's machine


def ignored_by(world: World, event: dict[str, str]) -> list[str]:
    stages = HTTP.get(f"{world.collector}/trace/{event['eid']}").json()["stages"]
    ignored: list[str] = next(each for each in stages if each["stage"] == "attributes")["ignored"]
    return ignored


def test_trace_says_that_the_clock_was_set_back_after_publishing(
    world: World, clock: HandClock
) -> None:
    world.publish(group())
    clock.forward(seconds=-90)
    user = new_id()
    world.post(early := seen(user))
    assert ignored_by(world, early) == [
        "things version 1 was published 90 s after this event, by the clock of this machine, which"
        " was set back since. Events count again once it has caught up, or after publishing a new"
        " version"
    ]
    clock.forward(seconds=90)
    world.post(late := seen(user))
    assert (ignored_by(world, late), world.read("user_id", user)["count"]) == ([], [1])


def test_event_that_would_not_count_anyway_has_no_such_reason(
    world: World, clock: HandClock
) -> None:
    world.publish(group())
    clock.forward(seconds=-90)
    page_view = {"e": "pv", "p": "web", "tv": "test", "eid": new_id(), "uid": new_id()}
    world.post(page_view)
    assert ignored_by(world, page_view) == []


def test_new_version_counts_at_once_after_the_clock_was_set_back(
    world: World, clock: HandClock
) -> None:
    world.publish(group())
    clock.forward(seconds=-90)
    world.publish(group(version=2))
    user = new_id()
    world.post(seen(user))
    assert world.read("user_id", user)["count"] == [1]


def test_what_was_published_on_a_moved_clock_counts_once_it_is_back(world: World) -> None:
    HTTP.post(f"{world.collector}/clock", json={"seconds": 86_400})
    world.publish(group())
    HTTP.delete(f"{world.collector}/clock")
    user = new_id()
    world.post(seen(user))
    assert world.read("user_id", user)["count"] == [1]
