"""What the app itself must remember across a reload or a restart, in one small SQLite file.

The project on the board, the history of attribute values, the inbox of interventions, and which
sandbox a user belongs to. Snowplow knows none of this; `st.session_state` would lose it with the
browser tab. Everything belongs to a *world*: one user in one sandbox or account.

What every run of a page reads is remembered: a call to SQLite hands the interpreter to other
threads and has to wait to get it back. `AppFile` does that, and works in memory while the file
cannot be used.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from lib.world.app_file import AppFile, FileProblem, StateKey, Statement
from lib.world.app_tables import (
    ADD_GUIDE_STEP,
    ADD_HOME,
    ADD_SHOWN,
    LATER_COLUMNS,
    SCHEMA,
    TIMED_TABLES,
    WORLD_TABLES,
)
from lib.world.building_state import BuildingState
from lib.world.code_state import CodeState
from lib.world.history import Mark, Reading
from lib.world.kept_draft import ADD_DRAFT, DraftState
from lib.world.outbox_state import OutboxState
from lib.world.profile_state import ADD_PROFILE, ProfileState
from lib.world.room_state import RoomState
from lib.world.words_state import ADD_WORDS, WordsState

READINGS_AT_MOST = 500
MARKS_AT_MOST = 500
INBOX_AT_MOST = 100
BODIES_BYTES = 500_000  # of one world's readings, and as many of its inbox

StoredInbox = list[tuple[datetime, dict[str, Any], str | None, timedelta]]
Shown = dict[str, tuple[datetime, str]]


class AppState:
    """The open file. Raises `sqlite3.Error` if it cannot be opened. If it fails later, `problem`
    says so, and everything is read from and kept in memory meanwhile."""

    def __init__(self, path: Path | str) -> None:
        self._file = AppFile(path, SCHEMA, LATER_COLUMNS, _restored)
        self.rooms = RoomState(self._file)
        self.profiles = ProfileState(self._file)
        self.drafts = DraftState(self._file)
        self.code = CodeState(self._file)
        self.building = BuildingState(self._file)
        self.words = WordsState(self._file)
        self.outboxes = OutboxState(self._file)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def problem(self) -> FileProblem | None:
        """Why the file cannot be used now; None while it can."""
        return self._file.problem

    def catch_up(self) -> None:
        """Called about once a second: writes to the file what could not be written before."""
        self._file.catch_up()

    def home(self, user_id: str, new_token: str) -> str:
        """The sandbox token that a user came with first; `new_token` for a new user."""
        if not self.has_home(user_id):
            self._file.write([(ADD_HOME, (user_id, new_token))], ("home", user_id))
        return self._file.known("home", user_id, self._read_home) or new_token

    def has_home(self, user_id: str) -> bool:
        """Whether a user came before."""
        return self._file.known("home", user_id, self._read_home) is not None

    def _read_home(self, user_id: str) -> str | None:
        rows = self._file.rows("SELECT sandbox_token FROM home WHERE user_id = ?", user_id)
        return str(rows[0][0]) if rows else None

    def move_home(self, user_id: str, token: str) -> None:
        """Move a user to another sandbox."""
        query = "INSERT OR REPLACE INTO home (user_id, sandbox_token) VALUES (?, ?)"
        self._file.write([(query, (user_id, token))], ("home", user_id), is_synced=True)

    def project(self, world: str) -> str | None:
        """The saved project, as the text that was saved; None if there is none."""
        return self._file.known("project", world, self._read_project)

    def _read_project(self, world: str) -> str | None:
        rows = self._file.rows("SELECT body FROM project WHERE world = ?", world)
        return str(rows[0][0]) if rows else None

    def save_project(self, world: str, body: str) -> None:
        """Replace the saved project; a power cut cannot undo it."""
        query = "INSERT OR REPLACE INTO project (world, body) VALUES (?, ?)"
        self._file.write([(query, (world, body))], ("project", world), is_synced=True)

    def readings(self, world: str) -> list[Reading]:
        """The history of attribute values, oldest first."""
        return list(self.newest_readings(world))[::-1]

    def newest_readings(self, world: str) -> Iterator[Reading]:
        """The history of attribute values, newest first, for callers that need only some of it."""
        query = "SELECT tstamp, body, ahead FROM reading WHERE world = ? ORDER BY seq DESC"
        for tstamp, body, ahead in self._file.rows(query, world):
            yield Reading(_time(tstamp), orjson.loads(body), timedelta(seconds=ahead))

    def add_reading(self, world: str, reading: Reading) -> None:
        """Append to the history, which keeps its newest entries."""
        query = "INSERT INTO reading (world, tstamp, body, ahead) VALUES (?, ?, ?, ?)"
        values = (
            world,
            reading.tstamp.timestamp(),
            orjson.dumps(reading.values),
            reading.ahead.total_seconds(),
        )
        trimmed = _trim("reading", world, READINGS_AT_MOST), _trim_bytes("reading", world)
        self._file.write([(query, values), *trimmed])

    def marks(self, world: str) -> list[Mark]:
        """What happened when, for the charts, oldest first."""
        rows = self._file.rows(
            "SELECT tstamp, kind, label, ahead FROM mark WHERE world = ? ORDER BY seq", world
        )
        return [
            Mark(_time(tstamp), kind, label, timedelta(seconds=ahead))
            for tstamp, kind, label, ahead in rows
        ]

    def count_completed(self, world: str) -> int:
        """How many completed tasks are among the newest marks: other events are not marked."""
        query = "SELECT count(*) FROM mark WHERE world = ? AND kind = 'event'"
        ((count,),) = self._file.rows(query, world)
        return int(count)

    def add_mark(self, world: str, mark: Mark) -> None:
        """Append a mark; the newest are kept."""
        query = "INSERT INTO mark (world, tstamp, kind, label, ahead) VALUES (?, ?, ?, ?, ?)"
        ahead = mark.ahead.total_seconds()
        values = (world, mark.tstamp.timestamp(), mark.kind, mark.label, ahead)
        self._file.write([(query, values), _trim("mark", world, MARKS_AT_MOST)])

    def inbox(self, world: str) -> StoredInbox:
        """Every intervention received, newest first: when, its body, how it was answered, and how
        far the clock was ahead."""
        return self._file.known("inbox", world, self._read_inbox)

    def _read_inbox(self, world: str) -> StoredInbox:
        rows = self._file.rows(
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
        entry = _inbox_entry(world, intervention_id, (tstamp, body, None, ahead))
        trimmed = _trim("inbox", world, INBOX_AT_MOST), _trim_bytes("inbox", world)
        held = "SELECT 1 FROM inbox WHERE world = ? AND intervention_id = ?"
        is_new = not self._file.rows(held, world, intervention_id)
        return is_new and self._file.write([entry, *trimmed], ("inbox", world)) == 1

    def answer_intervention(self, world: str, intervention_id: str, answer: str) -> bool:
        """Note how a person answered an intervention; False if it was answered before."""
        query = (
            "UPDATE inbox SET answer = ? WHERE world = ? AND intervention_id = ? AND answer IS NULL"
        )
        values = (answer, world, intervention_id)
        unanswered = (
            "SELECT 1 FROM inbox WHERE world = ? AND intervention_id = ? AND answer IS NULL"
        )
        is_new = bool(self._file.rows(unanswered, world, intervention_id))
        return is_new and self._file.write([(query, values)], ("inbox", world)) == 1

    def shown(self, world: str) -> Shown:
        """When each intervention was first drawn on a page, by its id, and why that failed if it
        did."""
        return self._file.known("shown", world, self._read_shown)

    def _read_shown(self, world: str) -> Shown:
        query = "SELECT intervention_id, tstamp, problem FROM shown WHERE world = ?"
        return {key: (_time(tstamp), why) for key, tstamp, why in self._file.rows(query, world)}

    def add_shown(
        self, world: str, intervention_id: str, tstamp: datetime, problem: str = ""
    ) -> bool:
        """Note that an intervention was drawn on a page, or why not; False if that was noted."""
        values = (world, intervention_id, tstamp.timestamp(), problem)
        is_new = intervention_id not in self.shown(world)
        return is_new and self._file.write([(ADD_SHOWN, values)], ("shown", world)) == 1

    def guide_steps(self, world: str) -> dict[str, datetime]:
        """The steps of the guide that were found done, and when."""
        return self._file.known("guide", world, self._read_guide_steps)

    def _read_guide_steps(self, world: str) -> dict[str, datetime]:
        rows = self._file.rows("SELECT step, tstamp FROM guide WHERE world = ?", world)
        return {step: _time(tstamp) for step, tstamp in rows}

    def guide_counts(self, place: str) -> dict[str, int]:
        """How many steps of the guide each world of a place has done."""
        query = "SELECT world, count(*) FROM guide WHERE world GLOB ? GROUP BY world"
        return {str(world): int(steps) for world, steps in self._file.rows(query, f"{place}:*")}

    def add_guide_step(self, world: str, step: str, tstamp: datetime) -> bool:
        """Note that a step of the guide is done; False if it already was."""
        values = (world, step, tstamp.timestamp())
        return self._file.write([(ADD_GUIDE_STEP, values)], ("guide", world)) == 1

    def remove_guide_steps(self, world: str, steps: Iterable[str]) -> None:
        """Forget that steps of the guide were done."""
        query = "DELETE FROM guide WHERE world = ? AND step = ?"
        self._file.write([(query, (world, each)) for each in steps], ("guide", world))

    def missed(self, world: str) -> list[tuple[str, int, datetime, timedelta]]:
        """Interventions that probably fired unheard: name, version, when it was noticed, and how
        far the clock was ahead."""
        query = (
            "SELECT name, version, tstamp, ahead FROM missed WHERE world = ? ORDER BY tstamp DESC"
        )
        return [
            (name, version, _time(tstamp), timedelta(seconds=ahead))
            for name, version, tstamp, ahead in self._file.rows(query, world)
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
        query = (
            "INSERT OR IGNORE INTO missed (world, name, version, tstamp, ahead)"
            " VALUES (?, ?, ?, ?, ?)"
        )
        values = (world, name, version, tstamp.timestamp(), ahead.total_seconds())
        self._file.write([(query, values)])

    def remove_missed(self, world: str, name: str, version: int) -> None:
        """The intervention was not missed after all."""
        query = "DELETE FROM missed WHERE world = ? AND name = ? AND version = ?"
        self._file.write([(query, (world, name, version))])

    def ahead(self, world: str) -> timedelta:
        """The most that the clock was ahead when something was kept."""
        seconds = [
            self._file.rows(f"SELECT max(ahead) FROM {table} WHERE world = ?", world)[0][0] or 0
            for table in TIMED_TABLES
        ]
        return timedelta(seconds=max(seconds))

    def forget_what_happened(self, world: str) -> None:
        """Delete everything that has a time: history, marks, interventions. The project stays."""
        self._forget(world, *TIMED_TABLES, "shown")

    def forget(self, worlds: str) -> None:
        """Delete everything about a world, or about worlds that match a pattern such as `own-*`."""
        self._file.write(
            [(f"DELETE FROM {table} WHERE world GLOB ?", (worlds,)) for table in WORLD_TABLES]
        )
        self._file.forget_all()

    def last_values(self, world: str) -> dict[str, Any]:
        """The attribute values of the newest reading; empty without one."""
        query = "SELECT body FROM reading WHERE world = ? ORDER BY seq DESC LIMIT 1"
        rows = self._file.rows(query, world)
        values: dict[str, Any] = orjson.loads(rows[0][0]) if rows else {}
        return values

    def start_over(self, world: str) -> None:
        """Delete the project of a world and everything that happened in it."""
        self._forget(world, *TIMED_TABLES, "shown", "project")

    def with_event(self) -> AbstractContextManager[None]:
        """Keep all or nothing of what this thread notes in the block and the event tracked last."""
        return self._file.deferring()

    def _forget(self, world: str, *tables: str) -> None:
        """Delete a world's rows from tables. `tables` are this module's own names."""
        statements: list[Statement] = [
            (f"DELETE FROM {table} WHERE world = ?", (world,)) for table in tables
        ]
        self._file.write(statements, *((table, world) for table in tables), is_synced=True)


def _time(tstamp: float) -> datetime:
    return datetime.fromtimestamp(tstamp, UTC)


def _trim(table: str, world: str, at_most: int) -> Statement:
    """Delete the oldest rows of a world. `table` is one of this module's own names."""
    query = (
        f"DELETE FROM {table} WHERE world = ?1 AND seq <= ("
        f"SELECT max(seq) FROM {table} WHERE world = ?1"
        f") AND seq NOT IN (SELECT seq FROM {table} WHERE world = ?1 ORDER BY seq DESC LIMIT ?2)"
    )
    return query, (world, at_most)


def _trim_bytes(table: str, world: str) -> Statement:
    """Delete the oldest rows of a world whose bodies are too large together. The newest stays."""
    query = (
        f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM ("
        "SELECT seq, row_number() OVER newest AS number, sum(length(body)) OVER newest AS bytes"
        f" FROM {table} WHERE world = ?1"
        f" AND (SELECT sum(length(body)) FROM {table} WHERE world = ?1) > ?2"  # seldom so
        " WINDOW newest AS (ORDER BY seq DESC)) WHERE number > 1 AND bytes > ?2)"
    )
    return query, (world, BODIES_BYTES)


def _inbox_entry(
    world: str,
    intervention_id: str,
    entry: tuple[datetime, dict[str, Any], str | None, timedelta],
) -> Statement:
    query = (
        "INSERT OR IGNORE INTO inbox (world, intervention_id, tstamp, body, answer, ahead)"
        " VALUES (?, ?, ?, ?, ?, ?)"
    )
    tstamp, body, answer, ahead = entry
    return query, (
        world,
        intervention_id,
        tstamp.timestamp(),
        orjson.dumps(body),
        answer,
        ahead.total_seconds(),
    )


def _restored(remembered: Mapping[StateKey, Any]) -> Iterator[Statement]:
    """What was read from a file before it was damaged, as statements for empty tables."""
    for (what, owner), value in remembered.items():
        if what == "home" and value is not None:
            yield ADD_HOME, (owner, value)
        elif what == "project" and value is not None:
            yield "INSERT OR IGNORE INTO project (world, body) VALUES (?, ?)", (owner, value)
        elif what == "room" and value is not None:
            query = "INSERT OR IGNORE INTO room (place, code, is_paused) VALUES (?, ?, ?)"
            yield query, (owner, *value)
        elif what == "role" and value is not None:
            yield "INSERT OR IGNORE INTO role (world, is_guest) VALUES (?, ?)", (owner, value)
        elif what == "profile" and value is not None:
            yield ADD_PROFILE, (owner, value)
        elif what == "draft":
            yield ADD_DRAFT, (owner, value)
        elif what == "words":
            for name, words in value.items():
                yield ADD_WORDS, (owner, name, words)
        elif what == "inbox":
            for entry in reversed(value):
                yield _inbox_entry(owner, entry[1].get("intervention_id", ""), entry)
        elif what == "shown":
            for name, (tstamp, problem) in value.items():
                yield ADD_SHOWN, (owner, name, tstamp.timestamp(), problem)
        elif what == "guide":
            for name, tstamp in value.items():
                yield ADD_GUIDE_STEP, (owner, name, tstamp.timestamp())
