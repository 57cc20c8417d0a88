"""Pauses in a long computation, so that others have their turns, and its limit."""

import asyncio
import time
from collections.abc import Callable

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import COMPUTING_SECONDS

TURN_SECONDS = 0.02


class Pauses:
    """The pauses of one request.

    `monotonic` returns seconds; only those count in which this request computes, up to `most`
    of them, by default `COMPUTING_SECONDS`.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        most: float | None = None,
    ) -> None:
        self._monotonic = monotonic
        self._most = COMPUTING_SECONDS if most is None else most
        self._computed = 0.0
        self._resumed = monotonic()

    async def take(self) -> bool:
        """Let others have their turn, if this one has lasted long enough; returns whether it did.

        Raises InvalidDefinition once the request has computed for `most` seconds *(ours)*.
        """
        lasted = self._monotonic() - self._resumed
        if lasted < TURN_SECONDS:
            return False
        self._computed += lasted
        if self._computed > self._most:
            raise InvalidDefinition(
                (
                    ["body"],
                    f"this request has computed for {self._most:g} seconds, which is the limit."
                    " Narrow it: a shorter window, or fewer identifiers or attributes.",
                )
            )
        await asyncio.sleep(0)
        self._resumed = self._monotonic()
        return True
