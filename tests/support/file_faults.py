"""The app's file, with everything that can be wrong with it while the app runs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pytest

MALFORMED = "database disk image is malformed"
LONG = "x" * 20_000  # longer than a page of the file


class Breakable(sqlite3.Connection):
    """A connection to a file of which some `tables`, or all, cannot be used while `is_broken`."""

    is_broken = False
    tables: tuple[str, ...] = ()

    def execute(self, query: str, values: Any = (), /) -> sqlite3.Cursor:
        is_about_it = not self.tables or any(f" {each} " in f"{query} " for each in self.tables)
        if self.is_broken and is_about_it and not query.startswith(STILL_POSSIBLE):
            raise sqlite3.DatabaseError(MALFORMED)
        return super().execute(query, values)


STILL_POSSIBLE = ("BEGIN", "ROLLBACK", "COMMIT", "PRAGMA")
OPENED: WeakValueDictionary[str, Breakable] = WeakValueDictionary()
"""The first connection to each file that is open: the app's."""


@pytest.fixture(autouse=True)
def breakable_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens an app's file gets a connection that the test can break."""
    connect = sqlite3.connect

    def connect_breakable(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if not str(path).endswith("app.db"):
            return connect(path, *arguments, **options)
        connection = connect(path, *arguments, factory=Breakable, **options)
        OPENED.setdefault(str(path), connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_breakable)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    OPENED[str(path)].execute("PRAGMA query_only = ON")
    yield
    OPENED[str(path)].execute("PRAGMA query_only = OFF")


@contextmanager
def full(path: Path) -> Iterator[None]:
    """What is longer than a page finds no room."""
    db = OPENED[str(path)]
    db.execute("PRAGMA max_page_count = 1")  # SQLite takes it for the size that there is
    yield
    db.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def damaged(path: Path, *tables: str) -> Iterator[None]:
    db = OPENED[str(path)]
    db.is_broken, db.tables = True, tables
    yield
    db.is_broken = False


SAID = {
    locked: "database is locked",
    read_only: "attempt to write a readonly database",
    full: "database or disk is full",
    damaged: MALFORMED,
}
Fault = Callable[[Path], Any]
faults = pytest.mark.parametrize("fault", SAID, ids=lambda each: each.__name__)
