"""A store with limits, for servers that many share. `Limits` describes them."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lib.sandbox.clock import Clock
from lib.sandbox.errors import TooMany
from lib.sandbox.limits import Limits
from lib.sandbox.storage.rows import NewFailedEvent
from lib.sandbox.storage.store import EventRow, Store

UNUSED_MS = 24 * 60 * 60 * 1000
TRY_AGAIN_SECONDS = 60
DELETED_AT_ONCE = 0.01  # of the limit: about 20 ms for the default
EVENT_TABLES = {
    "event": "length(payload) + length(received)",
    "failed_event": "length(payload) + length(failures)",
}
"""The tables of events, and the bytes of a row that count."""


@dataclass
class _Stored:
    """The number of events of a sandbox in one of the tables, and their bytes."""

    count: int
    size: int

    def add(self, sizes: Sequence[int]) -> None:
        self.count += len(sizes)
        self.size += sum(sizes)

    def remove(self, size: int) -> None:
        self.count -= 1
        self.size -= size

    def is_within(self, limits: Limits, share: float = 1.0) -> bool:
        is_few = self.count <= math.ceil(limits.stored_events * share)
        return is_few and self.size <= limits.stored_bytes * share


class LimitedStore(Store):
    """A store that limits its sandboxes, and the definitions and events of each."""

    cache_kb = 16_000  # it shares a small container with the app

    def __init__(self, path: Path | str, limits: Limits) -> None:
        super().__init__(path)
        self._limits = limits
        self._stored: dict[tuple[int, str], _Stored] = {}
        self._uncommitted: set[tuple[int, str]] = set()
        self._full_since = -math.inf  # ms UTC
        self._open_ids: Callable[[], Collection[int]] = tuple
        self._clock: Clock = lambda: 0

    def serve(self, open_ids: Callable[[], Collection[int]], clock: Clock) -> None:
        """Say which sandboxes are open, and must stay, and what time it is."""
        self._open_ids, self._clock = open_ids, clock

    @contextmanager
    def transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """As in `Store`; if it is rolled back, the tables it added to are counted again."""
        self._uncommitted.clear()
        try:
            with super().transaction(is_synced=is_synced):
                yield
        except BaseException:
            for key in self._uncommitted:
                self._stored.pop(key, None)
            raise

    def add_events(self, sandbox_id: int, events: Sequence[EventRow]) -> list[int | None]:
        """As in `Store`; the oldest ones are deleted to make room."""
        numbers = super().add_events(sandbox_id, events)
        kept = zip(numbers, events, strict=True)
        sizes = [
            len(event.payload) + len(event.received) for number, event in kept if number is not None
        ]
        self._make_room(sandbox_id, "event", sizes)
        return numbers

    def add_failed_events(self, sandbox_id: int, events: Iterable[NewFailedEvent]) -> None:
        """As in `Store`; the oldest ones are deleted to make room."""
        rows = list(events)
        super().add_failed_events(sandbox_id, rows)
        sizes = [len(row.payload) + len(row.failures) for row in rows]
        self._make_room(sandbox_id, "failed_event", sizes)

    def delete_events(self, sandbox_id: int) -> None:
        """As in `Store`."""
        super().delete_events(sandbox_id)
        self._forget_counts(sandbox_id)

    def delete_events_of_user(self, sandbox_id: int, user_id: str) -> list[str]:
        """As in `Store`."""
        self._forget_counts(sandbox_id)
        return super().delete_events_of_user(sandbox_id, user_id)

    def _forget_counts(self, sandbox_id: int) -> None:
        for table in EVENT_TABLES:
            self._stored.pop((sandbox_id, table), None)

    def _make_room(self, sandbox_id: int, table: str, added: Sequence[int]) -> None:
        """Delete the oldest events if there are too many; `added` has the sizes of the new ones."""
        if not added:
            return
        key = sandbox_id, table
        self._uncommitted.add(key)
        stored = self._stored.get(key)
        if stored is None:  # counting all of them takes long, so it is done once
            stored = self._stored[key] = self._stored_in(*key)
        else:
            stored.add(added)
        if not stored.is_within(self._limits):
            self._delete_oldest(*key, stored)

    def _delete_oldest(self, sandbox_id: int, table: str, stored: _Stored) -> None:
        oldest = self.db.execute(
            f"SELECT seq, {EVENT_TABLES[table]} FROM {table} WHERE sandbox_id = ? ORDER BY seq",
            (sandbox_id,),
        )
        gone = 0
        for seq, size in oldest:
            gone = seq
            stored.remove(size)
            if stored.is_within(self._limits, 1 - DELETED_AT_ONCE):
                break
        self.db.execute(
            f"DELETE FROM {table} WHERE sandbox_id = ? AND seq <= ?", (sandbox_id, gone)
        )

    def _stored_in(self, sandbox_id: int, table: str) -> _Stored:
        query = f"SELECT count(*), coalesce(sum({EVENT_TABLES[table]}), 0) FROM {table}"
        row = self.db.execute(f"{query} WHERE sandbox_id = ?", (sandbox_id,)).fetchone()
        return _Stored(*row)

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
        query = "SELECT count(*), sum(length(body)) FROM definition WHERE sandbox_id = ?"
        count, size = self.db.execute(query, (sandbox_id,)).fetchone()
        excess = ""
        if count > self._limits.definitions:
            excess = f"has {self._limits.definitions:,} definitions"
        elif size > self._limits.stored_bytes:
            excess = f"has definitions of {self._limits.stored_bytes:,} bytes"
        if excess:  # the error undoes the transaction that every definition is saved in
            raise TooMany(
                f"This sandbox {excess}, which is the limit. Delete some, or reset it.",
                TRY_AGAIN_SECONDS,
            )
        return row_id

    def add_sandbox(self, sandbox_id: int, token: str) -> None:
        """As in `Store`; beyond the limit, others that are not open are deleted.

        Empty ones go first, then one that got no event and no definition for a day; those that
        somebody prepared, by definitions or schemas or by moving the clock, go last. Raises TooMany
        if there is none.
        """
        if self.db.execute("SELECT 1 FROM sandbox WHERE token = ?", (token,)).fetchone():
            return
        (count,) = self.db.execute("SELECT count(*) FROM sandbox").fetchone()
        if count >= self._limits.sandboxes:
            for leaving in self._leaving(self._clock()):
                self._delete_sandbox(leaving)
        super().add_sandbox(sandbox_id, token)

    def _leaving(self, now: int) -> list[int]:
        open_ids = self._open_ids()
        is_full = 0 <= now - self._full_since < TRY_AGAIN_SECONDS * 1000
        leaving = [] if is_full else self._empty(open_ids) or self._unused(open_ids, now)
        if not leaving:
            self._full_since = self._full_since if is_full else now
            raise TooMany(
                f"This server has {self._limits.sandboxes:,} sandboxes, which is the limit, and all"
                " of them are in use. Try again later.",
                TRY_AGAIN_SECONDS,
            )
        return leaving

    def _empty(self, open_ids: Collection[int]) -> list[int]:
        """Some that were emptied: several, as looking at all takes long."""
        rows = self.db.execute(
            "SELECT id FROM sandbox WHERE clock_offset = 0 AND NOT EXISTS"
            " (SELECT 1 FROM definition WHERE sandbox_id = sandbox.id) AND NOT EXISTS"
            " (SELECT 1 FROM own_schema WHERE sandbox_id = sandbox.id) AND NOT EXISTS"
            " (SELECT 1 FROM event WHERE sandbox_id = sandbox.id) AND NOT EXISTS"
            " (SELECT 1 FROM failed_event WHERE sandbox_id = sandbox.id) ORDER BY id"
        )
        empty = (row_id for (row_id,) in rows if row_id not in open_ids)
        return list(islice(empty, math.ceil(self._limits.sandboxes * DELETED_AT_ONCE)))

    def _unused(self, open_ids: Collection[int], now: int) -> list[int]:
        """The one that was used least recently of those unused for a day, if there is one."""
        newest = "(SELECT collector_tstamp FROM {0} WHERE sandbox_id = sandbox.id ORDER BY seq DESC"
        last_uses = [f"coalesce({newest.format(table)} LIMIT 1), 0)" for table in EVENT_TABLES]
        last_uses.append(
            "coalesce((SELECT max(published_at) FROM definition WHERE sandbox_id = sandbox.id), 0)"
        )
        rows = self.db.execute(
            f"SELECT id, max({', '.join(last_uses)}) - clock_offset AS used_at, clock_offset > 0"
            " OR EXISTS (SELECT 1 FROM definition WHERE sandbox_id = sandbox.id)"
            " OR EXISTS (SELECT 1 FROM own_schema WHERE sandbox_id = sandbox.id) AS is_prepared"
            " FROM sandbox WHERE used_at < ? ORDER BY is_prepared, used_at, id",
            (now - UNUSED_MS,),
        )
        return [row_id for row_id, *_ in rows if row_id not in open_ids][:1]

    def _delete_sandbox(self, sandbox_id: int) -> None:
        """Delete a sandbox with everything in it. Its token may be used for a new one."""
        for definition in self.definitions(sandbox_id):
            self.delete_definition(definition.id)
        self.delete_events(sandbox_id)
        self.delete_fired(sandbox_id)
        self.delete_schemas(sandbox_id)
        self.db.execute("DELETE FROM sandbox WHERE id = ?", (sandbox_id,))
