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
from dataclasses import dataclass
from typing import Literal

from cachetools import FIFOCache
from snowplow_signals.models.model import InterventionInstance

from lib.sandbox.signals.interventions import Target

HELD_SECONDS = 10.0
HELD_AT_MOST = 1_000
QUEUED_AT_MOST = 1_000
KEEP_ALIVE_SECONDS = 10.0
# JSON may hold these raw, but the SDK reads lines with httpx, which ends a line at each of them.
ESCAPED_BREAKS = {ord(each): f"\\u{ord(each):04x}" for each in "\x85\u2028\u2029"}


@dataclass(frozen=True)
class Held:
    """An intervention that waits for a subscriber, until `until` on the monotonic clock."""

    until: float
    target: Target
    intervention: InterventionInstance


class Subscription:
    """One open connection and its queue."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = frozenset(targets)
        self._queue: asyncio.Queue[InterventionInstance | None] = asyncio.Queue(QUEUED_AT_MOST)

    def send(self, intervention: InterventionInstance) -> None:
        """Queue an intervention, or drop it if the queue of a stalled connection is full."""
        if not self._queue.full():
            self._queue.put_nowait(intervention)

    def close(self) -> None:
        """End the stream once the queue is sent."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def lines(self) -> AsyncIterator[str]:
        """The server-sent events: a comment at once and when idle, one `data:` line for each.

        The SDK looks for exactly `data: `. It notices that it was stopped only when the next line
        arrives, hence the comments.
        """
        yield ": connected\n\n"
        while True:
            try:
                intervention = await asyncio.wait_for(self._queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": keep-alive\n\n"
                continue
            if intervention is None:
                return
            message = intervention.model_dump_json(exclude_none=True).translate(ESCAPED_BREAKS)
            yield f"data: {message}\n\n"


class Subscriptions:
    """All open subscriptions of one sandbox.

    Held interventions expire by `monotonic`, in seconds: real time, even if the sandbox's own clock
    is moved.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._by_target: dict[Target, set[Subscription]] = {}
        self._held: deque[Held] = deque(maxlen=HELD_AT_MOST)
        self._held_until: FIFOCache[str, float] = FIFOCache(HELD_AT_MOST)

    @contextmanager
    def open(self, targets: Iterable[Target]) -> Iterator[Subscription]:
        """A subscription while the block runs; it gets what was held for it at once."""
        subscription = Subscription(targets)
        for target in subscription.targets:
            self._by_target.setdefault(target, set()).add(subscription)
        self._hand_over_held(subscription)
        try:
            yield subscription
        finally:
            self._remove(subscription)

    def deliver(self, interventions: dict[Target, InterventionInstance], *, hold: bool) -> int:
        """Send one trigger's interventions to the subscribers of its targets.

        Returns how many connections got it. With `hold`, it is held for a while if none did.
        """
        reached: set[Subscription] = set()
        for target, intervention in interventions.items():
            for subscription in self._by_target.get(target, set()) - reached:
                subscription.send(intervention)
                reached.add(subscription)
        if hold and not reached:
            until = self._monotonic() + HELD_SECONDS
            for target, intervention in interventions.items():
                self._hold(Held(until, target, intervention))
        return len(reached)

    def fate(self, intervention_id: str) -> Literal["delivered", "held", "lost"]:
        """What happened to an intervention: delivered, waiting for a subscriber, or lost."""
        until = self._held_until.get(intervention_id)
        if until is None:
            return "delivered"
        return "held" if until > self._monotonic() else "lost"

    def close(self) -> None:
        """End every open stream."""
        for subscription in {each for listeners in self._by_target.values() for each in listeners}:
            subscription.close()

    def count(self) -> int:
        """How many connections are open."""
        return len({each for listeners in self._by_target.values() for each in listeners})

    def _hold(self, held: Held) -> None:
        self._held.append(held)
        self._held_until[held.intervention.intervention_id or ""] = held.until

    def _hand_over_held(self, subscription: Subscription) -> None:
        now = self._monotonic()
        waiting = [held for held in self._held if held.until > now]
        sent = set()
        for held in waiting:
            if held.target in subscription.targets:
                if held.intervention.intervention_id not in sent:
                    subscription.send(held.intervention)
                sent.add(held.intervention.intervention_id)
                self._held_until.pop(held.intervention.intervention_id or "", None)
        self._held = deque(
            (held for held in waiting if held.intervention.intervention_id not in sent),
            maxlen=HELD_AT_MOST,
        )

    def _remove(self, subscription: Subscription) -> None:
        for target in subscription.targets:
            self._by_target[target].discard(subscription)
            if not self._by_target[target]:
                del self._by_target[target]
