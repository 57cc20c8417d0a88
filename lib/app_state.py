"""What the app itself must remember across a reload or a restart, in one small SQLite file.

The project on the board, the history of attribute values, the inbox of interventions, and which
sandbox a user belongs to. Snowplow knows none of this; `st.session_state` would lose it with the
browser tab. Everything belongs to a *world*: one user in one sandbox or account.

Every call opens no connection of its own: there is one, guarded by a lock, because Streamlit runs
each session in a thread of its own.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from lib.history import Mark, Reading

READINGS_AT_MOST = 500
MARKS_AT_MOST = 500
INBOX_AT_MOST = 100

SCHEMA = """
CREATE TABLE IF NOT EXISTS home (user_id TEXT PRIMARY KEY, sandbox_token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS project (world TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reading (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS reading_world ON reading (world, seq);
CREATE TABLE IF NOT EXISTS mark (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL,
    kind TEXT NOT NULL, label TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS mark_world ON mark (world, seq);
CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, intervention_id TEXT NOT NULL,
    tstamp REAL NOT NULL, body BLOB NOT NULL, answer TEXT,
    UNIQUE (world, intervention_id)
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, event_id TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (world, event_id)
);
CREATE TABLE IF NOT EXISTS missed (
    world TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, tstamp REAL NOT NULL,
    UNIQUE (world, name, version)
);
"""
WORLD_TABLES = ("project", "reading", "mark", "inbox", "outbox", "missed")


class AppState:
    """The open file. Raises `sqlite3.Error` where it cannot be read or written."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def home(self, user_id: str, new_token: str) -> str:
        """The sandbox token that a user came with first; `new_token` for a new user."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO home (user_id, sandbox_token) VALUES (?, ?)",
                (user_id, new_token),
            )
            query = "SELECT sandbox_token FROM home WHERE user_id = ?"
            return str(db.execute(query, (user_id,)).fetchone()[0])

    def project(self, world: str) -> str | None:
        """The saved project, as the text that was saved; None if there is none."""
        with self._transaction() as db:
            query = "SELECT body FROM project WHERE world = ?"
            row = db.execute(query, (world,)).fetchone()
        return None if row is None else str(row[0])

    def save_project(self, world: str, body: str) -> None:
        """Replace the saved project."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO project (world, body) VALUES (?, ?)", (world, body))

    def readings(self, world: str) -> list[Reading]:
        """The history of attribute values, oldest first."""
        rows = self._rows("SELECT tstamp, body FROM reading WHERE world = ? ORDER BY seq", world)
        return [Reading(_time(tstamp), orjson.loads(body)) for tstamp, body in rows]

    def add_reading(self, world: str, reading: Reading) -> None:
        """Append to the history, which keeps its newest entries."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO reading (world, tstamp, body) VALUES (?, ?, ?)",
                (world, reading.tstamp.timestamp(), orjson.dumps(reading.values)),
            )
            _trim(db, "reading", world, READINGS_AT_MOST)

    def marks(self, world: str) -> list[Mark]:
        """What happened when, for the charts, oldest first."""
        rows = self._rows(
            "SELECT tstamp, kind, label FROM mark WHERE world = ? ORDER BY seq", world
        )
        return [Mark(_time(tstamp), kind, label) for tstamp, kind, label in rows]

    def add_mark(self, world: str, mark: Mark) -> None:
        """Append a mark; the newest are kept."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO mark (world, tstamp, kind, label) VALUES (?, ?, ?, ?)",
                (world, mark.tstamp.timestamp(), mark.kind, mark.label),
            )
            _trim(db, "mark", world, MARKS_AT_MOST)

    def inbox(self, world: str) -> list[tuple[datetime, dict[str, Any], str | None]]:
        """Every intervention received, newest first: when, its body, and how it was answered."""
        rows = self._rows(
            "SELECT tstamp, body, answer FROM inbox WHERE world = ? ORDER BY seq DESC", world
        )
        return [(_time(tstamp), orjson.loads(body), answer) for tstamp, body, answer in rows]

    def add_intervention(
        self, world: str, intervention_id: str, tstamp: datetime, body: dict[str, Any]
    ) -> bool:
        """Put an intervention into the inbox; False if it is there already."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT OR IGNORE INTO inbox (world, intervention_id, tstamp, body)"
                " VALUES (?, ?, ?, ?)",
                (world, intervention_id, tstamp.timestamp(), orjson.dumps(body)),
            )
            _trim(db, "inbox", world, INBOX_AT_MOST)
        return cursor.rowcount == 1

    def answer_intervention(self, world: str, intervention_id: str, answer: str) -> bool:
        """Note how a person answered an intervention; False if it was answered before."""
        with self._transaction() as db:
            cursor = db.execute(
                "UPDATE inbox SET answer = ?"
                " WHERE world = ? AND intervention_id = ? AND answer IS NULL",
                (answer, world, intervention_id),
            )
        return cursor.rowcount == 1

    def outbox(self, world: str, at_most: int = -1) -> list[dict[str, Any]]:
        """The events that were tracked and not sent yet, oldest first; all of them by default."""
        query = "SELECT body FROM outbox WHERE world = ? ORDER BY seq LIMIT ?"
        return [orjson.loads(body) for (body,) in self._rows(query, world, at_most)]

    def outbox_size(self, world: str) -> int:
        """How many events were tracked and not sent yet."""
        ((size,),) = self._rows("SELECT count(*) FROM outbox WHERE world = ?", world)
        return int(size)

    def worlds_with_outbox(self) -> list[str]:
        """The worlds that have events to be sent, those that wait longest first."""
        rows = self._rows("SELECT world FROM outbox GROUP BY world ORDER BY min(seq)")
        return [str(world) for (world,) in rows]

    def missed(self, world: str) -> list[tuple[str, int, datetime]]:
        """Interventions that probably fired unheard: name, version, and when it was noticed."""
        query = "SELECT name, version, tstamp FROM missed WHERE world = ? ORDER BY tstamp DESC"
        return [
            (name, version, _time(tstamp)) for name, version, tstamp in self._rows(query, world)
        ]

    def add_missed(self, world: str, name: str, version: int, tstamp: datetime) -> None:
        """Note an intervention that probably fired unheard, once."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO missed (world, name, version, tstamp) VALUES (?, ?, ?, ?)",
                (world, name, version, tstamp.timestamp()),
            )

    def remove_missed(self, world: str, name: str, version: int) -> None:
        """The intervention was not missed after all."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM missed WHERE world = ? AND name = ? AND version = ?",
                (world, name, version),
            )

    def forget(self, worlds: str) -> None:
        """Delete all that belongs to a world, or to those that a pattern such as `own-*` names."""
        with self._transaction() as db:
            for table in WORLD_TABLES:
                db.execute(f"DELETE FROM {table} WHERE world GLOB ?", (worlds,))

    def add_to_outbox(self, world: str, event_id: str, event: dict[str, Any]) -> None:
        """Keep an event until it is sent."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO outbox (world, event_id, body) VALUES (?, ?, ?)",
                (world, event_id, orjson.dumps(event)),
            )

    def remove_from_outbox(self, world: str, event_ids: Iterable[str]) -> None:
        """Forget events that were sent, or refused for good."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM outbox WHERE world = ? AND event_id = ?",
                [(world, event_id) for event_id in event_ids],
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _time(tstamp: float) -> datetime:
    return datetime.fromtimestamp(tstamp, UTC)


def _trim(db: sqlite3.Connection, table: str, world: str, at_most: int) -> None:
    """Delete the oldest rows of a world. `table` is one of this module's own names."""
    db.execute(
        f"DELETE FROM {table} WHERE world = ?1 AND seq <= ("
        f"SELECT max(seq) FROM {table} WHERE world = ?1"
        f") AND seq NOT IN (SELECT seq FROM {table} WHERE world = ?1 ORDER BY seq DESC LIMIT ?2)",
        (world, at_most),
    )
