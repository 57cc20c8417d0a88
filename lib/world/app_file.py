"""An SQLite file that may fail while the app runs, and memory that stands in for it meanwhile.

The file may be locked by another program, read-only or damaged, or its disk may be full. From the
first call that fails, everything goes to tables in memory, which start with what can still be read
from the file. Once the file works again, it gets what it missed, in the same order, and takes over.
So only the call that finds it failing has to wait.

What is only in memory is lost when the process ends; `problem` says so. Nothing is repaired.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from cachetools import FIFOCache

BUSY_MILLISECONDS = 500  # while one session waits for a lock, all do
REMEMBERED_BYTES = 24_000_000  # as JSON: some five thousand worlds in normal use
COPIED_AT_MOST = 10_000  # the newest rows of each table
PENDING_AT_MOST = 20_000
PENDING_BYTES = 64_000_000

Value = TypeVar("Value")
StateKey = tuple[str, str]
Statement = tuple[str, tuple[Any, ...]]
Deferred = list[tuple[Sequence[Statement], tuple[StateKey, ...]]]
Restore = Callable[[Mapping[StateKey, Any]], Iterable[Statement]]
LaterColumns = Mapping[str, tuple[str, str]]

DAMAGED = (
    "Stop the app, delete {name} and the files beside it that start with the same name, and start"
    " the app again. What the file kept is lost."
)
ADVICE = {
    "database is locked": "Another program has locked {name}. Close that program.",
    "attempt to write a readonly database": "Make {name} and its folder writable.",
    "database or disk is full": "Free some space on the disk that has {name}.",
    "database disk image is malformed": DAMAGED,
    "file is not a database": DAMAGED,
}
OTHERWISE = "Check that the disk with {name} is there, is not full and can be written to."
THEN = "Everything is written as soon as that works, and this message disappears."
CUT_OFF = "Too much has piled up to write all of it later. Once that is done, start the app again."


@dataclass(frozen=True)
class FileProblem:
    """Why the file called `name` cannot be used, in SQLite's words, and since when.

    `is_cut_off` says that more is waiting than can be kept: the file never takes over again.
    """

    said: str
    since: datetime
    name: str
    is_cut_off: bool = False

    @property
    def advice(self) -> str:
        """What to do about it."""
        advice = ADVICE.get(self.said, OTHERWISE)
        then = "" if advice is DAMAGED else CUT_OFF if self.is_cut_off else THEN
        return f"{advice} {then}".rstrip().format(name=self.name)


class AppFile:
    """The open file: one connection and one lock for all threads.

    `later_columns` are those that an older file lacks: name and definition, by table. `restore`
    turns what is remembered into statements, for tables that can no longer be read. Raises
    `sqlite3.Error` if the file cannot be opened, but not for faults after that.
    """

    def __init__(
        self,
        path: Path | str,
        schema: str,
        later_columns: LaterColumns,
        restore: Restore,
    ) -> None:
        self.problem: FileProblem | None = None
        self._name = Path(path).name
        self._schema = schema
        self._restore = restore
        self._lock = threading.RLock()
        self._thread = threading.local()
        self._remembered: FIFOCache[StateKey, Any] = FIFOCache(REMEMBERED_BYTES, _size)
        self._readers: dict[str, Callable[[str], Any]] = {}
        self._pending: deque[Sequence[Statement]] = deque()
        self._pending_bytes = 0
        self._standby: sqlite3.Connection | None = None
        self._file = _connected(path)
        try:
            self._prepare(later_columns)
        except sqlite3.Error:
            self._file.close()
            raise

    def _prepare(self, later_columns: LaterColumns) -> None:
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.executescript(self._schema)
        for table, (column, definition) in later_columns.items():
            if column not in _columns(self._file, table):
                self._file.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
        _wait_when_busy(self._file, BUSY_MILLISECONDS)

    def close(self) -> None:
        """Write what is waiting, if that works, and close the file."""
        self.catch_up()
        with self._lock:
            self._file.close()
            if self._standby is not None:
                self._standby.close()

    def known(self, what: str, owner: str, read: Callable[[str], Value]) -> Value:
        """What was read before, unless it has changed since. The caller must not change it.

        Remembered values come without the lock: a click reads some fifty times, and must not wait
        for other people's writes each time. This needs a cache in which a read changes nothing.
        """
        key = (what, owner)
        with suppress(KeyError):
            kept: Value = self._remembered[key]
            return kept
        with self._lock:
            self._readers[what] = read
            value = read(owner)
            self._remember(key, value)
            return value

    def rows(self, query: str, *values: str | int) -> list[Any]:
        """The rows that a query finds."""
        with self._lock:
            if self._standby is None:
                try:
                    return self._file.execute(query, values).fetchall()
                except sqlite3.ProgrammingError:  # our mistake, not the file's
                    raise
                except sqlite3.Error as error:
                    self._stand_in(error)
                    self._write_later([(query, values)])  # the file has to answer this first
            return self._in_use.execute(query, values).fetchall()

    def write(
        self, statements: Sequence[Statement], *changes: StateKey, is_synced: bool = False
    ) -> int:
        """Run statements in one transaction; returns how many rows the first one changed.

        Within `deferring` they wait, and it returns 1. `changes` name what to remember again if it
        was remembered, in case the file is damaged next. `is_synced` waits until a power cut can no
        longer undo it.
        """
        deferred: Deferred | None = getattr(self._thread, "deferred", None)
        if deferred is not None:
            deferred.append((statements, changes))
            return 1
        with self._lock:
            changed = self._written(statements, is_synced=is_synced)
            for what, owner in changes:
                if (what, owner) in self._remembered:
                    self._remember((what, owner), self._readers[what](owner))
            return changed

    def _remember(self, key: StateKey, value: Any) -> None:
        self._remembered.pop(key, None)
        with suppress(ValueError):  # larger than the whole cache may be
            self._remembered[key] = value

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Hold back what this thread writes in the block. It is written in one transaction with the
        first `write_all`, or else at the end. If the block fails before, nothing is written."""
        self._thread.deferred = []
        try:
            yield
            self.write_all()
        finally:
            self._thread.deferred = None

    def write_all(self, *statements: Statement) -> None:
        """Run statements in one transaction, after those that this thread held back."""
        deferred: Deferred = getattr(self._thread, "deferred", None) or []
        self._thread.deferred = None
        all_statements = [each for earlier, _ in deferred for each in earlier]
        all_statements += statements
        if all_statements:
            keys = [key for _, changes in deferred for key in changes]
            self.write(all_statements, *keys, is_synced=True)

    def forget_all(self) -> None:
        """Forget everything that was read."""
        with self._lock:
            self._remembered.clear()

    def catch_up(self) -> None:
        """Called about once a second: writes what the file missed, while that works."""
        while self._catches_up():
            pass

    @property
    def _in_use(self) -> sqlite3.Connection:
        return self._standby or self._file

    def _written(self, statements: Sequence[Statement], *, is_synced: bool) -> int:
        if self._standby is None:
            try:
                return (
                    _synced(self._file, statements) if is_synced else _run(self._file, statements)
                )
            except sqlite3.ProgrammingError:
                raise
            except sqlite3.Error as error:
                self._stand_in(error)
        changed = _run(self._in_use, statements)
        self._write_later(statements)
        return changed

    def _stand_in(self, error: sqlite3.Error) -> None:
        """Let memory stand in for the file."""
        self.problem = FileProblem(str(error), datetime.now(UTC), self._name)
        _wait_when_busy(self._file, 0)  # it is tried again every second, and everybody would wait
        self._standby = standby = _connected(":memory:")
        standby.executescript(self._schema)
        is_whole = all([_copied(table, self._file, standby) for table in _tables(standby)])
        if not is_whole:
            for statement in self._restore(self._remembered):
                standby.execute(*statement)

    def _write_later(self, statements: Sequence[Statement]) -> None:
        size = _weight(statements)
        is_room = self._pending_bytes + size <= PENDING_BYTES
        if is_room and len(self._pending) < PENDING_AT_MOST:
            self._pending.append(statements)
            self._pending_bytes += size
        elif self.problem is not None:
            self.problem = replace(self.problem, is_cut_off=True)

    def _catches_up(self) -> bool:
        """Write what has waited longest; returns whether more may be written."""
        with self._lock:
            if self.problem is None:
                return False
            if not self._pending:
                if not self.problem.is_cut_off:
                    self._take_over()
                return False
            try:
                _run(self._file, self._pending[0])
            except sqlite3.Error as error:
                self.problem = replace(self.problem, said=str(error))
                return False
            self._pending_bytes -= _weight(self._pending.popleft())
            return True

    def _take_over(self) -> None:
        """Let the file take over again."""
        if self._standby is not None:
            self._standby.close()
        self._standby = self.problem = None
        self._remembered.clear()  # it may have what memory could not read
        _wait_when_busy(self._file, BUSY_MILLISECONDS)


def _connected(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False, isolation_level=None)


def _wait_when_busy(db: sqlite3.Connection, milliseconds: int) -> None:
    with suppress(sqlite3.Error):
        db.execute(f"PRAGMA busy_timeout = {milliseconds}")


def _size(value: Any) -> int:
    """About how many bytes a remembered value takes."""
    return len(orjson.dumps(value, default=str))


def _weight(statements: Sequence[Statement]) -> int:
    """The bytes that statements write, and some for each statement."""
    values = (value for _, values in statements for value in values)
    texts = (len(value) for value in values if isinstance(value, str | bytes))
    return 100 * len(statements) + sum(texts)


def _synced(db: sqlite3.Connection, statements: Sequence[Statement]) -> int:
    """The same as `_run`; when it returns, the disk has it, and all that was written before."""
    db.execute("PRAGMA synchronous = FULL")
    try:
        return _run(db, statements)
    finally:
        with suppress(sqlite3.Error):
            db.execute("PRAGMA synchronous = NORMAL")


def _run(db: sqlite3.Connection, statements: Sequence[Statement]) -> int:
    """Run all the statements or none; returns how many rows the first one changed."""
    db.execute("BEGIN IMMEDIATE")
    try:
        cursors = [db.execute(*each) for each in statements]
        for cursor in cursors:
            cursor.fetchall()  # a query has not read all that it finds until then
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite has ended it if the disk is full
            db.execute("ROLLBACK")
        raise
    return cursors[0].rowcount if cursors else 0


def _tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]


def _copied(table: str, source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy a table as far as it can be read; returns whether that was all of it.

    `table` is one of the schema's names.
    """
    columns = _columns(target, table)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    newest = f"SELECT {names} FROM {table} ORDER BY rowid DESC LIMIT {COPIED_AT_MOST}"
    target.execute("BEGIN")
    try:
        target.executemany(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", source.execute(newest)
        )
    except sqlite3.Error:
        return False
    finally:
        target.execute("COMMIT")
    return True
