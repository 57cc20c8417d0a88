"""Events that wait to be sent, kept in the app's file: outages, reloads and restarts lose none.

The tracker asks its event store for a batch, sends it, and then says how that went. An event leaves
the file when the collector has accepted it or refused it permanently. After a crash in between, it
is sent again with the same event id. While the file cannot be used, events wait in memory.

Source: https://docs.snowplow.io/docs/sources/python-tracker/emitters/
"""

import threading
from typing import Any
from weakref import WeakValueDictionary

from snowplow_tracker.event_store import EventStore

from lib.world.app_state import AppState

EVENTS_KEPT = 10_000
FEW_EVENTS = 100  # up to here their size is not checked: every click would
BYTES_KEPT = 20_000_000
BATCH_AT_MOST = 100
BATCH_BYTES = 500_000  # a collector refuses a body above 2 MB

Payload = dict[str, Any]


class Outbox(EventStore):
    """The waiting events of one world, oldest first. Safe to use from several threads."""

    def __init__(self, state: AppState, world: str) -> None:
        self._state = state
        self._world = world
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._waiting = state.outboxes.size(world)

    def add_event(self, payload: Payload) -> bool:
        """Keep an event; False if too many are waiting."""
        with self._lock:
            if self._is_full:
                return False
            self._state.outboxes.add(self._world, payload["eid"], payload)
            self._waiting += 1
            return True

    @property
    def _is_full(self) -> bool:
        if self._waiting >= EVENTS_KEPT:
            return True
        is_many = self._waiting >= FEW_EVENTS
        return is_many and self._state.outboxes.bytes(self._world) >= BYTES_KEPT

    def get_events_batch(self) -> list[Payload]:
        """The events that have waited longest and are not under way; this puts them under way.

        Not all of them at once: a collector refuses requests that are too large.
        """
        with self._lock:
            at_most = BATCH_AT_MOST + len(self._under_way)
            oldest = self._state.outboxes.events(self._world, at_most)
            waiting = [event for event in oldest if event["eid"] not in self._under_way]
            is_all = len(oldest) < at_most  # a damaged file may have lost some
            self._waiting = len(waiting) if is_all else max(self._waiting, len(waiting))
            batch = _batch(waiting)
            self._under_way |= {event["eid"] for event in batch}
            self._waiting -= len(batch)
            return batch

    def cleanup(self, batch: list[Payload], need_retry: bool) -> None:
        """Forget a batch that was sent, or let it wait again."""
        with self._lock:
            ids = {event["eid"] for event in batch} & self._under_way
            if need_retry:
                self._waiting += len(ids)
            elif ids:
                self._state.outboxes.remove(self._world, ids)
            self._under_way -= ids

    def size(self) -> int:
        """How many events wait and are not under way."""
        return self._waiting

    def count(self) -> int:
        """How many events are not sent yet, those under way included."""
        with self._lock:
            return self._waiting + len(self._under_way)

    def oldest(self, at_most: int) -> list[Payload]:
        """The events that wait longest and are not under way, oldest first."""
        with self._lock:
            oldest = self._state.outboxes.events(self._world, at_most + len(self._under_way))
            waiting = [each for each in oldest if each["eid"] not in self._under_way]
            return waiting[:at_most]


def _batch(waiting: list[Payload]) -> list[Payload]:
    """The first events, as many as one request may have; one at least."""
    batch: list[Payload] = []
    room = BATCH_BYTES
    for event in waiting[:BATCH_AT_MOST]:
        room -= sum(len(name) + len(str(value)) for name, value in event.items())
        if batch and room < 0:
            break
        batch.append(event)
    return batch


class Outboxes:
    """The outboxes in use: one for each world, so that no two emitters send the same event."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._outboxes: WeakValueDictionary[str, Outbox] = WeakValueDictionary()

    def of(self, world: str) -> Outbox:
        """The outbox of a world: the same one while anybody holds it."""
        with self._lock:
            outbox = self._outboxes.get(world)
            if outbox is None:
                outbox = self._outboxes[world] = Outbox(self._state, world)
            return outbox
