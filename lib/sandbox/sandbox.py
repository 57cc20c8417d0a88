"""One sandbox: an isolated collector, registry, stream engine, Profiles Store and subscriptions.

This is where the parts meet. It knows nothing of HTTP: the server parses requests, calls this, and
answers.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import orjson

from lib.sandbox.engine import Engine, Trigger
from lib.sandbox.enrich import Received, enrich, failed_event
from lib.sandbox.events import Event, FailedEvent
from lib.sandbox.iglu import Iglu
from lib.sandbox.payload import Fields, Refused
from lib.sandbox.profiles import Profiles
from lib.sandbox.registry import Registry
from lib.sandbox.store import Store
from lib.sandbox.subscriptions import Subscriptions

EVENTS_PER_TURN = 100


class Sandbox:
    """Everything that belongs to one sandbox token."""

    def __init__(self, token: str, store: Store, iglu: Iglu) -> None:
        self.id = store.sandbox_id(token)
        self.store = store
        self.iglu = iglu
        self.registry = Registry(store, self.id)
        self.profiles = Profiles(store)
        self.engine = Engine(store, self.id, self.registry, self.profiles)
        self.subscriptions = Subscriptions()
        self._turn = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether nobody listens and nothing is being taken in."""
        return not self._turn.locked() and self.subscriptions.count() == 0

    async def collect(
        self, events: Sequence[Fields], refused: Sequence[Refused], received: Received
    ) -> None:
        """Take in what one request brought; returns once all of it is committed.

        Requests are processed in the order of their arrival. A large one lets other requests of
        the server run between its parts.
        """
        async with self._turn:
            self._commit([failed_event(each.payload, each.failures, received) for each in refused])
            for part in _parts(events):
                self._commit_fields(part, received)
                await asyncio.sleep(0)

    def _commit_fields(self, part: Sequence[Fields], received: Received) -> None:
        triggers: list[Trigger] = []
        try:
            with self.store.transaction():
                for fields in part:
                    triggers += self._take_in(fields, received)
        except Exception:
            self.profiles.clear()  # the cache is ahead of what was rolled back
            raise
        for trigger in triggers:
            self.subscriptions.deliver(trigger, hold=True)

    def _take_in(self, fields: Fields, received: Received) -> list[Trigger]:
        event = enrich(fields, received, self.iglu)
        if isinstance(event, FailedEvent):
            self._keep_failed(event)
            return []
        seq = self._keep(event, fields, received)
        if seq is None:
            return []
        return self.engine.process(event, seq, received.collector_tstamp)

    def _keep(self, event: Event, fields: Fields, received: Received) -> int | None:
        return self.store.add_event(
            self.id,
            event.event_id,
            event.collector_tstamp,
            event.atomic.get("user_id"),
            orjson.dumps({**fields, "eid": event.event_id}),
            orjson.dumps(asdict(received)),
        )

    def _keep_failed(self, event: FailedEvent) -> None:
        self.store.add_failed_event(
            self.id,
            event.event_id,
            event.collector_tstamp,
            event.user_id,
            orjson.dumps(event.payload),
            orjson.dumps([asdict(failure) for failure in event.failures]),
        )

    def _commit(self, failed: Sequence[FailedEvent]) -> None:
        if not failed:
            return
        with self.store.transaction():
            for event in failed:
                self._keep_failed(event)

    def newest_events(self, limit: int) -> list[Event]:
        """The newest accepted events, newest first, enriched again from what was received."""
        kept = self.store.events(self.id, limit)
        events = (enrich(fields, Received(**received), self.iglu) for fields, received in kept)
        return [event for event in events if isinstance(event, Event)]


def _parts(events: Sequence[Fields]) -> Iterator[Sequence[Fields]]:
    for start in range(0, len(events), EVENTS_PER_TURN):
        yield events[start : start + EVENTS_PER_TURN]
