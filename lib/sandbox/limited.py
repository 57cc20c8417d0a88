"""A sandbox and a database that keep to their limits, for servers that many share.

The limits are described in `limits`.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from lib.sandbox.clock import Clock
from lib.sandbox.enrich import Received
from lib.sandbox.errors import TooMany
from lib.sandbox.iglu import Iglu
from lib.sandbox.limits import EventLimit, Limits
from lib.sandbox.payload import Fields, Refused
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.store import EventRow, Store

UNUSED_MS = 24 * 60 * 60 * 1000
TRY_AGAIN_SECONDS = 60
DELETED_AT_ONCE = 0.01  # of what may be stored: some 20 ms for the default


class LimitedSandbox(Sandbox):
    """A sandbox that takes events only at a certain rate."""

    def __init__(
        self, token: str, store: Store, iglu: Iglu, clock: Clock, events: EventLimit
    ) -> None:
        super().__init__(token, store, iglu, clock)
        self._events = events
        self._bucket = events.bucket()

    async def collect(
        self, events: Sequence[Fields], refused: Sequence[Refused], received: Received
    ) -> None:
        """As in `Sandbox`; raises TooMany, and then nothing was stored."""
        self._events.take(len(events) + len(refused), self._bucket)
        await super().collect(events, refused, received)


class LimitedStore(Store):
    """A store that holds only so many sandboxes, and in each so many definitions and events."""

    def __init__(self, path: Path | str, limits: Limits) -> None:
        super().__init__(path)
        self._limits = limits
        self._stored: dict[int, list[int]] = {}  # accepted and failed ones of a sandbox, at most

    def add_events(self, sandbox_id: int, events: Sequence[EventRow]) -> list[int | None]:
        """As in `Store`, and the oldest make room for them."""
        numbers = super().add_events(sandbox_id, events)
        added = len(numbers) - numbers.count(None)
        self._make_room_for_events(sandbox_id, added, 0)
        return numbers

    def add_failed_events(
        self, sandbox_id: int, events: Iterable[tuple[str | None, int, str | None, bytes, bytes]]
    ) -> None:
        """As in `Store`, and the oldest make room for them."""
        rows = list(events)
        super().add_failed_events(sandbox_id, rows)
        self._make_room_for_events(sandbox_id, 0, len(rows))

    def _make_room_for_events(self, sandbox_id: int, accepted: int, failed: int) -> None:
        """Counting all of them takes long, so it is done only when there may be too many."""
        if not accepted and not failed:
            return
        at_most = self._limits.stored_events
        stored = self._stored.get(sandbox_id)
        if stored is not None:
            stored[0] += accepted
            stored[1] += failed
        if stored is None or max(stored) > at_most:
            stored = self._stored[sandbox_id] = list(self.counts(sandbox_id))
        if max(stored) > at_most:
            keep = at_most - int(at_most * DELETED_AT_ONCE)
            self.delete_oldest_events(sandbox_id, keep)
            self._stored[sandbox_id] = [min(each, keep) for each in stored]

    def delete_oldest_events(self, sandbox_id: int, keep: int) -> None:
        """Delete all but the newest of the accepted events of a sandbox, and of the failed ones."""
        for table in ("event", "failed_event"):
            self._db.execute(
                f"DELETE FROM {table} WHERE sandbox_id = ?1 AND seq <="
                f" (SELECT seq FROM {table} WHERE sandbox_id = ?1 ORDER BY seq DESC"
                " LIMIT 1 OFFSET ?2)",
                (sandbox_id, keep),
            )

    def save_definition(
        self,
        sandbox_id: int,
        kind: str,
        name: str,
        version: int,
        published_at: int | None,
        body: dict[str, Any],
    ) -> int:
        """As in `Store`; raises TooMany for a new one beyond the limit."""
        row_id = super().save_definition(sandbox_id, kind, name, version, published_at, body)
        query = "SELECT count(*) FROM definition WHERE sandbox_id = ?"
        if self._db.execute(query, (sandbox_id,)).fetchone()[0] > self._limits.definitions:
            raise TooMany(  # which undoes the transaction that every definition is saved in
                f"This sandbox has {self._limits.definitions:,} definitions, and no more are"
                " possible. Delete some, or reset it.",
                TRY_AGAIN_SECONDS,
            )
        return row_id

    def make_room_for(self, token: str, open_ids: Collection[int], now: int) -> None:
        """Before a sandbox is opened: if it is a new one beyond the limit, the oldest goes that is
        not open and took no event within a day before `now` (ms UTC).

        Raises TooMany if there is none.
        """
        if self._db.execute("SELECT 1 FROM sandbox WHERE token = ?", (token,)).fetchone():
            return
        if self._db.execute("SELECT count(*) FROM sandbox").fetchone()[0] < self._limits.sandboxes:
            return
        unused = self._unused(open_ids, now - UNUSED_MS)
        if unused is None:
            raise TooMany(
                f"This server has {self._limits.sandboxes:,} sandboxes, all of them in use, and no"
                " more are possible. Try again later.",
                TRY_AGAIN_SECONDS,
            )
        self.delete_sandbox(unused)

    def _unused(self, open_ids: Collection[int], since: int) -> int | None:
        rows = self._db.execute(
            "SELECT id FROM sandbox WHERE coalesce((SELECT collector_tstamp FROM event"
            " WHERE sandbox_id = sandbox.id ORDER BY seq DESC LIMIT 1), 0) - clock_offset < ?"
            " ORDER BY id",
            (since,),
        )
        return next((row_id for (row_id,) in rows if row_id not in open_ids), None)

    def delete_sandbox(self, sandbox_id: int) -> None:
        """Delete a sandbox with everything in it. Its token may be used for a new one."""
        with self.transaction():
            for definition in self.definitions(sandbox_id):
                self.delete_definition(definition.id)
            self.delete_events(sandbox_id)
            self.delete_fired(sandbox_id)
            self._db.execute("DELETE FROM sandbox WHERE id = ?", (sandbox_id,))
        self._stored.pop(sandbox_id, None)
