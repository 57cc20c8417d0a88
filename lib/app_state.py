"""What the app itself must remember across a reload or a restart, in one small SQLite file.

The project on the board, the history of attribute values, the inbox of interventions, and which
sandbox a user belongs to. Snowplow knows none of this; `st.session_state` would lose it with the
browser tab. Everything belongs to a *world*: one user in one sandbox or account.

Every call opens no connection of its own: there is one, guarded by a lock, because Streamlit runs
each session in a thread of its own. What each run of a page asks for is remembered, as a call to
SQLite hands the interpreter to other threads, and gets it back when it is their turn to wait.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson

from lib.history import Mark, Reading

READINGS_AT_MOST = 500
MARKS_AT_MOST = 500
INBOX_AT_MOST = 100
REMEMBERED_AT_MOST = 5_000

Value = TypeVar("Value")

SCHEMA = """
CREATE TABLE IF NOT EXISTS home (user_id TEXT PRIMARY KEY, sandbox_token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS project (world TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reading (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL, body BLOB NOT NULL,
    ahead REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS reading_world ON reading (world, seq);
CREATE TABLE IF NOT EXISTS mark (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, tstamp REAL NOT NULL,
    kind TEXT NOT NULL, label TEXT NOT NULL, ahead REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS mark_world ON mark (world, seq);
CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, intervention_id TEXT NOT NULL,
    tstamp REAL NOT NULL, body BLOB NOT NULL, answer TEXT, ahead REAL NOT NULL DEFAULT 0,
    UNIQUE (world, intervention_id)
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, event_id TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (world, event_id)
);
CREATE TABLE IF NOT EXISTS shown (
    world TEXT NOT NULL, intervention_id TEXT NOT NULL, tstamp REAL NOT NULL,
    UNIQUE (world, intervention_id)
);
CREATE TABLE IF NOT EXISTS guide (
    world TEXT NOT NULL, step TEXT NOT NULL, tstamp REAL NOT NULL, UNIQUE (world, step)
);
CREATE TABLE IF NOT EXISTS missed (
    world TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, tstamp REAL NOT NULL,
    ahead REAL NOT NULL DEFAULT 0,
    UNIQUE (world, name, version)
);
CREATE TABLE IF NOT EXISTS room (
    place TEXT PRIMARY KEY, code TEXT NOT NULL, code_key TEXT UNIQUE,
    is_paused INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS member (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL UNIQUE, place TEXT NOT NULL,
    user_id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
    has_chosen INTEGER NOT NULL DEFAULT 0,
    UNIQUE (place, name_key)
);
"""
TIMED_TABLES = ("reading", "mark", "inbox", "missed")
WORLD_TABLES = ("project", "outbox", "guide", "member", "shown", *TIMED_TABLES)


class AppState:
    """The open file. Raises `sqlite3.Error` where it cannot be read or written."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._remembered: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        for table in TIMED_TABLES:
            _add_ahead(self._db, table)

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

    def move_home(self, user_id: str, token: str) -> None:
        """Have a user belong to another sandbox from now on."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO home (user_id, sandbox_token) VALUES (?, ?)",
                (user_id, token),
            )

    def project(self, world: str) -> str | None:
        """The saved project, as the text that was saved; None if there is none."""
        return self._known("project", world, self._read_project)

    def _read_project(self, world: str) -> str | None:
        rows = self._rows("SELECT body FROM project WHERE world = ?", world)
        return str(rows[0][0]) if rows else None

    def save_project(self, world: str, body: str) -> None:
        """Replace the saved project."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO project (world, body) VALUES (?, ?)", (world, body))
            self._change("project", world)

    def readings(self, world: str) -> list[Reading]:
        """The history of attribute values, oldest first."""
        rows = self._rows(
            "SELECT tstamp, body, ahead FROM reading WHERE world = ? ORDER BY seq", world
        )
        return [
            Reading(_time(tstamp), orjson.loads(body), timedelta(seconds=ahead))
            for tstamp, body, ahead in rows
        ]

    def add_reading(self, world: str, reading: Reading) -> None:
        """Append to the history, which keeps its newest entries."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO reading (world, tstamp, body, ahead) VALUES (?, ?, ?, ?)",
                (
                    world,
                    reading.tstamp.timestamp(),
                    orjson.dumps(reading.values),
                    reading.ahead.total_seconds(),
                ),
            )
            _trim(db, "reading", world, READINGS_AT_MOST)

    def marks(self, world: str) -> list[Mark]:
        """What happened when, for the charts, oldest first."""
        rows = self._rows(
            "SELECT tstamp, kind, label, ahead FROM mark WHERE world = ? ORDER BY seq", world
        )
        return [
            Mark(_time(tstamp), kind, label, timedelta(seconds=ahead))
            for tstamp, kind, label, ahead in rows
        ]

    def add_mark(self, world: str, mark: Mark) -> None:
        """Append a mark; the newest are kept."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO mark (world, tstamp, kind, label, ahead) VALUES (?, ?, ?, ?, ?)",
                (
                    world,
                    mark.tstamp.timestamp(),
                    mark.kind,
                    mark.label,
                    mark.ahead.total_seconds(),
                ),
            )
            _trim(db, "mark", world, MARKS_AT_MOST)

    def inbox(self, world: str) -> list[tuple[datetime, dict[str, Any], str | None, timedelta]]:
        """Every intervention received, newest first: when, its body, how it was answered, and how
        far the clock was ahead."""
        return self._known("inbox", world, self._read_inbox)

    def _read_inbox(
        self, world: str
    ) -> list[tuple[datetime, dict[str, Any], str | None, timedelta]]:
        rows = self._rows(
            "SELECT tstamp, body, answer, ahead FROM inbox WHERE world = ? ORDER BY seq DESC", world
        )
        return [
            (_time(tstamp), orjson.loads(body), answer, timedelta(seconds=ahead))
            for tstamp, body, answer, ahead in rows
        ]

    def add_intervention(
        self,
        world: str,
        intervention_id: str,
        tstamp: datetime,
        body: dict[str, Any],
        ahead: timedelta = timedelta(0),
    ) -> bool:
        """Put an intervention into the inbox; False if it is there already."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT OR IGNORE INTO inbox (world, intervention_id, tstamp, body, ahead)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    world,
                    intervention_id,
                    tstamp.timestamp(),
                    orjson.dumps(body),
                    ahead.total_seconds(),
                ),
            )
            _trim(db, "inbox", world, INBOX_AT_MOST)
            self._change("inbox", world)
        return cursor.rowcount == 1

    def answer_intervention(self, world: str, intervention_id: str, answer: str) -> bool:
        """Note how a person answered an intervention; False if it was answered before."""
        with self._transaction() as db:
            cursor = db.execute(
                "UPDATE inbox SET answer = ?"
                " WHERE world = ? AND intervention_id = ? AND answer IS NULL",
                (answer, world, intervention_id),
            )
            self._change("inbox", world)
        return cursor.rowcount == 1

    def shown(self, world: str) -> dict[str, datetime]:
        """When each intervention was drawn on a page first, by its id."""
        return self._known("shown", world, self._read_shown)

    def _read_shown(self, world: str) -> dict[str, datetime]:
        rows = self._rows("SELECT intervention_id, tstamp FROM shown WHERE world = ?", world)
        return {intervention_id: _time(tstamp) for intervention_id, tstamp in rows}

    def add_shown(self, world: str, intervention_id: str, tstamp: datetime) -> None:
        """Note that an intervention was drawn on a page, once."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO shown (world, intervention_id, tstamp) VALUES (?, ?, ?)",
                (world, intervention_id, tstamp.timestamp()),
            )
            self._change("shown", world)

    def guide_steps(self, world: str) -> dict[str, datetime]:
        """The steps of the guide that were found done, and when."""
        return self._known("guide", world, self._read_guide_steps)

    def _read_guide_steps(self, world: str) -> dict[str, datetime]:
        rows = self._rows("SELECT step, tstamp FROM guide WHERE world = ?", world)
        return {step: _time(tstamp) for step, tstamp in rows}

    def guide_counts(self, place: str) -> dict[str, int]:
        """How many steps of the guide each world of a place has done."""
        query = "SELECT world, count(*) FROM guide WHERE world GLOB ? GROUP BY world"
        return {str(world): int(steps) for world, steps in self._rows(query, f"{place}:*")}

    def add_guide_step(self, world: str, step: str, tstamp: datetime) -> bool:
        """Note that a step of the guide is done; False if it was before."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT OR IGNORE INTO guide (world, step, tstamp) VALUES (?, ?, ?)",
                (world, step, tstamp.timestamp()),
            )
            self._change("guide", world)
        return cursor.rowcount == 1

    def remove_guide_steps(self, world: str, steps: Iterable[str]) -> None:
        """Have steps of the guide done again."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM guide WHERE world = ? AND step = ?", [(world, each) for each in steps]
            )
            self._change("guide", world)

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

    def missed(self, world: str) -> list[tuple[str, int, datetime, timedelta]]:
        """Interventions that probably fired unheard: name, version, when it was noticed, and how
        far the clock was ahead."""
        query = (
            "SELECT name, version, tstamp, ahead FROM missed WHERE world = ? ORDER BY tstamp DESC"
        )
        return [
            (name, version, _time(tstamp), timedelta(seconds=ahead))
            for name, version, tstamp, ahead in self._rows(query, world)
        ]

    def add_missed(
        self,
        world: str,
        name: str,
        version: int,
        tstamp: datetime,
        ahead: timedelta = timedelta(0),
    ) -> None:
        """Note an intervention that probably fired unheard, once."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO missed (world, name, version, tstamp, ahead)"
                " VALUES (?, ?, ?, ?, ?)",
                (world, name, version, tstamp.timestamp(), ahead.total_seconds()),
            )

    def remove_missed(self, world: str, name: str, version: int) -> None:
        """The intervention was not missed after all."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM missed WHERE world = ? AND name = ? AND version = ?",
                (world, name, version),
            )

    def ahead(self, world: str) -> timedelta:
        """How far the clock was ahead at most when something was kept."""
        seconds = [
            self._rows(f"SELECT max(ahead) FROM {table} WHERE world = ?", world)[0][0] or 0
            for table in TIMED_TABLES
        ]
        return timedelta(seconds=max(seconds))

    def forget_what_happened(self, world: str) -> None:
        """Delete all that has a time: history, marks, interventions. The project stays."""
        with self._transaction() as db:
            for table in (*TIMED_TABLES, "shown"):
                db.execute(f"DELETE FROM {table} WHERE world = ?", (world,))
                self._change(table, world)

    def forget(self, worlds: str) -> None:
        """Delete all that belongs to a world, or to those that a pattern such as `own-*` names."""
        with self._transaction() as db:
            for table in WORLD_TABLES:
                db.execute(f"DELETE FROM {table} WHERE world GLOB ?", (worlds,))
            self._remembered.clear()

    def room(self, place: str) -> tuple[str, bool] | None:
        """The code of a sandbox's or account's room and whether it is paused; None without one."""
        return self._known("room", place, self._read_room)

    def _read_room(self, place: str) -> tuple[str, bool] | None:
        rows = self._rows("SELECT code, is_paused FROM room WHERE place = ?", place)
        return (str(rows[0][0]), bool(rows[0][1])) if rows else None

    def room_place(self, code_key: str) -> str | None:
        """The sandbox that a code stands for."""
        rows = self._rows("SELECT place FROM room WHERE code_key = ?", code_key)
        return str(rows[0][0]) if rows else None

    def save_room(self, place: str, code: str, code_key: str | None) -> bool:
        """Open a room or replace its code; False if another room has this one."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO room (place, code, code_key) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (place) DO UPDATE SET code = ?2, code_key = ?3"
                " WHERE NOT EXISTS (SELECT 1 FROM room WHERE code_key = ?3)"
                " ON CONFLICT (code_key) DO NOTHING",
                (place, code, code_key),
            )
            self._change("room", place)
        return cursor.rowcount == 1

    def pause_room(self, place: str, is_paused: bool) -> None:
        """Pause a room or let it go on."""
        with self._transaction() as db:
            db.execute("UPDATE room SET is_paused = ? WHERE place = ?", (is_paused, place))
            self._change("room", place)

    def members(self, place: str) -> list[tuple[str, str, bool]]:
        """Who is or was in a room, oldest first: user, name, and whether they chose it."""
        query = "SELECT user_id, name, has_chosen FROM member WHERE place = ? ORDER BY seq"
        return [(user_id, name, bool(chosen)) for user_id, name, chosen in self._rows(query, place)]

    def member(self, place: str, user_id: str) -> tuple[str, bool] | None:
        """The name of somebody in a room and whether they chose it."""
        query = "SELECT name, has_chosen FROM member WHERE world = ?"
        rows = self._rows(query, f"{place}:{user_id}")
        return (str(rows[0][0]), bool(rows[0][1])) if rows else None

    def count_members(self, place: str) -> int:
        """How many are or were in a room."""
        return self._known("members", place, self._count_members)

    def _count_members(self, place: str) -> int:
        ((count,),) = self._rows("SELECT count(*) FROM member WHERE place = ?", place)
        return int(count)

    def add_member(self, place: str, user_id: str, name: str, at_most: int) -> None:
        """Add somebody to a room, unless the name is taken; the oldest make room for them."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO member (world, place, user_id, name, name_key)"
                " VALUES (?, ?, ?, ?, ?)",
                (f"{place}:{user_id}", place, user_id, name, name.casefold()),
            )
            db.execute(
                "DELETE FROM member WHERE place = ?1 AND seq NOT IN"
                " (SELECT seq FROM member WHERE place = ?1 ORDER BY seq DESC LIMIT ?2)",
                (place, at_most),
            )
            self._change("members", place)

    def rename_member(self, place: str, user_id: str, name: str) -> bool:
        """Name somebody in a room as they chose; False if another is called so."""
        with self._transaction() as db:
            cursor = db.execute(
                "UPDATE OR IGNORE member SET name = ?, name_key = ?, has_chosen = 1"
                " WHERE world = ?",
                (name, name.casefold(), f"{place}:{user_id}"),
            )
        return cursor.rowcount == 1

    def last_values(self, world: str) -> dict[str, Any]:
        """The attribute values of the newest reading; empty without one."""
        query = "SELECT body FROM reading WHERE world = ? ORDER BY seq DESC LIMIT 1"
        rows = self._rows(query, world)
        values: dict[str, Any] = orjson.loads(rows[0][0]) if rows else {}
        return values

    def start_over(self, world: str) -> None:
        """Delete the project of a world and all that happened in it."""
        self.forget_what_happened(world)
        with self._transaction() as db:
            db.execute("DELETE FROM project WHERE world = ?", (world,))
            self._change("project", world)

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

    def _known(self, what: str, owner: str, read: Callable[[str], Value]) -> Value:
        """What was read before, unless it was changed since; never to be changed by who asks."""
        with self._lock:
            key = (what, owner)
            if key not in self._remembered:
                self._remembered[key] = read(owner)
                if len(self._remembered) > REMEMBERED_AT_MOST:
                    self._remembered.popitem(last=False)
            value: Value = self._remembered[key]
            return value

    def _change(self, what: str, owner: str) -> None:
        """Note a change, inside of its transaction."""
        self._remembered.pop((what, owner), None)

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


def _add_ahead(db: sqlite3.Connection, table: str) -> None:
    """Bring a file along that is older than the column. `table` is one of this module's names."""
    columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
    if "ahead" not in columns:
        db.execute(f"ALTER TABLE {table} ADD COLUMN ahead REAL NOT NULL DEFAULT 0")


def _trim(db: sqlite3.Connection, table: str, world: str, at_most: int) -> None:
    """Delete the oldest rows of a world. `table` is one of this module's own names."""
    db.execute(
        f"DELETE FROM {table} WHERE world = ?1 AND seq <= ("
        f"SELECT max(seq) FROM {table} WHERE world = ?1"
        f") AND seq NOT IN (SELECT seq FROM {table} WHERE world = ?1 ORDER BY seq DESC LIMIT ?2)",
        (world, at_most),
    )
