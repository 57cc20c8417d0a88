"""The database file: how it is opened, and its transactions.

It is in write-ahead-log mode, and every change is committed before the collector answers, so that a
killed process loses nothing that it acknowledged. A power cut may lose the events of the last
second, and nothing else: they are synced once a second, and everything else at once (see
`database_file`).

One thread owns the connection (the server's event loop), so there is no locking here. Two processes
may share a file. SQLite serializes their writes, each waits up to five seconds for its turn, and
each reads the file again once the other has written to it (`Sandbox.catch_up`).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.sandbox.storage.database_file import DatabaseFile
from lib.sandbox.storage.tables import FILE_VERSION, TABLES

BUSY_TIMEOUT_SECONDS = 5
PAGES_BETWEEN_CHECKPOINTS = 10_000  # 40 MB: a checkpoint waits for the disk, twice


class Database:
    """An open database file with the sandbox's tables; `db` is its connection.

    Raises `sqlite3.Error` from any method when the file cannot be read or written.
    """

    cache_kb = 64_000  # with a million users an event costs hardly more than with a thousand

    def __init__(self, path: Path | str) -> None:
        self.db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_SECONDS
        )
        try:
            self._prepare(path)
        except sqlite3.Error:
            self.db.close()
            raise
        self.file = DatabaseFile(path)

    def _prepare(self, path: Path | str) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BETWEEN_CHECKPOINTS}")
        self.db.execute(f"PRAGMA cache_size = -{self.cache_kb}")
        self._refuse_other_versions(path)
        self.db.executescript(TABLES)
        self.db.execute(f"PRAGMA user_version = {FILE_VERSION}")

    def _refuse_other_versions(self, path: Path | str) -> None:
        """Raise `sqlite3.DatabaseError` for a file whose tables are not the ones used here."""
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        is_new = not self.db.execute("SELECT 1 FROM sqlite_master").fetchone()
        if not is_new and version != FILE_VERSION:
            raise sqlite3.DatabaseError(
                f"{path} is not a sandbox of this version: name another file, or delete this one"
            )

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @property
    def version_elsewhere(self) -> int:
        """A number that changes whenever another connection writes to the file.

        Source: https://www.sqlite.org/pragma.html#pragma_data_version
        """
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """All that happens inside is committed together, or not at all if it raises.

        Unless `is_synced` is False, it is on the disk then. Raises `sqlite3.Error`, also if the
        file was deleted: nothing may be acknowledged that nobody will find.
        """
        self.file.check()
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")  # fails, and leaves the transaction open, on a full disk
        except BaseException:
            if self.db.in_transaction:  # after some errors SQLite has rolled back by itself
                self.db.execute("ROLLBACK")
            raise
        self.file.check()
        if is_synced:
            self.file.sync()
        else:
            self.file.written()
