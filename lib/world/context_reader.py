"""What Signals knows about this session, read in the background: the agentic context."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from snowplow_signals import SignalsAPIError
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.explanations import SDK_ERRORS, Explanation, explained
from lib.snowplow.contexts import read_context, read_narrative
from lib.snowplow.publishing import NOT_FOUND
from lib.world.background import in_background

PAGE_WAITS_SECONDS = 0.5


@dataclass(frozen=True)
class Context:
    """A session's context as last read. `is_published` is None until Signals has answered once.

    `events` are as they were selected, oldest first, and `answer` is all of it as JSON. While there
    is a `problem`, the rest is from before it.
    """

    session_id: str = ""
    is_published: bool | None = None
    narrative: str = ""
    summary: str = ""
    prompt: str = ""
    events: tuple[dict[str, Any], ...] = ()
    answer: Mapping[str, Any] = field(default_factory=dict)
    read_at: datetime | None = None
    problem: Explanation | None = None

    @property
    def news(self) -> tuple[object, ...]:
        """What makes a context new: not its texts, which say how many seconds have passed."""
        return self.session_id, self.is_published, self.events, self.problem


class ContextReader:
    """Reads the context of the current session. `on_news` is called when it changed.

    `given` is what an assistant was given last."""

    def __init__(
        self,
        signals: BaseSignalsWithApiClient,
        session_id: Callable[[], str],
        name: str,
        on_news: Callable[[], None],
    ) -> None:
        self.seen = Context()
        self.given = Context()
        self._signals = signals
        self._session_id = session_id
        self._name = name
        self._on_news = on_news
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None

    def look(self) -> bool:
        """Read again, and wait no longer than a page may. Returns whether there is news."""
        before, reading = self.seen.news, self.refresh_soon()
        is_over = bool(wait_for([reading], timeout=PAGE_WAITS_SECONDS).done)
        return is_over and before != self.seen.news

    def give(self) -> Context:
        """What was read last, for an assistant."""
        before, self.given = self.given, self.seen
        if before.events != self.given.events:
            self._on_news()
        return self.given

    def refresh_soon(self) -> "Future[None]":
        """Read again in the background, one reading at a time."""
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = in_background("context", self.refresh)
            return self._reading

    def refresh(self) -> None:
        """Read again. Never raises for what Signals answers: see `seen`."""
        before, self.seen = self.seen, self._read()
        if before.news != self.seen.news:
            self._on_news()

    def _read(self) -> Context:
        session_id = self._session_id()
        try:
            found = read_context(self._signals, session_id, self._name)
            narrative = read_narrative(self._signals, session_id, self._name)
        except SDK_ERRORS as error:
            if isinstance(error, SignalsAPIError) and error.status_code == NOT_FOUND:
                return Context(session_id, is_published=False, read_at=datetime.now(UTC))
            return replace(self.seen, problem=explained(error))
        return Context(
            session_id,
            True,
            narrative,
            found.summary or "",
            found.prompt or "",
            tuple(found.events or ()),
            found.model_dump(mode="json", exclude_none=True),
            datetime.now(UTC),
        )
