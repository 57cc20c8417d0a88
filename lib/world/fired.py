"""What fired, according to the sandbox: for one user, or for everybody in it.

On Snowplow the app cannot see that.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from lib.connection.sandbox_inspector import SandboxInspector
from lib.world.background import in_background

PAGE_WAITS_SECONDS = 0.3


@dataclass(frozen=True)
class Fired:
    """An intervention that fired for one user. `fate` is None if the sandbox no longer knows it."""

    name: str
    version: int
    user_id: str
    fate: Literal["delivered", "held", "lost"] | None


class FiredReader:
    """Reads what fired. `seen` is None while that is not known; `on_news` is called when something
    came too late for the page that looked."""

    def __init__(
        self,
        inspector: SandboxInspector | None,
        user_id: str | None,
        on_news: Callable[[], None],
    ) -> None:
        self.seen: tuple[Fired, ...] | None = None
        self._inspector = inspector
        self._user_id = user_id
        self._on_news = on_news
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None

    def look(self) -> None:
        """Read again, and wait no longer than a page may. What arrives in time is not news: the
        caller shows it."""
        shown = self.seen
        reading = self.refresh_soon()
        if wait_for([reading], timeout=PAGE_WAITS_SECONDS).not_done:
            reading.add_done_callback(lambda _: self._tell_if_new(shown))

    def refresh_soon(self) -> "Future[None]":
        """Read again in the background, one reading at a time."""
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = in_background("fired", self.refresh)
            return self._reading

    def refresh(self) -> None:
        """Read again. While the sandbox does not answer, what was read before stays."""
        if self._inspector is not None:
            with suppress(httpx.HTTPError):
                self.seen = tuple(_fired(each) for each in self._inspector.fired(self._user_id))

    def _tell_if_new(self, shown: tuple[Fired, ...] | None) -> None:
        if self.seen != shown:
            self._on_news()


def _fired(answer: dict[str, Any]) -> Fired:
    return Fired(answer["name"], answer["version"], answer["identifier"], answer["fate"])
