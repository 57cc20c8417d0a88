"""Calls that a person asked for and that may take long. They run in the background, one of each
kind at a time, and their results are kept until they are shown."""

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
from lib.world.pace import Pace

PAGE_WAITS_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """One call: `future` has its result, or why it failed, once it is done."""

    name: str
    since: datetime
    future: "Future[tuple[Any, Explanation | None]]"

    @property
    def is_done(self) -> bool:
        return self.future.done()

    @property
    def problem(self) -> Explanation | None:
        """Why it failed; None while it runs, and if it succeeded."""
        return self.future.result()[1] if self.is_done else None

    @property
    def result(self) -> Any:
        """What it returned; None while it runs, and if it failed."""
        return self.future.result()[0] if self.is_done else None

    def wait(self) -> None:
        """Wait as long as a page may. What takes longer is shown once it is there."""
        wait_for([self.future], timeout=PAGE_WAITS_SECONDS)


def _outcome(work: Callable[[], Any]) -> tuple[Any, Explanation | None]:
    """The result, or the failure in words. The exception itself would keep everything alive that
    was in use when it was raised, such as an access token."""
    try:
        return work(), None
    except Exception as error:
        return None, explained(error)


class Jobs:
    """The jobs of one user, at the pace of their world. `on_news` is called when one is done."""

    def __init__(self, on_news: Callable[[], None], pace: Pace | None = None) -> None:
        self._on_news = on_news
        self._pace = pace or Pace()
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def find(self, name: str) -> Job | None:
        """The last job that was started under this name."""
        return self._jobs.get(name)

    def start(self, name: str, work: Callable[[], Any]) -> Job:
        """Start a job, or return the one of this name that is still running.

        Only what is started counts against the pace: a page that is drawn again while its job runs
        must not make the next one wait.
        """
        if running := self._running(name):
            return running
        self._pace.hold("job")
        with self._lock:
            if running := self._running(name):
                return running
            future = in_background(name, partial(_outcome, work))
            job = self._jobs[name] = Job(name, datetime.now(UTC), future)
            future.add_done_callback(lambda _: self._on_news())
            return job

    def _running(self, name: str) -> Job | None:
        job = self._jobs.get(name)
        return job if job is not None and not job.is_done else None
