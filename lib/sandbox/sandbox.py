"""One sandbox: an isolated collector, registry, stream engine, Profiles Store and subscriptions.

This is where the parts meet. It knows nothing about HTTP: the server parses requests, calls this,
and answers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NamedTuple

import orjson

from lib.sandbox.clock import Clock
from lib.sandbox.errors import InvalidDefinition, NotFound
from lib.sandbox.pipeline.enrich import Collected, Together, enrich, failed_event
from lib.sandbox.pipeline.events import Event, FailedEvent, KeptEvent
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.intake import CollectorRequest, Intake, RequestPart
from lib.sandbox.pipeline.own_schemas import OwnSchemas
from lib.sandbox.pipeline.payload import Fields, Refused
from lib.sandbox.pipeline.sent_request import SentRequest
from lib.sandbox.signals.engine import Arrival, Effects, Engine, Trigger
from lib.sandbox.signals.interventions import Target
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profiles import Profiles
from lib.sandbox.signals.registry import Registry
from lib.sandbox.signals.subscriptions import Fate, Subscriptions
from lib.sandbox.signals.traces import Traces, share
from lib.sandbox.storage.rows import NewFailedEvent
from lib.sandbox.storage.store import EventRow, Store, StoredEvent

EVENTS_PER_TURN = 80  # which take about five milliseconds; others may wait for several turns
COST_PER_TURN = 2_000  # about ten milliseconds, where much is published
FARTHEST_MS = 10 * 366 * 24 * 60 * 60 * 1000


class Sandbox:
    """Everything that belongs to one sandbox token. `count` returns how many sandboxes are open."""

    most_listed: int | None = None
    """How many events Micro's lists have; all, unless others would wait for it."""

    def __init__(
        self,
        token: str,
        store: Store,
        iglu: Iglu,
        clock: Clock,
        count: Callable[[], int] = lambda: 1,
    ) -> None:
        self.id = store.sandbox_id(token)
        self._token = token
        self.store = store
        self.iglu = OwnSchemas(iglu)
        self._load_schemas()
        self._clock = clock
        self._clock_offset = store.clock_offset(self.id)
        self.registry = Registry(store, self.id, self.now, self.iglu, self._transaction)
        self.profiles = Profiles(store)
        self.engine = Engine(store, self.id, self.registry, self.profiles)
        self.subscriptions = Subscriptions()
        self.traces = Traces(lambda: share(count()))
        self._version_elsewhere = store.version_elsewhere
        self._intake = Intake(self._store_parts, self._announce, self._events_per_turn)

    def now(self) -> int:
        """The sandbox's time, in milliseconds since the epoch, UTC."""
        return self._clock() + self._clock_offset

    @property
    def clock_offset(self) -> int:
        """How far ahead of real time the sandbox's clock is, in milliseconds."""
        return self._clock_offset

    @contextmanager
    def _transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """A transaction that writes something: a sandbox costs nothing before its first."""
        with self.store.transaction(is_synced=is_synced):
            self.store.add_sandbox(self.id, self._token)
            yield

    def catch_up(self) -> None:
        """Read the file again if another process has written to it.

        What fires in that process is delivered by that process.
        """
        version = self.store.version_elsewhere
        if version != self._version_elsewhere:
            self._version_elsewhere = version
            self._clock_offset = self.store.clock_offset(self.id)
            self.registry.load()
            self._load_schemas()
            self.profiles.clear()

    @property
    def size(self) -> int:
        """The bytes of its definitions and schemas, as JSON, with those of compiled patterns."""
        return self.registry.size + self.iglu.size

    def _load_schemas(self) -> None:
        uses_more = self.store.uses_more_schemas(self.id)
        self.iglu.load(self.store.schemas(self.id), uses_more=uses_more)

    def use_more_schemas(self, uses_more: bool) -> None:
        """Turn validation against the server's optional schemas on or off."""
        with self._transaction():
            self.store.use_more_schemas(self.id, uses_more)
        self._load_schemas()

    def add_schema(self, schema: dict[str, Any]) -> str:
        """Add a schema of its own; returns its URI. Raises `InvalidDefinition` with the places."""
        with self._transaction():
            self.catch_up()
            uri = self.iglu.check_new(schema).uri
            self.store.save_schema(self.id, uri, schema)
        self._load_schemas()
        return uri

    def delete_schema(self, uri: str) -> None:
        """Delete a schema of its own. Raises `InvalidDefinition` if that is not possible."""
        with self._transaction():
            self.catch_up()
            self.iglu.check_deletion(uri)
            self.store.delete_schema(self.id, uri)
        self._load_schemas()

    def move_clock(self, milliseconds: int) -> None:
        """Move the sandbox's clock forward; raises InvalidDefinition if it would move back."""
        if milliseconds < 0 or self._clock_offset + milliseconds > FARTHEST_MS:
            raise InvalidDefinition(
                (["body", "seconds"], "the clock moves forward, by 0 to 10 years")
            )
        with self._transaction():
            self.store.set_clock_offset(self.id, self._clock_offset + milliseconds)
        self._clock_offset += milliseconds

    def reset(self, *, keep_definitions: bool = False) -> None:
        """Empty the sandbox and set its clock back to now; subscriptions stay open.

        What is being processed goes too: it was sent before, by a clock that may have been ahead.
        """
        with self.store.transaction():
            self.store.delete_events(self.id)
            self.store.delete_fired(self.id)
            self.store.set_clock_offset(self.id, 0)
            for group in self.registry.all(GROUP):
                self.store.delete_profiles(group.id)
            if keep_definitions:
                self.store.set_published_by(self.id, self._clock())
            else:
                self.store.delete_definitions(self.id)
                self.store.delete_schemas(self.id)
        self._clock_offset = 0
        self._intake.drop()
        self.registry.load()
        self._load_schemas()
        self.profiles.clear()
        self.traces.clear()
        self.subscriptions.forget()

    def reset_user(self, user_id: str) -> None:
        """Forget one user: their events, their values in every group, and what fired for them, and
        their events that are being processed."""
        with self.store.transaction():
            event_ids = self.store.delete_events_of_user(self.id, user_id)
            self.store.delete_fired_for(self.id, user_id)
            for group in self.registry.all(GROUP):
                self.store.delete_profile(group.id, user_id)
        self._intake.drop_of(user_id)
        self.profiles.clear()
        self.traces.forget(event_ids)
        self.subscriptions.forget(user_id)

    def trace(self, event_id: str) -> list[dict[str, Any]]:
        """The trace of an event, stage by stage, as JSON; raises NotFound if there is none."""
        stages = self.traces.find(event_id)
        if stages is None:
            raise NotFound(f"No trace of the event {event_id}. It never arrived, or is too old.")
        return [
            stage | {"fate": self._fate(stage)} if stage["stage"] == "triggered" else stage
            for stage in stages
        ]

    def _fate(self, triggered: dict[str, Any]) -> Fate | None:
        if triggered["connections"]:
            return "delivered"
        return self.subscriptions.fate(triggered["intervention_id"])

    def fired(self, identifier: str | None, limit: int) -> list[dict[str, Any]]:
        """What fired once for each target, and what happened to it, as JSON."""
        return [
            {
                "name": name,
                "version": version,
                "attribute_key": key,
                "identifier": each,
                "fate": self.subscriptions.last_fate(name, version, Target(key, each)),
            }
            for name, version, key, each in self.store.fired(self.id, identifier, limit)
        ]

    def forget_events(self) -> None:
        """Delete the stored events; what was computed from them stays."""
        with self.store.transaction():
            self.store.delete_events(self.id)
        self.traces.clear()

    @property
    def is_busy(self) -> bool:
        """Whether a request is being processed."""
        return not self._intake.is_idle

    @property
    def is_idle(self) -> bool:
        """Whether there is no subscriber, and no request is being processed."""
        return not self.is_busy and self.subscriptions.count() == 0

    async def collect(
        self,
        events: Sequence[Fields],
        refused: Sequence[Refused],
        received: Collected,
        sent: SentRequest | None = None,
    ) -> int:
        """Process the events of one request; returns how many failed, once all are committed.

        Requests are processed in the order of arrival; those that wait at the same time share a
        transaction. A large one lets other requests run between its parts. Raises `sqlite3.Error`
        if the database cannot be written; then nothing was stored, except earlier parts of a large
        request. `sent` is kept beside the events, to be shown.
        """
        request = CollectorRequest(events, refused, received, sent)
        await self._intake.take(request)
        return request.failed

    def _events_per_turn(self) -> int:
        """Fewer if much is computed for each: others wait for a turn to end."""
        return max(1, min(EVENTS_PER_TURN, COST_PER_TURN // max(1, self.engine.cost)))

    def _store_parts(self, parts: Sequence[RequestPart]) -> "_Stored":
        """Store some parts of requests in a transaction, all of them or none."""
        try:
            with self._transaction(is_synced=False):
                self.catch_up()
                return self._take_in(parts)
        except Exception:
            self.profiles.clear()  # the cache is ahead of what was rolled back
            self.store.forget_requests()
            raise

    def _announce(self, stored: "_Stored") -> None:
        """Trace what was stored, and deliver what fired."""
        for refused in stored.failed:
            self.traces.failed(refused)
            self._charge(sum(failure.length for failure in refused.failures))
        self.traces.all_accepted(stored.accepted)
        for event, effects in stored.accepted:
            if effects.triggers:
                self._deliver(event, effects.triggers)
            self._charge(effects.stored_bytes)

    def _take_in(self, parts: Sequence[RequestPart]) -> "_Stored":
        failed: list[FailedEvent] = []
        accepted: list[Event] = []
        rows: list[EventRow] = []
        together = Together(self.iglu)
        for part in parts:
            if part.events:
                self._keep_shared(part.request)
            received = part.request.received
            failed_here = [
                failed_event(each.payload, each.failures, received, each.first_event)
                for each in part.refused
            ]
            for fields in part.events:
                event = together.enriched(fields, received)
                if isinstance(event, FailedEvent):
                    failed_here.append(event)
                else:
                    accepted.append(event)
                    rows.append(_row(event, fields, part.request.received_json))
            self._keep_whole(part.request, failed_here)
            part.failed = len(failed_here)
            failed += failed_here
        self.store.add_failed_events(self.id, map(_failed_row, failed))
        numbers = self.store.add_events(self.id, rows)
        new = [
            Arrival(event, seq, event.collector_tstamp)
            for event, seq in zip(accepted, numbers, strict=True)
            if seq is not None
        ]
        all_effects = self.engine.process_all(new)
        new_events = (arrival.event for arrival in new)
        return _Stored(failed, list(zip(new_events, all_effects, strict=True)))

    def _keep_shared(self, request: CollectorRequest) -> None:
        if request.sent is not None:
            request.refer_to(self.store.keep_request(self.id, request.shared, is_whole=False))

    def _keep_whole(self, request: CollectorRequest, failed: list[FailedEvent]) -> None:
        """Keep the query string and the body too, if an event failed."""
        if failed and request.sent is not None:
            whole = self.store.keep_request(
                self.id, request.sent.whole(request.received), is_whole=True
            )
            for event in failed:
                event.request = whole

    def _charge(self, stored_bytes: int) -> None:
        """An event added so many bytes to the values that are kept, or to the reasons why events
        failed. Without limits it is free."""

    def _deliver(self, event: Event, triggers: Sequence[Trigger]) -> None:
        for trigger in triggers:
            connections = self.subscriptions.deliver(trigger, hold=True)
            self.traces.triggered(event, trigger, connections)

    def kept_event(self, row: StoredEvent) -> KeptEvent | None:
        """A stored event, enriched again from what was received, even if a schema that was added
        since would refuse it; None if it would fail all the same."""
        fields, received = orjson.loads(row.payload), orjson.loads(row.received)
        for iglu in (self.iglu, self.iglu.shared):
            event = enrich(fields, Collected(**received), iglu)
            if isinstance(event, Event):
                return KeptEvent(event, fields, received)
        return None


class _Stored(NamedTuple):
    """The result for some events: those that failed, and the new ones with their effects."""

    failed: list[FailedEvent]
    accepted: list[tuple[Event, Effects]]


def _row(event: Event, fields: Fields, received: bytes) -> EventRow:
    kept = fields if fields.get("eid") == event.event_id else {**fields, "eid": event.event_id}
    return EventRow(
        event.event_id,
        event.collector_tstamp,
        event.atomic.get("user_id"),
        event.atomic.get("domain_sessionid"),
        orjson.dumps(kept),
        received,
    )


def _failed_row(event: FailedEvent) -> NewFailedEvent:
    return NewFailedEvent(
        event.event_id,
        event.collector_tstamp,
        event.user_id,
        orjson.dumps(event.payload),
        orjson.dumps([asdict(failure) for failure in event.failures]),
        event.request,
    )
