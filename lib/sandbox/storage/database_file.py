"""The files of an open database on the disk: whether they are still there, and written to it.

SQLite writes to its write-ahead log (the `-wal` file), and with `synchronous=NORMAL` leaves it to
the operating system when that gets to the disk. A process that is killed loses nothing then, and a
power cut everything since the last checkpoint. Syncing the log is enough to keep all that was
committed: each commit in it has a checksum, and SQLite reads the log up to the last one that is
whole when it opens the file again.

SQLite does not notice when somebody deletes or replaces a file that it has open either: it goes on
writing to one that nobody will ever find.

Sources: https://www.sqlite.org/wal.html and https://www.sqlite.org/howtocorrupt.html
"""

import os
import sqlite3
from pathlib import Path
from typing import NoReturn


class DatabaseFile:
    """The file of an open database, and its log; `:memory:` has neither.

    `trouble` says what is wrong with them, and is empty while nothing is. It stays: what was
    written since is lost.
    """

    def __init__(self, path: Path | str) -> None:
        self.trouble = ""
        self._is_dirty = False
        database = Path(path)
        is_file = str(path) != ":memory:"
        self._files = [database, Path(f"{database}-wal")] if is_file else []
        self._identities = [_identity(each) for each in self._files]
        if is_file:
            sync_folder(database.parent)

    def check(self) -> None:
        """Raise `sqlite3.OperationalError` if the files are not those that were opened."""
        self.raise_trouble()
        for file, identity in zip(self._files, self._identities, strict=True):
            try:
                is_ours = _identity(file) == identity
            except OSError as error:
                self._fail(f"{file.name} can no longer be found: {error.strerror}")
            if not is_ours:
                self._fail(f"{file.name} was deleted or replaced while it was in use")

    def raise_trouble(self) -> None:
        """Raise `sqlite3.OperationalError` if there was trouble before."""
        if self.trouble:
            raise sqlite3.OperationalError(self.trouble)

    def written(self) -> None:
        """Something was committed that need not be on the disk at once."""
        self._is_dirty = True

    def sync(self) -> None:
        """Wait until all that was committed is on the disk.

        Raises `sqlite3.OperationalError` if it cannot be: nobody knows then what is there.
        """
        self._is_dirty = False
        for log in self._files[1:]:
            try:
                sync_file(log)
            except OSError as error:
                self._fail(f"{log.name} cannot be written to the disk: {error.strerror}")

    def keep(self) -> None:
        """What has to be done about once a second: `check`, and `sync` if anything was written.

        Other threads may call it.
        """
        self.check()
        if self._is_dirty:
            self.sync()

    def _fail(self, trouble: str) -> NoReturn:
        self.trouble = f"{trouble}. What was stored since is lost. Restart the sandbox."
        raise sqlite3.OperationalError(self.trouble)


def sync_file(file: Path) -> None:
    """Wait until a file is on the disk. Raises `OSError`."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder's files are on the disk, where a folder can be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(file: Path) -> tuple[int, int] | None:
    """What distinguishes a file from another of the same name; None if there is none."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
