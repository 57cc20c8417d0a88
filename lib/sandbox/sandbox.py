"""One sandbox: an isolated collector, registry, stream engine, Profiles Store and subscriptions.

This is where the parts meet. It knows nothing of HTTP: the server parses requests, calls this, and
answers.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from lib.sandbox.clock import Clock
from lib.sandbox.engine import Engine, Outcome
from lib.sandbox.enrich import Received, enrich, failed_event
from lib.sandbox.errors import InvalidDefinition, NotFound
from lib.sandbox.events import Event, FailedEvent, KeptEvent
from lib.sandbox.iglu import Iglu
from lib.sandbox.kinds import GROUP
from lib.sandbox.payload import Fields, Refused
from lib.sandbox.profiles import Profiles
from lib.sandbox.registry import Registry
from lib.sandbox.store import Store
from lib.sandbox.subscriptions import Subscriptions
from lib.sandbox.traces import Traces, as_json

EVENTS_PER_TURN = 100
FARTHEST_MS = 10 * 366 * 24 * 60 * 60 * 1000


class Sandbox:
    """Everything that belongs to one sandbox token."""

    def __init__(self, token: str, store: Store, iglu: Iglu, clock: Clock) -> None:
        self.id = store.sandbox_id(token)
        self.store = store
        self.iglu = iglu
        self._clock = clock
        self._clock_offset = store.clock_offset(self.id)
        self.registry = Registry(store, self.id, self.now)
        self.profiles = Profiles(store)
        self.engine = Engine(store, self.id, self.registry, self.profiles)
        self.subscriptions = Subscriptions()
        self.traces = Traces()
        self._turn = asyncio.Lock()

    def now(self) -> int:
        """The sandbox's time, in milliseconds since the epoch, UTC."""
        return self._clock() + self._clock_offset

    @property
    def clock_offset(self) -> int:
        """How far the sandbox's clock is ahead of the real time, in milliseconds."""
        return self._clock_offset

    def move_clock(self, milliseconds: int) -> None:
        """Move the sandbox's clock forward; raises InvalidDefinition if it would move back."""
        if milliseconds < 0 or self._clock_offset + milliseconds > FARTHEST_MS:
            raise InvalidDefinition(
                (["body", "seconds"], "the clock moves forward, by 0 to 10 years")
            )
        self.store.set_clock_offset(self.id, self._clock_offset + milliseconds)
        self._clock_offset += milliseconds

    def reset(self, *, keep_definitions: bool = False) -> None:
        """Empty the sandbox and set its clock back to now; subscriptions stay open."""
        with self.store.transaction():
            self.store.delete_events(self.id)
            self.store.delete_fired(self.id)
            self.store.set_clock_offset(self.id, 0)
            for group in self.registry.all(GROUP):
                self.store.delete_profiles(group.id)
            if not keep_definitions:
                self.store.delete_definitions(self.id)
        self._clock_offset = 0
        self.registry.load()
        self.profiles.clear()
        self.traces.clear()

    def reset_user(self, user_id: str) -> None:
        """Forget one user: their events, their values in every group, and what fired for them."""
        with self.store.transaction():
            event_ids = self.store.delete_events_of_user(self.id, user_id)
            self.store.delete_fired_for(self.id, user_id)
            for group in self.registry.all(GROUP):
                self.store.delete_profile(group.id, user_id)
        self.profiles.clear()
        self.traces.forget(event_ids)

    def trace(self, event_id: str) -> list[dict[str, Any]]:
        """What became of an event, stage by stage, as JSON; raises NotFound if it is not known."""
        stages = self.traces.find(event_id)
        if stages is None:
            raise NotFound(f"No trace of the event {event_id}: it never came, or too long ago.")
        return [
            stage | {"fate": self.subscriptions.fate(stage["intervention_id"])}
            if stage["stage"] == "triggered"
            else stage
            for stage in as_json(stages)
        ]

    def forget_events(self) -> None:
        """Delete the stored events; what was computed from them stays."""
        with self.store.transaction():
            self.store.delete_events(self.id)
        self.traces.clear()

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
        processed: list[tuple[Event, Outcome]] = []
        try:
            with self.store.transaction():
                for fields in part:
                    processed += self._take_in(fields, received)
        except Exception:
            self.profiles.clear()  # the cache is ahead of what was rolled back
            raise
        for event, outcome in processed:
            self._deliver(event, outcome)

    def _take_in(self, fields: Fields, received: Received) -> list[tuple[Event, Outcome]]:
        event = enrich(fields, received, self.iglu)
        if isinstance(event, FailedEvent):
            self._keep_failed(event)
            return []
        seq = self._keep(event, fields, received)
        if seq is None:
            return []
        return [(event, self.engine.process(event, seq, received.collector_tstamp))]

    def _deliver(self, event: Event, outcome: Outcome) -> None:
        self.traces.accepted(event, outcome)
        for trigger in outcome.triggers:
            connections = self.subscriptions.deliver(trigger, hold=True)
            self.traces.triggered(event, trigger, connections)

    def _keep(self, event: Event, fields: Fields, received: Received) -> int | None:
        return self.store.add_event(
            self.id,
            event.event_id,
            event.collector_tstamp,
            event.atomic.get("user_id"),
            event.atomic.get("domain_sessionid"),
            orjson.dumps({**fields, "eid": event.event_id}),
            orjson.dumps(asdict(received)),
        )

    def _keep_failed(self, event: FailedEvent) -> None:
        self.traces.failed(event)
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

    def newest_events(
        self, limit: int, since: int = 0, session_id: str | None = None
    ) -> list[KeptEvent]:
        """The newest accepted events, newest first, enriched again from what was received.

        Only those collected from `since` (ms UTC) on, and of one session if one is given.
        """
        return self._enriched(self.store.events(self.id, limit, since, session_id))

    def newest_events_of(self, user_id: str, limit: int) -> list[KeptEvent]:
        """The newest accepted events of a user, newest first."""
        return self._enriched(self.store.events_of_user(self.id, user_id, limit))

    def _enriched(self, rows: Iterable[tuple[Fields, dict[str, Any]]]) -> list[KeptEvent]:
        kept = []
        for fields, received in rows:
            event = enrich(fields, Received(**received), self.iglu)
            if isinstance(event, Event):
                kept.append(KeptEvent(event, fields, received))
        return kept


def _parts(events: Sequence[Fields]) -> Iterator[Sequence[Fields]]:
    for start in range(0, len(events), EVENTS_PER_TURN):
        yield events[start : start + EVENTS_PER_TURN]
