"""What a killed process acknowledged is there after the restart, exactly once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from lib.sandbox.signals.profiles import CHANGES_PER_SNAPSHOT
from tests.support.sandbox import (
    HTTP,
    PAYLOAD,
    TP2,
    SandboxProcess,
    World,
    attribute,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    seen,
    service,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

GROUP = group(
    attribute("count", "counter"),
    attribute("last", "last", type="int64"),
    attribute("total", "sum", type="int64"),
    attribute("values", "unique_list", type="int64_list"),
    attribute("recent", "counter", period="P7D"),
)
DEFINITIONS = [GROUP, service(GROUP), intervention(criterion("things:count", ">=", 2))]
COUNTS = (1, CHANGES_PER_SNAPSHOT, CHANGES_PER_SNAPSHOT * 2 + 7)
KINDS = ("attribute_keys", "attribute_groups", "services", "interventions")
Start = Callable[..., SandboxProcess]


class LoneWorld(World):
    """The single sandbox of a server that is not isolated: the collector is at the root."""

    @property
    def collector(self) -> str:
        return self.url


def started(start_process: Start) -> tuple[SandboxProcess, LoneWorld]:
    process = start_process()
    return process, LoneWorld(process.signals)


def restarted(process: SandboxProcess, start_process: Start) -> LoneWorld:
    process.kill()
    return started(start_process)[1]


@dataclass(frozen=True)
class Restart:
    """A process was killed; what it had acknowledged, and the world of the one that goes on."""

    world: LoneWorld
    definitions: list[Any]
    users: dict[int, str]  # by how many events they had, each in a request of its own
    user_of_batch: str
    event: dict[str, str]


@pytest.fixture(scope="module")
def restart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restart]:
    """One restart for all tests that look at users of their own: each start costs a second."""
    database = tmp_path_factory.mktemp("restart") / "sandbox.db"
    with ExitStack() as stack:

        def start_process() -> SandboxProcess:
            process = SandboxProcess(database)
            stack.callback(process.kill)
            return process

        process, world = started(start_process)
        world.signals.publish(DEFINITIONS)
        users = {count: new_id() for count in COUNTS}
        for count, user in users.items():
            for number in range(count):
                world.post(seen(user, {"value": number}))
        user_of_batch = new_id()
        world.post(*[seen(user_of_batch, {"value": 1}) for _ in range(CHANGES_PER_SNAPSHOT + 3)])
        event = seen(new_id(), {"value": 3})
        world.post(event)
        definitions = definitions_of(world)
        world = restarted(process, start_process)
        yield Restart(world, definitions, users, user_of_batch, event)


def definitions_of(world: World) -> list[Any]:
    return [world.api("GET", f"registry/{each}").json() for each in KINDS]


def test_definitions_are_there_after_a_kill(restart: Restart) -> None:
    assert all(restart.definitions[1:])
    assert definitions_of(restart.world) == restart.definitions


@pytest.mark.parametrize("count", COUNTS)
def test_values_are_there_after_a_kill(restart: Restart, count: int) -> None:
    user = restart.users[count]
    assert restart.world.read("user_id", user) == {
        "user_id": [user],
        "count": [count],
        "last": [count - 1],
        "total": [count * (count - 1) // 2],
        "values": [list(range(count))[-100:]],
        "recent": [count],
    }


def test_values_continue_after_a_kill(restart: Restart) -> None:
    user, world = restart.user_of_batch, restart.world
    world.post(seen(user, {"value": 1}))
    assert world.read("user_id", user)["total"] == [CHANGES_PER_SNAPSHOT + 4]


def test_event_acknowledged_before_the_kill_counts_once(restart: Restart) -> None:
    restart.world.post(restart.event)
    assert restart.world.read("user_id", restart.event["uid"])["count"] == [1]


def test_intervention_that_fired_before_the_kill_does_not_fire_again(start_process: Start) -> None:
    process, world = started(start_process)
    world.signals.publish(DEFINITIONS)
    user = new_id()
    with listening(world.signals, user_id=user) as subscription:
        world.post(seen(user), seen(user))
        subscription.get(timeout=PATIENCE_SECONDS)
    world = restarted(process, start_process)
    world.signals.publish([intervention(criterion("things:count", ">=", 4), "second")])
    with listening(world.signals, user_id=user) as subscription:
        world.post(seen(user), seen(user))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "second"


def test_count_is_that_of_acknowledged_events_when_killed_under_load(start_process: Start) -> None:
    process, world = started(start_process)
    world.signals.publish(DEFINITIONS)
    user = new_id()
    batches = [[seen(user, {"value": 1}) for _ in range(50)] for _ in range(40)]
    acknowledged: list[int] = []

    def send_all() -> None:
        for index, batch in enumerate(batches):
            try:
                answer = HTTP.post(world.collector + TP2, json={"schema": PAYLOAD, "data": batch})
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                acknowledged.append(index)

    sender = threading.Thread(target=send_all)
    sender.start()
    assert eventually(lambda: len(acknowledged) >= 10)
    process.kill()
    sender.join()
    _, world = started(start_process)
    for batch in batches:  # as a tracker would: again, from the first
        world.post(*batch)
    assert world.read("user_id", user)["count"] == [2000]


def test_nothing_acknowledged_is_lost_when_killed_under_load(start_process: Start) -> None:
    process, world = started(start_process)
    world.signals.publish(DEFINITIONS)
    acknowledged: list[str] = []
    senders = [threading.Thread(target=send_forever, args=(world, acknowledged)) for _ in range(3)]
    for sender in senders:
        sender.start()
    assert eventually(lambda: len(acknowledged) >= 100)
    process.kill()
    for sender in senders:
        sender.join()
    _, world = started(start_process)
    assert world.read("user_id", *acknowledged)["count"] == [1] * len(acknowledged)


def send_forever(world: World, acknowledged: list[str]) -> None:
    """One event for each new user, until the server is gone."""
    while True:
        user = new_id()
        body = {"schema": PAYLOAD, "data": [seen(user, {"value": 1})]}
        try:
            answer = HTTP.post(world.collector + TP2, json=body)
        except httpx.HTTPError:
            return
        if answer.status_code == 200:
            acknowledged.append(user)
