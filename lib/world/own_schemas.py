"""The schemas of the sandbox that a world is in, for those pages that need them.

They are read in the background, and again when a page asks for them and some time has passed:
others in the same sandbox may have added one. On Snowplow there is nothing to read.
"""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import Any

import httpx
from cachetools import LRUCache

from lib.connection.sandbox_inspector import SandboxInspector
from lib.world.background import in_background

WAIT_SECONDS = 0.5
FRESH_SECONDS = 3.0
CHECKS_KEPT = 100


class OwnSchemas:
    """What was last read; safe to use from several sessions."""

    def __init__(
        self, inspector: SandboxInspector | None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._inspector = inspector
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self._reading: Future[None] | None = None
        self._added: list[dict[str, Any]] = []
        self._more: tuple[bool, list[str]] = (False, [])
        self._lock = threading.Lock()
        self._wrong: LRUCache[tuple[str, str], list[str]] = LRUCache(CHECKS_KEPT)

    def added(self) -> list[dict[str, Any]]:
        """The self-describing schemas that were added to the sandbox. Waits a moment at most."""
        is_due = self._monotonic() - self._read_at >= FRESH_SECONDS
        is_reading = self._reading is not None and not self._reading.done()
        if self._inspector is not None and is_due and not is_reading:
            self._reading = in_background("schemas", self._read)
        if self._reading is not None:
            wait_for([self._reading], timeout=WAIT_SECONDS)
        return self._added

    def add(self, schema: dict[str, Any]) -> str:
        """Add one; returns its URI. Raises `SchemaRefused` and `httpx.HTTPError`."""
        assert self._inspector is not None, "only a sandbox takes schemas"
        uri = self._inspector.add_schema(schema)
        self._read()
        return uri

    def delete(self, uri: str) -> None:
        """Delete one that was added. Raises as `add` does."""
        assert self._inspector is not None, "only a sandbox takes schemas"
        self._inspector.delete_schema(uri)
        self._read()

    def more(self) -> tuple[bool, list[str]]:
        """Whether the sandbox uses the optional schemas, and their URIs."""
        self.added()
        return self._more

    def use_more(self, is_used: bool) -> None:
        """Turn them on or off. Raises `httpx.HTTPError`."""
        assert self._inspector is not None, "only a sandbox takes schemas"
        self._more = self._inspector.use_more_schemas(is_used)
        self._forget_checks()

    def wrong_in(self, uri: str, data: dict[str, Any]) -> list[str] | None:
        """What the sandbox says is wrong with some data; None if it cannot be asked. The answer is
        kept until the schemas change: a page shows the same examples again and again."""
        asked = uri, json.dumps(data, sort_keys=True)
        with self._lock:
            known = self._wrong.get(asked)
        if self._inspector is None or known is not None:
            return known
        try:
            found = self._inspector.wrong_in(uri, data)
        except (httpx.HTTPError, ValueError):
            return None
        with self._lock:
            self._wrong[asked] = found
        return found

    def _forget_checks(self) -> None:
        with self._lock:
            self._wrong.clear()

    def _read(self) -> None:
        if self._inspector is None:
            return
        try:
            listed, more = self._inspector.schemas(), self._inspector.more_schemas()
        except httpx.HTTPError:
            return  # what was read before stays; the page says that the sandbox is away
        found = [each["schema"] for each in listed if each["is_own"]]
        if (found, more) != (self._added, self._more):
            self._forget_checks()
        self._added, self._more = found, more
        self._read_at = self._monotonic()
