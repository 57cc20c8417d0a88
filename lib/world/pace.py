"""How fast one visitor may act: actions that cost the others something are throttled *(ours)*.

A person never notices. Callers that are faster than people have to wait: the gesture is carried out
later, in the thread of their own session, and everybody else is served meanwhile.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from lib.token_bucket import TokenBucket


class Limit(NamedTuple):
    """So many of a kind a second on average, and so many at once."""

    a_second: float
    at_once: int


# By session: a run of a page, which every gesture causes; a panel that is drawn again; becoming
# another person, which opens a world; a passphrase or a room's code.
# By world: a completed task, which waits for its effect; work in the background, such as checks,
# previews, publishing, test interventions, broken events and resets.
PACES = {
    "run": Limit(5, 40),
    "panel": Limit(20, 100),
    "person": Limit(1, 10),
    "try": Limit(1, 5),
    "task": Limit(5, 20),
    "job": Limit(2, 20),
}


class Pace:
    """The pace of one session or world."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._wait = wait or threading.Event().wait
        self._buckets = {
            kind: TokenBucket(limit.a_second, limit.at_once, monotonic)
            for kind, limit in PACES.items()
        }

    def hold(self, kind: str) -> None:
        """Wait until one more of a kind is allowed."""
        seconds = self._buckets[kind].reserve(1)
        if seconds > 0:
            self._wait(seconds)
