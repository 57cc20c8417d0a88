"""Moving the sandbox's clock, so that people can watch a window of seven days empty.

Snowplow has no such clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from lib.connection.backend import Connection
from lib.connection.sandbox_inspector import SandboxInspector
from lib.world.polling import Polling

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Jump:
    """One way to move the clock: by how much, and what to call it."""

    key: str
    label: str
    by: timedelta


def steps(period: timedelta) -> list[Jump]:
    """An hour, a day, and the whole period of the attributes."""
    return [
        Jump("forward_hour", "1 hour", HOUR),
        Jump("forward_day", "1 day", DAY),
        Jump("forward_period", "Whole period", period + MOMENT),
    ]


class SandboxTime:
    """Moves the clock of one user's sandbox. `inspector` is None on Snowplow, which has no such
    clock."""

    def __init__(self, inspector: SandboxInspector | None, polling: Polling) -> None:
        self._inspector = inspector
        self._polling = polling

    def forward(self, by: timedelta) -> None:
        """Move the clock forward. Raises `ClockLimit` and `httpx.HTTPError`."""
        with self._moving() as inspector:
            inspector.forward(by)

    def back_to_now(self) -> None:
        """Set the clock back: what happened is gone, the definitions and the project stay.

        Raises `httpx.HTTPError`.
        """
        self._polling.refresh()
        if self._polling.seen.ahead:  # if somebody else was faster, keep what happened since
            with self._moving() as inspector:
                inspector.back_to_now()

    @contextmanager
    def _moving(self) -> Iterator[SandboxInspector]:
        if self._inspector is None:
            raise ValueError("Only the sandbox has a clock that can be moved.")
        try:
            yield self._inspector
        finally:
            self._polling.stir()
            self._polling.refresh()


def read_ahead(connection: Connection, has_asked: bool) -> timedelta:
    """How far ahead the sandbox's clock is: as the last answer said if it was just asked, else by
    asking. Zero on Snowplow."""
    said = connection.api_client.sandbox_ahead if has_asked else None
    if said is not None:
        return said
    return connection.inspector.clock().ahead if connection.inspector else timedelta(0)
