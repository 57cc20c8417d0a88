"""What a sandbox keeps: its clock, events and what fired; in its bases definitions and profiles.

With the other modules of this package, the only place that sees SQL.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from lib.sandbox.limits import LISTED_BYTES
from lib.sandbox.storage.rows import NewFailedEvent
from lib.sandbox.storage.stored_definitions import StoredDefinitions

LOOKED_THROUGH = 10_000
BYTES_AT_ONCE = 500_000  # of events that are read together
MAX_SEQ = 2**63 - 1
FAILED_COLUMNS = "event_id, collector_tstamp, user_id, payload, failures, request, seq"


class EventRow(NamedTuple):
    """One accepted event to store; its id is a UUID, `payload` and `received` are JSON."""

    event_id: str
    collector_tstamp: int
    user_id: str | None
    session_id: str | None
    payload: bytes
    received: bytes


@dataclass(frozen=True, slots=True)
class FailedEventRow:
    """One stored failed event: the payload and the reasons, as JSON objects."""

    event_id: str | None
    collector_tstamp: int
    user_id: str | None
    payload: Any
    failures: list[dict[str, Any]]
    request: int | None = None
    seq: int = field(default=0, compare=False)


class StoredEvent(NamedTuple):
    """One accepted event as it was stored; `payload` and `received` are JSON."""

    seq: int
    payload: bytes
    received: bytes


class Store(StoredDefinitions):
    """What the sandboxes of a server keep, in one database file.

    Raises `sqlite3.Error` from any method when the file cannot be read or written.
    """

    # Sandboxes

    def sandbox_id(self, token: str) -> int:
        """The id of the sandbox with this token. A new one has no row until `add_sandbox`.

        Raises `sqlite3.IntegrityError` if another sandbox has the same id, which never happens.
        """
        sandbox_id = _id_of(token)
        rows = self.db.execute(
            "SELECT id, token FROM sandbox WHERE token = ? OR id = ?", (token, sandbox_id)
        ).fetchall()
        for row_id, known in rows:
            if known != token:
                raise sqlite3.IntegrityError("two tokens have the same id")
            sandbox_id = int(row_id)  # of a file that counted them
        return sandbox_id

    def add_sandbox(self, sandbox_id: int, token: str) -> None:
        """Keep a sandbox, inside the transaction that writes the first thing of it."""
        self.db.execute(
            "INSERT INTO sandbox (id, token) VALUES (?, ?) ON CONFLICT (token) DO NOTHING",
            (sandbox_id, token),
        )

    def clock_offset(self, sandbox_id: int) -> int:
        """How far ahead of the real time a sandbox's clock is, in milliseconds."""
        query = "SELECT clock_offset FROM sandbox WHERE id = ?"
        row = self.db.execute(query, (sandbox_id,)).fetchone()
        return 0 if row is None else int(row[0])

    def set_clock_offset(self, sandbox_id: int, offset: int) -> None:
        """Move a sandbox's clock."""
        self.db.execute("UPDATE sandbox SET clock_offset = ? WHERE id = ?", (offset, sandbox_id))

    # Events

    def add_events(self, sandbox_id: int, events: Sequence[EventRow]) -> list[int | None]:
        """Keep accepted events, inside a transaction.

        Returns the sequence number of each; None for those whose ids were seen before.
        """
        query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'"
        last = self.db.execute(query).fetchone()[0]
        numbers = range(last + 1, last + 1 + len(events))
        added = self.db.executemany(
            "INSERT OR IGNORE INTO event (seq, sandbox_id, event_id, collector_tstamp, user_id,"
            " session_id, payload, received) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (seq, sandbox_id, _uuid_bytes(event.event_id), *event[1:])
                for seq, event in zip(numbers, events, strict=True)
            ],
        ).rowcount
        if added == len(events):
            return list(numbers)
        rows = self.db.execute("SELECT seq FROM event WHERE seq > ?", (last,))
        kept = {seq for (seq,) in rows}
        return [seq if seq in kept else None for seq in numbers]

    def add_failed_events(self, sandbox_id: int, events: Iterable[NewFailedEvent]) -> None:
        """Keep failed events."""
        self.db.executemany(
            "INSERT INTO failed_event"
            " (sandbox_id, event_id, collector_tstamp, user_id, payload, failures, request)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((sandbox_id, *event) for event in events),
        )

    def counts(self, sandbox_id: int) -> tuple[int, int]:
        """How many events of a sandbox were accepted, and how many failed."""
        query = (
            "SELECT (SELECT count(*) FROM event WHERE sandbox_id = ?1),"
            " (SELECT count(*) FROM failed_event WHERE sandbox_id = ?1)"
        )
        good, bad = self.db.execute(query, (sandbox_id,)).fetchone()
        return good, bad

    def delete_events(self, sandbox_id: int) -> None:
        """Delete all events of a sandbox, accepted and failed."""
        self.db.execute("DELETE FROM event WHERE sandbox_id = ?", (sandbox_id,))
        self.db.execute("DELETE FROM failed_event WHERE sandbox_id = ?", (sandbox_id,))
        self.delete_requests(sandbox_id)

    def delete_events_of_user(self, sandbox_id: int, user_id: str) -> list[str]:
        """Delete all events of a user, accepted and failed, and return their ids."""
        self.delete_whole_requests(sandbox_id)  # any of them may have other events of the user
        deleted = []
        for table in ("event", "failed_event"):
            deleted += self.db.execute(
                f"DELETE FROM {table} WHERE sandbox_id = ? AND user_id = ? RETURNING event_id",
                (sandbox_id, user_id),
            ).fetchall()
        return [
            str(UUID(bytes=event_id)) if isinstance(event_id, bytes) else event_id
            for (event_id,) in deleted
            if event_id is not None
        ]

    def events_before(
        self,
        sandbox_id: int,
        before: int | None,
        limit: int,
        since: int = 0,
        session_id: str | None = None,
        at_most: int = BYTES_AT_ONCE,
    ) -> list[StoredEvent]:
        """The newest accepted events before number `before`, newest first.

        Fewer than `limit` if they have more than `at_most` bytes together. Only those collected
        from `since` (ms UTC) on, and of one session if one is given.
        """
        in_session = " AND session_id = ?" if session_id is not None else ""
        before = MAX_SEQ if before is None else before
        rows = self.db.execute(
            "SELECT seq, payload, received FROM event WHERE sandbox_id = ? AND seq < ?"
            f" AND collector_tstamp >= ?{in_session} ORDER BY seq DESC LIMIT ?",
            [sandbox_id, before, since, *([session_id] if in_session else []), limit],
        )
        return _a_few(rows, at_most)

    def events_after(
        self, sandbox_id: int, after: int, limit: int, since: int = 0
    ) -> list[StoredEvent]:
        """The oldest accepted events after number `after`, oldest first, as in `events_before`."""
        rows = self.db.execute(
            "SELECT seq, payload, received FROM event WHERE sandbox_id = ? AND seq > ?"
            " AND collector_tstamp >= ? ORDER BY seq LIMIT ?",
            (sandbox_id, after, since, limit),
        )
        return _a_few(rows)

    def seq_before_newest(self, sandbox_id: int, count: int) -> int:
        """The number of the event after which the newest `count` come; 0 if there are fewer."""
        row = self.db.execute(
            "SELECT seq FROM event WHERE sandbox_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
            (sandbox_id, count),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def failed_events(
        self, sandbox_id: int, limit: int, before: int = MAX_SEQ
    ) -> list[FailedEventRow]:
        """The newest failed events before number `before`, newest first."""
        rows = self.db.execute(
            f"SELECT {FAILED_COLUMNS} FROM failed_event WHERE sandbox_id = ? AND seq < ?"
            " ORDER BY seq DESC LIMIT ?",
            (sandbox_id, before, limit),
        )
        return _failed_rows(rows)

    def failed_events_of_user(
        self, sandbox_id: int, user_id: str, limit: int
    ) -> list[FailedEventRow]:
        """The newest failed events of a user, newest first; as many as in `events_of_user` are
        searched."""
        rows = self.db.execute(
            f"SELECT {FAILED_COLUMNS} FROM failed_event WHERE seq IN (SELECT seq FROM"
            " (SELECT seq, user_id FROM failed_event WHERE sandbox_id = ? ORDER BY seq DESC"
            " LIMIT ?) WHERE user_id = ?) ORDER BY seq DESC LIMIT ?",
            (sandbox_id, LOOKED_THROUGH, user_id, limit),
        )
        return _failed_rows(rows)

    def events_of_user(self, sandbox_id: int, user_id: str, limit: int) -> list[StoredEvent]:
        """The newest accepted events of a user, newest first, as in `events_before`.

        Only the newest of the sandbox are searched, because nothing indexes events by user.
        """
        rows = self.db.execute(
            "SELECT seq, payload, received FROM"
            " (SELECT * FROM event WHERE sandbox_id = ? ORDER BY seq DESC LIMIT ?)"
            " WHERE user_id = ? ORDER BY seq DESC LIMIT ?",
            (sandbox_id, LOOKED_THROUGH, user_id, limit),
        )
        return _a_few(rows, LISTED_BYTES)

    # Interventions

    def delete_fired_for(self, sandbox_id: int, identifier: str) -> None:
        """Forget what fired for one identifier, under any attribute key."""
        self.db.execute(
            "DELETE FROM fired WHERE sandbox_id = ? AND identifier = ?", (sandbox_id, identifier)
        )

    def delete_fired(self, sandbox_id: int) -> None:
        """Forget what fired in a sandbox."""
        self.db.execute("DELETE FROM fired WHERE sandbox_id = ?", (sandbox_id,))

    def fired(
        self, sandbox_id: int, identifier: str | None, limit: int
    ) -> list[tuple[str, int, str, str]]:
        """What fired, for one identifier if one is given: name, version, attribute key and
        identifier."""
        return self.db.execute(
            "SELECT name, version, attribute_key, identifier FROM fired"
            " WHERE sandbox_id = ?1 AND (?2 IS NULL OR identifier = ?2)"
            " ORDER BY name, version, attribute_key, identifier LIMIT ?3",
            (sandbox_id, identifier, limit),
        ).fetchall()

    def mark_fired(
        self, sandbox_id: int, name: str, version: int, attribute_key: str, identifier: str
    ) -> bool:
        """Remember that an intervention fired for a target; False if it had fired before."""
        cursor = self.db.execute(
            "INSERT OR IGNORE INTO fired (sandbox_id, name, version, attribute_key, identifier)"
            " VALUES (?, ?, ?, ?, ?)",
            (sandbox_id, name, version, attribute_key, identifier),
        )
        return cursor.rowcount == 1


def _listed(rows: Iterable[tuple[Any, ...]], large: slice) -> Iterator[tuple[Any, ...]]:
    """The first rows, up to `LISTED_BYTES` in the large columns, but at least one *(ours)*."""
    room = LISTED_BYTES
    for row in rows:
        yield row
        room -= sum(map(len, row[large]))
        if room < 0:
            return


def _failed_rows(rows: Iterable[tuple[Any, ...]]) -> list[FailedEventRow]:
    return [
        FailedEventRow(id, tstamp, user, orjson.loads(payload), orjson.loads(failures), *rest)
        for id, tstamp, user, payload, failures, *rest in _listed(rows, slice(3, 5))
    ]


def _a_few(
    rows: Iterable[tuple[int, bytes, bytes]], at_most: int = BYTES_AT_ONCE
) -> list[StoredEvent]:
    """The first rows, until they are large together."""
    events, size = [], 0
    for row in rows:
        events.append(StoredEvent(*row))
        size += len(events[-1].payload) + len(events[-1].received)
        if size > at_most:
            break
    return events


def _id_of(token: str) -> int:
    """The same number for the same token in every process, of 63 bits."""
    digest = hashlib.sha256(token.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _uuid_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))
