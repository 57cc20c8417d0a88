"""The order in which requests are processed, and which of their events share a transaction.

Requests wait in the order of arrival. A turn takes a few events, of one request or of several, so
that small ones that arrive together share a transaction, and a large one lets other work run in
between. A request that fails does not fail those beside it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.payload import Fields, Refused
from lib.sandbox.pipeline.sent_request import SentRequest

Stored = TypeVar("Stored")


class CollectorRequest:
    """The events of one request, how many are processed, and how many of those failed. `error` is
    why they could not be processed."""

    def __init__(
        self,
        events: Sequence[Fields],
        refused: Sequence[Refused],
        received: Collected,
        sent: SentRequest | None = None,
    ) -> None:
        self._events = events
        self._refused = refused
        self._taken = 0
        self.failed = 0
        self.sent = sent
        self.received = received
        self.received_json = b"" if sent else orjson.dumps(received)
        self._name: int | None = None
        self.shared = b"" if sent is None else sent.shared()
        self.is_done = False
        self.error: Exception | None = None

    def refer_to(self, name: int) -> None:
        """Let the events name the stored request that they came with."""
        if self._name != name:
            self._name = name
            first = self.received
            columns = first.collector_tstamp, first.ip, first.user_agent, first.cookie_id
            self.received_json = orjson.dumps(Collected(*columns, first.anonymous, name))

    def drop_of(self, user_id: str) -> None:
        """Drop a user's events that are not processed yet."""
        left = [each for each in self._events[self._taken :] if each.get("uid") != user_id]
        self._events = [*self._events[: self._taken], *left]

    def next_part(self, count: int) -> "RequestPart":
        """The next events, at most `count`; the first part also has what could not be read."""
        refused = self._refused if self._taken == 0 else ()
        events = self._events[self._taken : self._taken + count]
        self._taken += len(events)
        return RequestPart(self, refused, events, is_last=self._taken >= len(self._events))


@dataclass(slots=True)
class RequestPart:
    """The part of a request that is committed at once, and how many of its events failed."""

    request: CollectorRequest
    refused: Sequence[Refused]
    events: Sequence[Fields]
    is_last: bool
    failed: int = 0


class Intake(Generic[Stored]):
    """The requests that wait.

    `store` takes parts and stores all of them, or none and raises. `announce` is called with what
    it returned, once that is committed. A turn has at most as many events as `events_per_turn`
    says at the time.
    """

    def __init__(
        self,
        store: Callable[[Sequence[RequestPart]], Stored],
        announce: Callable[[Stored], None],
        events_per_turn: Callable[[], int],
    ) -> None:
        self._store = store
        self._announce = announce
        self._events_per_turn = events_per_turn
        self._turn = asyncio.Lock()
        self._waiting: deque[CollectorRequest] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being processed."""
        return not self._turn.locked() and not self._waiting

    def drop(self) -> None:
        """Drop all that is not stored yet. The senders are answered as if it were stored."""
        for request in self._waiting:
            request.is_done = True
        self._waiting.clear()

    def drop_of(self, user_id: str) -> None:
        """Drop a user's events that are not stored yet."""
        for request in self._waiting:
            request.drop_of(user_id)

    async def take(self, request: CollectorRequest) -> None:
        """Returns once all of a request is stored. Raises what `store` raised for it."""
        self._waiting.append(request)
        await asyncio.sleep(0)  # so that what arrives together is committed together
        async with self._turn:
            while not request.is_done:
                self._commit(self._next_parts())
                if not request.is_done:
                    await asyncio.sleep(0)
        if request.error is not None:
            raise request.error

    def _next_parts(self) -> list[RequestPart]:
        """The next parts in the order of arrival, of one request or several."""
        parts, room = [], self._events_per_turn()
        while self._waiting and room:
            part = self._waiting[0].next_part(room)
            parts.append(part)
            room -= len(part.events)
            if part.is_last:
                self._waiting.popleft()
        return parts

    def _commit(self, parts: list[RequestPart]) -> None:
        try:
            stored = self._store(parts)
        except Exception as error:
            self._fail(parts, error)
            return
        for part in parts:
            part.request.failed += part.failed
        self._announce(stored)
        for part in parts:
            part.request.is_done = part.is_last

    def _fail(self, parts: list[RequestPart], error: Exception) -> None:
        """Process the parts one by one, so that only the request at fault fails."""
        if len(parts) > 1:
            for part in parts:
                self._commit([part])
            return
        request = parts[0].request
        request.error, request.is_done = error, True
        if self._waiting and self._waiting[0] is request:
            self._waiting.popleft()
