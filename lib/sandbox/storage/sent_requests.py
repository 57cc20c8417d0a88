"""The requests that events came with, each kept once, however many events refer to it.

A request is named by a hash of what is kept of it. So an event can never be shown with the request
of another, even after a rollback; at worst with none.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
from cachetools import LRUCache

from lib.sandbox.limits import REQUESTS_KEPT
from lib.sandbox.storage.database import Database

REMEMBERED = 500  # of a few kilobytes each
INSERTS_BETWEEN_TRIMS = 50
COUNTS_KEPT = 10_000  # of inserts; one that was dropped starts anew, with a trim


def request_name(content: bytes) -> int:
    """The name of a request, by what is kept of it."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), signed=True)


class SentRequests(Database):
    """The part of the store that keeps requests: the newest 1,000 of each kind *(ours)*."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._kept: dict[tuple[int, bytes], int] = {}
        self._inserts: LRUCache[tuple[int, bool], int] = LRUCache(COUNTS_KEPT)

    def keep_request(self, sandbox_id: int, content: bytes, *, is_whole: bool) -> int:
        """Keep a request, inside a transaction, and return its name."""
        known = self._kept.get((sandbox_id, content))
        if known is not None:
            return known
        name = request_name(content)
        added = self.db.execute(
            "INSERT OR IGNORE INTO request (sandbox_id, name, is_whole, content)"
            " VALUES (?, ?, ?, ?)",
            (sandbox_id, name, is_whole, content),
        )
        if len(self._kept) >= REMEMBERED:
            self._kept.clear()
        if not is_whole:
            self._kept[sandbox_id, content] = name
        if added.rowcount:
            self._trim_at_times(sandbox_id, is_whole)
        return name

    def request(self, sandbox_id: int, name: int | None) -> dict[str, Any] | None:
        """What is kept of a request; None if it is no longer kept."""
        query = "SELECT content FROM request WHERE sandbox_id = ? AND name = ?"
        row = self.db.execute(query, (sandbox_id, name)).fetchone()
        request: dict[str, Any] | None = None if row is None else orjson.loads(row[0])
        return request

    def delete_requests(self, sandbox_id: int) -> None:
        """Delete all requests of a sandbox."""
        self.forget_requests()
        self.db.execute("DELETE FROM request WHERE sandbox_id = ?", (sandbox_id,))

    def delete_whole_requests(self, sandbox_id: int) -> None:
        """Delete the requests of a sandbox that are kept with their bodies."""
        self.forget_requests()
        self.db.execute("DELETE FROM request WHERE sandbox_id = ? AND is_whole", (sandbox_id,))

    def forget_requests(self) -> None:
        """Do not rely on what was kept: it was rolled back, or deleted."""
        self._kept.clear()

    def _trim_at_times(self, sandbox_id: int, is_whole: bool) -> None:
        """Trim a sandbox's requests of one kind at its first insert and at every 50th after it."""
        inserts = self._inserts.get((sandbox_id, is_whole), 0)
        if inserts % INSERTS_BETWEEN_TRIMS == 0:
            self._trim(sandbox_id, is_whole)
        self._inserts[sandbox_id, is_whole] = inserts + 1

    def _trim(self, sandbox_id: int, is_whole: bool) -> None:
        kind = "sandbox_id = ?1 AND is_whole = ?2"
        deleted = self.db.execute(
            f"DELETE FROM request WHERE {kind} AND seq <= (SELECT seq FROM request"
            f" WHERE {kind} ORDER BY seq DESC LIMIT 1 OFFSET ?3)",
            (sandbox_id, is_whole, REQUESTS_KEPT),
        ).rowcount
        if deleted:
            self.forget_requests()
