"""What an event costs with a thousand users and with a million, and what memory that takes.

Two servers, one with so many users in its database and one with the other, take in events of
their users at random, in turns. The cost is processor time, which says more than a clock on a busy
machine. Every user has one event and its values from before; those are written at once, through
the store.
"""

import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from benchmarks.load import beside, seconds_for
from benchmarks.project_events import (
    ServedSandbox,
    collector_bodies,
    event_bodies,
    new_users,
    served_sandbox,
)
from benchmarks.report import Line
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profiles import CACHED_PROFILES
from lib.sandbox.storage.store import EventRow, Store
from tests.support.processes import cpu_seconds, memory_mb

FEW, MANY = 1_000, 1_000_000
EVENTS_A_REQUEST = 10
CONNECTIONS = 8
TURNS = 8
REQUESTS_A_TURN = 500
WARM_UP_EVENTS = 12_000  # more users than the cache of profiles holds
SAME_WITHIN = 0.2
MEMORY_SAME_WITHIN = 0.05


def lines() -> list[Line]:
    """A line for the cost and one for the memory."""
    with ExitStack() as stack:
        few, many = (stack.enter_context(_sandbox_with(count)) for count in (FEW, MANY))
        stack.enter_context(beside(few.process, many.process))
        for each in (few, many):
            each.take_in(WARM_UP_EVENTS // EVENTS_A_REQUEST)
        before = memory_mb(many.process)
        costs = [(few.cost(), many.cost()) for _ in range(TURNS)]
        after = memory_mb(many.process)
    ratio = median(of_many / of_few for of_few, of_many in costs)
    cost_of_few, cost_of_many = (1e6 * median(each) for each in zip(*costs, strict=True))
    return [
        Line(
            f"collector: processor time for an event, {MANY:,} users",
            f"within {SAME_WITHIN:.0%} of that with {FEW:,}",
            f"{cost_of_many:.0f} µs, {ratio:.2f} of it",
            f"{cost_of_few:.0f} µs",
            ratio <= 1 + SAME_WITHIN,
        ),
        Line(
            f"memory after {TURNS * REQUESTS_A_TURN * EVENTS_A_REQUEST:,} more events of these",
            f"within {MEMORY_SAME_WITHIN:.0%}, the cache of {CACHED_PROFILES:,} profiles full",
            f"{after:.0f} MB",
            f"{before:.0f} MB",
            after <= (1 + MEMORY_SAME_WITHIN) * before,
        ),
    ]


class _Loaded:
    """A served sandbox and its users."""

    def __init__(self, sandbox: ServedSandbox, users: list[str]) -> None:
        self.sandbox = sandbox
        self.users = users

    @property
    def process(self):
        return self.sandbox.process

    def take_in(self, count: int) -> None:
        """Send so many requests with events of random users."""
        bodies = collector_bodies(count, EVENTS_A_REQUEST, self.users)
        seconds_for(self.sandbox.port, self.sandbox.requests(bodies), CONNECTIONS)

    def cost(self) -> float:
        """The processor time that the server needs for an event, in seconds."""
        before = cpu_seconds(self.process)
        self.take_in(REQUESTS_A_TURN)
        return (cpu_seconds(self.process) - before) / (REQUESTS_A_TURN * EVENTS_A_REQUEST)


@contextmanager
def _sandbox_with(count: int) -> Iterator[_Loaded]:
    users = new_users(count)
    with served_sandbox() as sandbox:
        first = sandbox.requests(event_bodies(users[:1]))
        seconds_for(sandbox.port, first, 1)
        _fill(sandbox, users)
        yield _Loaded(sandbox, users)


def _fill(sandbox: ServedSandbox, users: list[str]) -> None:
    """Give all the users an event and values like the first one's."""
    store = Store(sandbox.database)
    sandbox_id = store.sandbox_id(sandbox.token)
    [group_id] = (each.id for each in store.definitions(sandbox_id) if each.kind == GROUP.name)
    _, [change] = store.profiles(group_id, users[:1])[users[0]]
    # In the order of the indexes, which is many times faster.
    event_ids = sorted(str(uuid.UUID(int=random.getrandbits(128))) for _ in users[1:])
    with store.transaction():
        store.add_events(
            sandbox_id, [EventRow(each, 0, None, None, b"{}", b"{}") for each in event_ids]
        )
        store.add_profile_changes((group_id, user, 1, change) for user in sorted(users[1:]))
    store.close()


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
