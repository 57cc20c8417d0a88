"""Calls that a person asked for and that may take long: made in the background, one of a kind at a
time, with what came of them kept until it is shown."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lib.connection.explanations import Explanation, explained
from lib.world.background import in_background

PAGE_WAITS_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """One call: `future` is done when it is, with its result or why it failed."""

    name: str
    since: datetime
    future: "Future[tuple[Any, Explanation | None]]"

    @property
    def is_done(self) -> bool:
        return self.future.done()

    @property
    def problem(self) -> Explanation | None:
        """Why it failed; None while it runs and if it did not."""
        return self.future.result()[1] if self.is_done else None

    @property
    def result(self) -> Any:
        """What it returned; None while it runs and if it failed."""
        return self.future.result()[0] if self.is_done else None

    def wait(self) -> None:
        """Wait as long as a page may: what takes longer is shown when it is there."""
        wait_for([self.future], timeout=PAGE_WAITS_SECONDS)


def _outcome(work: Callable[[], Any]) -> tuple[Any, Explanation | None]:
    """The result, or the failure in words: the exception itself would keep alive all that was in
    use when it was raised, an access token among it."""
    try:
        return work(), None
    except Exception as error:
        return None, explained(error)


class Jobs:
    """The jobs of one user. `on_news` is called when one is done."""

    def __init__(self, on_news: Callable[[], None]) -> None:
        self._on_news = on_news
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def find(self, name: str) -> Job | None:
        """The job of this name that was started last."""
        return self._jobs.get(name)

    def start(self, name: str, work: Callable[[], Any]) -> Job:
        """Start a job; the one of this name that still runs is returned instead."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None or job.is_done:
                future = in_background(name, partial(_outcome, work))
                job = self._jobs[name] = Job(name, datetime.now(UTC), future)
                future.add_done_callback(lambda _: self._on_news())
            return job
