"""The sandboxes of a server, by token.

The embedded server holds many, one for each token. A token is at least 128 random bits in URL-safe
characters; its first use creates its sandbox, and the first thing that is written to it gives it a
row in the file. A standalone server (`python -m lib.sandbox`) has a single sandbox for everyone and
accepts any bearer token, as Snowplow Micro does.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import orjson

from lib.sandbox.clock import Clock
from lib.sandbox.errors import NotFound, Unauthorized
from lib.sandbox.limits import (
    BYTES_PER_EVENT,
    LISTED_EVENTS,
    OPEN_DEFINITIONS_BYTES,
    OPEN_SANDBOXES,
    EventLimit,
    Limits,
)
from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.payload import Fields, Refused
from lib.sandbox.pipeline.sent_request import SentRequest
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.limited_store import LimitedStore
from lib.sandbox.storage.store import Store

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")
SINGLE = "single"


class LimitedSandbox(Sandbox):
    """A sandbox with a limit on the rate of its events."""

    most_listed = LISTED_EVENTS

    def __init__(
        self,
        token: str,
        store: Store,
        iglu: Iglu,
        clock: Clock,
        count: Callable[[], int],
        events: EventLimit,
    ) -> None:
        super().__init__(token, store, iglu, clock, count)
        self._events = events
        self._bucket = events.bucket()

    async def collect(
        self,
        events: Sequence[Fields],
        refused: Sequence[Refused],
        received: Collected,
        sent: SentRequest | None = None,
    ) -> int:
        """As in `Sandbox`; raises TooMany, and then nothing was stored."""
        count = len(events) + len(refused)
        self._events.take(count, count + _extra_weight(events, refused), self._bucket)
        return await super().collect(events, refused, received, sent)

    def _charge(self, stored_bytes: int) -> None:
        """What an event produces counts too; later events wait for it."""
        self._bucket.reserve(stored_bytes // BYTES_PER_EVENT)


class Sandboxes:
    """All sandboxes of one server. `isolated` keeps one for each token.

    `limits` apply to each. For the limits on what is stored, the store must be a `LimitedStore`.
    `monotonic` returns the seconds that rates are measured in.
    """

    def __init__(
        self,
        store: Store,
        iglu: Iglu,
        clock: Clock,
        *,
        isolated: bool,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.clock = clock
        self.limits = limits
        self.event_limit = None if limits is None else EventLimit(limits, monotonic)
        self.iglu = iglu
        self._isolated = isolated
        # The least recently used first. Not a cache of cachetools: those in use must stay.
        self._sandboxes: OrderedDict[str, Sandbox] = OrderedDict()
        if isinstance(store, LimitedStore):
            store.serve(lambda: {each.id for each in self._sandboxes.values()}, clock)

    def of_token(self, token: str) -> Sandbox:
        """The sandbox of a token; raises NotFound if it is not a token."""
        if not self._isolated:
            return self._open(SINGLE)
        if not TOKEN.fullmatch(token):
            raise NotFound("This is not a sandbox token: it needs 22 or more URL-safe characters.")
        return self._open(token)

    def of_bearer(self, authorization: str | None) -> Sandbox:
        """The sandbox of an `Authorization` header; raises Unauthorized without a bearer token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Not authenticated: send 'Authorization: Bearer <token>'.")
        if not self._isolated:
            return self._open(SINGLE)
        if not TOKEN.fullmatch(token.strip()):
            raise Unauthorized("This bearer token is not a sandbox token.")
        return self._open(token.strip())

    def of_everyone(self) -> Sandbox:
        """The single sandbox of a server that is not isolated; raises NotFound on one that is."""
        if self._isolated:
            raise NotFound("This server holds many sandboxes: use the path /sandbox/<token>.")
        return self._open(SINGLE)

    def close_streams(self) -> None:
        """End all subscriptions, so that a server does not wait for them when it stops."""
        for sandbox in self._sandboxes.values():
            sandbox.subscriptions.close()

    def close(self) -> None:
        """Close the database and drop every sandbox: a server that ended may stay in memory,
        because its parts refer to each other."""
        self._sandboxes.clear()
        self.store.close()

    @property
    def isolated(self) -> bool:
        """Whether every token has its own sandbox."""
        return self._isolated

    def _open(self, token: str) -> Sandbox:
        self.store.file.raise_trouble()
        if token in self._sandboxes:
            self._sandboxes.move_to_end(token)
            self._sandboxes[token].catch_up()
            return self._sandboxes[token]
        self.close_some(room_for=1)
        self._sandboxes[token] = self._new(token)
        return self._sandboxes[token]

    def _new(self, token: str) -> Sandbox:
        parts = (token, self.store, self.iglu, self.clock, self._sandboxes.__len__)
        if self.event_limit is None:
            return Sandbox(*parts)
        return LimitedSandbox(*parts, self.event_limit)

    def close_some(self, room_for: int = 0) -> None:
        """Close sandboxes if more are open than memory has room for, or their definitions are too
        large. The database has all their data.

        The least recently used without subscribers are closed first. If the definitions of the
        others are too large, those with most are closed; their subscribers have to connect again.
        """
        excess = len(self._sandboxes) + room_for - OPEN_SANDBOXES
        size = sum(each.size for each in self._sandboxes.values())
        idle = [token for token, each in self._sandboxes.items() if each.is_idle]
        for token in idle:
            if excess <= 0 and size <= OPEN_DEFINITIONS_BYTES:
                return
            size -= self._sandboxes.pop(token).size
            excess -= 1
        largest = sorted(self._sandboxes.items(), key=lambda each: -each[1].size)
        for token, sandbox in largest:
            if size <= OPEN_DEFINITIONS_BYTES:
                return
            if not sandbox.is_busy:
                sandbox.subscriptions.close()
                size -= self._sandboxes.pop(token).size


def _extra_weight(events: Sequence[Fields], refused: Sequence[Refused]) -> int:
    """How many times more large events count."""
    sizes = [sum(map(len, fields)) + sum(map(len, fields.values())) for fields in events]
    sizes += [len(orjson.dumps(each.payload)) for each in refused]
    return sum(size // BYTES_PER_EVENT for size in sizes)
