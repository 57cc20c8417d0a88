"""Killed in the middle of a load, and started again: what got a 200 counts, and counts once."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support import wire
from tests.support.known import DEFINITIONS
from tests.support.sandbox import HTTP, PAYLOAD, TP2, SandboxProcess, World, new_id, seen
from tests.support.size import FULL
from tests.support.waiting import eventually

ROUNDS, EVENTS = (10, 10_000) if FULL else (1, 1_000)
CLIENTS, USERS, LARGEST_BATCH = 4, 7, 60

Batch = list[dict[str, str]]


@dataclass
class Client:
    """A tracker that sends its batches in order, and again what got no 200."""

    chance: random.Random
    waiting: list[Batch]
    acknowledged: list[dict[str, str]] = field(default_factory=list)

    def send_until_refused(self, collector: str) -> None:
        while self.waiting:
            batch = self.waiting[0]
            if not is_taken(collector, batch):
                return
            self.acknowledged += batch
            self.waiting.pop(0)
            if self.chance.random() < 0.2:  # the answer was lost on the way: all of it again
                is_taken(collector, batch)

    def regroup(self) -> None:
        """What waits is sent in other batches than before, mixed with what had been taken."""
        again = self.chance.sample(self.acknowledged, min(len(self.acknowledged), 100))
        events = [event for batch in self.waiting for event in batch] + again
        self.chance.shuffle(events)
        self.waiting = batches(events, self.chance)


def batches(events: list[dict[str, str]], chance: random.Random) -> list[Batch]:
    parts, rest = [], events
    while rest:
        size = chance.randint(1, LARGEST_BATCH)
        parts.append(rest[:size])
        rest = rest[size:]
    return parts


def is_taken(collector: str, batch: Batch) -> bool:
    wire.count()
    try:
        return HTTP.post(collector + TP2, json={"schema": PAYLOAD, "data": batch}).is_success
    except httpx.HTTPError:
        return False


def run(clients: list[Client], collector: str) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=client.send_until_refused, args=(collector,)) for client in clients
    ]
    for thread in threads:
        thread.start()
    return threads


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], SandboxProcess]]:
    """Starts a server on the one database of the test."""
    started: list[SandboxProcess] = []

    def start() -> SandboxProcess:
        started.append(SandboxProcess(tmp_path / "sandbox.db", "--isolated"))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def counted(world: World, users: list[str]) -> list[int]:
    return [count or 0 for count in world.read("user_id", *users)["count"]]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_counts_are_those_of_the_events_that_got_a_200(
    start: Callable[[], SandboxProcess], seed: int
) -> None:
    chance = random.Random(seed)
    users = [new_id() for _ in range(USERS)]
    events = [seen(chance.choice(users), {"value": number}) for number in range(EVENTS)]
    clients = [
        Client(random.Random(number), batches(events[number::CLIENTS], chance))
        for number in range(CLIENTS)
    ]
    process = start()
    world = World(process.signals)
    world.signals.publish(DEFINITIONS)

    threads = run(clients, world.collector)
    kill_at = chance.randint(EVENTS // 10, EVENTS * 2 // 3)
    assert eventually(lambda: sum(len(each.acknowledged) for each in clients) >= kill_at, 120)
    process.kill()
    for thread in threads:
        thread.join()

    acknowledged = Counter(event["uid"] for each in clients for event in each.acknowledged)
    assert kill_at <= acknowledged.total() < EVENTS, "it was not killed in the middle"
    world = World(start().signals, world.token)
    for user, count in zip(users, counted(world, users), strict=True):
        assert count >= acknowledged[user]

    for client in clients:
        client.regroup()
    for thread in run(clients, world.collector):
        thread.join()
    assert not any(client.waiting for client in clients)
    sent = Counter(event["uid"] for event in events)
    assert counted(world, users) == [sent[user] for user in users]
    summary = HTTP.get(f"{world.collector}/micro/all").json()
    assert summary == {"total": EVENTS, "good": EVENTS, "bad": 0}
