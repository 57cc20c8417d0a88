"""The database file: transactions, files of another version, and other connections."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from lib.sandbox.storage.database import Database
from lib.sandbox.storage.store import EventRow, Store
from lib.sandbox.storage.tables import FILE_VERSION, TABLES
from tests.support.sandbox import NOW, new_id

ADD = "INSERT INTO sandbox (token) VALUES (?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def tokens(database: Database) -> list[str]:
    return [token for (token,) in database.db.execute("SELECT token FROM sandbox")]


def test_what_is_committed_is_there_for_another_connection(database: Database, path: Path) -> None:
    with database.transaction():
        database.db.execute(ADD, ("a",))
    with closing(Database(path)) as other:
        assert tokens(other) == ["a"]


def test_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.transaction():
        database.db.execute(ADD, ("a",))
        raise KeyError
    assert tokens(database) == []
    with database.transaction():
        database.db.execute(ADD, ("b",))
    assert tokens(database) == ["b"]


def test_commit_that_fails_leaves_no_transaction_open(database: Database) -> None:
    """As on a full disk: the next one can begin."""
    database.db.execute("PRAGMA foreign_keys = ON")
    database.db.execute(
        "CREATE TABLE child (id INTEGER REFERENCES sandbox DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        database.db.execute("INSERT INTO child VALUES (7)")
    assert not database.db.in_transaction
    assert database.db.execute("SELECT count(*) FROM child").fetchone() == (0,)


def test_version_elsewhere_changes_with_what_another_connection_writes(
    database: Database, path: Path
) -> None:
    before = database.version_elsewhere
    with database.transaction():
        database.db.execute(ADD, ("own",))
    assert database.version_elsewhere == before
    with closing(Database(path)) as other, other.transaction():
        other.db.execute(ADD, ("another",))
    assert database.version_elsewhere != before


def test_file_of_another_version_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE something (id INTEGER)")
        other.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite3.DatabaseError) as refusal:
        Database(path)
    said = f"{path} is not a sandbox of this version: name another file, or delete this one"
    assert str(refusal.value) == said
    with closing(sqlite3.connect(path)) as other:
        names = [name for (name,) in other.execute("SELECT name FROM sqlite_master")]
        assert names == ["something"]


def test_file_whose_definitions_were_numbered_otherwise_is_opened(path: Path) -> None:
    """Without `AUTOINCREMENT`, as older versions wrote it."""
    with closing(sqlite3.connect(path)) as older:
        older.executescript(
            TABLES.replace("id INTEGER PRIMARY KEY AUTOINCREMENT", "id INTEGER PRIMARY KEY")
        )
        older.execute(f"PRAGMA user_version = {FILE_VERSION}")
    with closing(Store(path)) as store:
        first = store.save_definition(1, "service", "a", 1, None, {})
        assert store.save_definition(1, "service", "a", 1, NOW, {}) == first
        assert store.add_events(1, [EventRow(new_id(), NOW, None, None, b"{}", b"{}")]) == [1]


def test_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("no database, but long enough to be taken for the header of one" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        Database(path)
    assert str(path) not in [each.path for each in psutil.Process().open_files()]


def test_closed_database_cannot_be_used(database: Database) -> None:
    database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        tokens(database)
