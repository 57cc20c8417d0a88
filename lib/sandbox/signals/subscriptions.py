"""Subscribers, and delivering interventions to them.

A subscription is one open connection that listens for one or more targets. It gets an intervention
for several of its targets only once. Delivered interventions are not replayed. An intervention
without a subscriber is held for ten seconds for the first one to connect *(ours: on a fast server,
a script that subscribes and tracks at the same time would always lose it)*, and then lost.

Source: https://docs.snowplow.io/docs/signals/applications/subscribe/
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from weakref import WeakSet

from cachetools import FIFOCache
from snowplow_signals.models.model import InterventionInstance

from lib.sandbox.limits import HELD_BYTES, QUEUED_BYTES
from lib.sandbox.signals.interventions import Target
from lib.sandbox.signals.memory_budget import MemoryBudget

Fate = Literal["delivered", "held", "lost"]

HELD_SECONDS = 10.0
HELD_AT_MOST = 1_000
QUEUED_AT_MOST = 1_000
KEEP_ALIVE_SECONDS = 10.0
# JSON may hold these raw, but the SDK reads lines with httpx, which ends a line at each of them.
ESCAPED_BREAKS = {ord(each): f"\\u{ord(each):04x}" for each in "\x85\u2028\u2029"}

ALL_HELD = MemoryBudget(HELD_BYTES)


def line_of(intervention: InterventionInstance) -> str:
    """An intervention as a server-sent event: one line, and a blank one."""
    message = intervention.model_dump_json(exclude_none=True).translate(ESCAPED_BREAKS)
    return f"data: {message}\n\n"


@dataclass(slots=True)
class Fired:
    """An intervention that fired, and what happened to it.

    While it is held, it has a line for each target, until `until` on the monotonic clock.
    """

    fate: Fate = "delivered"
    until: float = 0.0
    lines: dict[Target, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The characters that are held."""
        return sum(map(len, self.lines.values()))

    def end(self, fate: Fate) -> None:
        """It is no longer held."""
        self.fate, self.lines = fate, {}


class Queues:
    """The lines that all connections of the process have yet to read.

    Beyond `most_bytes`, the connection with the most of them is closed: its client does not read,
    and others should not suffer *(ours)*.
    """

    def __init__(self, most_bytes: int = QUEUED_BYTES) -> None:
        self._most_bytes = most_bytes
        self._subscriptions: WeakSet[Subscription] = WeakSet()
        self.total = 0

    @property
    def share(self) -> int:
        """The bytes that one connection may have queued."""
        return self._most_bytes // 4

    def add(self, subscription: "Subscription") -> None:
        """Count a connection's queue with the others."""
        self._subscriptions.add(subscription)

    def make_room(self) -> None:
        """Close connections until what is queued is within the bound."""
        while self.total > self._most_bytes:
            max(self._subscriptions, key=lambda each: each.queued_bytes).abandon()


ALL_QUEUES = Queues()


class Subscription:
    """One open connection and its queue."""

    def __init__(self, targets: Iterable[Target], queues: Queues = ALL_QUEUES) -> None:
        self.targets = frozenset(targets)
        self.queued_bytes = 0
        self._queues = queues
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUED_AT_MOST)
        queues.add(self)

    def send(self, line: str) -> bool:
        """Queue a line; returns False if the queue of a stalled connection is full."""
        if self._queue.full() or self.queued_bytes + len(line) > self._queues.share:
            return False
        self._queue.put_nowait(line)
        self._count(len(line))
        return True

    def close(self) -> None:
        """End the stream once the queue is sent."""
        if self._queue.full():
            self._count(-len(self._queue.get_nowait() or ""))
        self._queue.put_nowait(None)

    def abandon(self) -> None:
        """End the stream, and drop what is queued."""
        self.forget()
        self._queue.put_nowait(None)

    def forget(self) -> None:
        """Drop what is queued."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._count(-self.queued_bytes)

    async def lines(self) -> AsyncIterator[str]:
        """The server-sent events: a comment at once and when idle, one `data:` line for each.

        The SDK looks for exactly `data: `. It notices that it was stopped only when the next line
        arrives, hence the comments.
        """
        yield ": connected\n\n"
        while True:
            try:
                line = await asyncio.wait_for(self._queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": keep-alive\n\n"
                continue
            if line is None:
                return
            self._count(-len(line))
            yield line

    def _count(self, added: int) -> None:
        self.queued_bytes += added
        self._queues.total += added


class Subscriptions:
    """All open subscriptions of one sandbox.

    Held interventions expire by `monotonic`, in seconds: real time, even if the sandbox's own clock
    is moved.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        queues: Queues = ALL_QUEUES,
        budget: MemoryBudget = ALL_HELD,
    ) -> None:
        self._monotonic = monotonic
        self._queues = queues
        self._budget = budget
        self._by_target: dict[Target, set[Subscription]] = {}
        self._held: deque[Fired] = deque()
        self.held_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        # Those that nobody got at once, by id, and what fired last of each for each target.
        self._by_id: FIFOCache[str, Fired] = FIFOCache(HELD_AT_MOST)
        self._last: FIFOCache[tuple[str, int, Target], Fired] = FIFOCache(HELD_AT_MOST)

    @contextmanager
    def open(self, targets: Iterable[Target]) -> Iterator[Subscription]:
        """A subscription while the block runs; it gets what was held for it at once."""
        subscription = Subscription(targets, self._queues)
        for target in subscription.targets:
            self._by_target.setdefault(target, set()).add(subscription)
        self._hand_over_held(subscription)
        try:
            yield subscription
        finally:
            self._remove(subscription)

    def deliver(self, interventions: dict[Target, InterventionInstance], *, hold: bool) -> int:
        """Send one trigger's interventions to the subscribers of its targets.

        Returns how many connections got it; one that does not read gets none once its queue is
        full. With `hold`, it is held for a while if none did: what fired, not what was pushed.
        """
        fired = Fired()
        if hold:
            self._last.update(
                ((each.name, each.version, target), fired) for target, each in interventions.items()
            )
        reached: set[Subscription] = set()
        for target, intervention in interventions.items():
            listening = self._by_target.get(target, set()) - reached
            line = line_of(intervention) if listening else ""
            reached |= {subscription for subscription in listening if subscription.send(line)}
        if reached:
            self._queues.make_room()
        elif hold:
            self._hold(interventions, fired)
        return len(reached)

    def last_fate(self, name: str, version: int, target: Target) -> Fate | None:
        """What happened to an intervention that fired for a target last; None if unknown: it was
        before this process, or too many fired since."""
        return self._fate(self._last.get((name, version, target)))

    def fate(self, intervention_id: str) -> Fate | None:
        """What happened to an intervention that nobody got at once: delivered later, waiting for a
        subscriber, or lost; None if too many fired since."""
        return self._fate(self._by_id.get(intervention_id))

    def _fate(self, fired: Fired | None) -> Fate | None:
        self._expire()
        return None if fired is None else fired.fate

    def forget(self, identifier: str | None = None) -> None:
        """Drop what is held and what fired; for one identifier if one is given."""
        self._let_go(
            [
                fired
                for fired in self._held
                if identifier is None or any(each.identifier == identifier for each in fired.lines)
            ],
            "lost",
        )
        for key in list(self._last):
            if identifier is None or key[2].identifier == identifier:
                del self._last[key]
        if identifier is None:
            self._by_id.clear()

    def close(self) -> None:
        """End every open stream."""
        for subscription in {each for listeners in self._by_target.values() for each in listeners}:
            subscription.close()

    def count(self) -> int:
        """How many connections are open."""
        return len({each for listeners in self._by_target.values() for each in listeners})

    def empty(self) -> None:
        """Drop what is held, to make room for others'."""
        for fired in self._held:
            fired.end("lost")
        self._held.clear()
        self.held_bytes = 0

    def _hold(self, interventions: dict[Target, InterventionInstance], fired: Fired) -> None:
        fired.fate, fired.until = "held", self._monotonic() + HELD_SECONDS
        fired.lines = {target: line_of(each) for target, each in interventions.items()}
        self._held.append(fired)
        self.held_bytes += fired.size
        for each in interventions.values():
            self._by_id[each.intervention_id or ""] = fired
        while len(self._held) > HELD_AT_MOST or self.held_bytes > self._budget.share:
            self._drop_oldest()
        self._budget.note(self, self.held_bytes)
        self._expire_later()

    def _expire_later(self) -> None:
        """Drop what is held once its time is over, even if nothing else happens here."""
        if self._timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # without a server, what is over goes with the next one
        self._timer = loop.call_later(HELD_SECONDS, self._expire_now)

    def _expire_now(self) -> None:
        self._timer = None
        self._expire()
        if self._held:
            self._expire_later()

    def _expire(self) -> None:
        now = self._monotonic()
        while self._held and self._held[0].until <= now:
            self._drop_oldest()
        self._budget.note(self, self.held_bytes)

    def _drop_oldest(self) -> None:
        fired = self._held.popleft()
        self.held_bytes -= fired.size
        fired.end("lost")

    def _hand_over_held(self, subscription: Subscription) -> None:
        self._expire()
        handed_over = []
        for fired in self._held:
            lines = [line for each, line in fired.lines.items() if each in subscription.targets]
            if lines and subscription.send(lines[0]):
                handed_over.append(fired)
        self._let_go(handed_over, "delivered")

    def _let_go(self, some: Iterable[Fired], fate: Fate) -> None:
        for fired in some:
            self.held_bytes -= fired.size
            fired.end(fate)
        self._held = deque(fired for fired in self._held if fired.fate == "held")
        self._budget.note(self, self.held_bytes)

    def _remove(self, subscription: Subscription) -> None:
        subscription.forget()  # nobody reads it now
        for target in subscription.targets:
            self._by_target[target].discard(subscription)
            if not self._by_target[target]:
                del self._by_target[target]
