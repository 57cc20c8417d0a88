"""The bodies of all requests under way, in bytes: how much they may hold together *(ours)*.

Somebody who sends bodies that never end must not use up what all share. So the body that has been
arriving for longest gives way; an honest one has arrived long before that.
"""

import asyncio
from collections import Counter

from lib.sandbox.limits import BODIES_BYTES, BODIES_BYTES_OF_ONE, LARGE_BODIES_AT_ONCE


class Body:
    """One body under way; `owners` are the sandbox and the address that it counts for."""

    def __init__(self, owners: tuple[str, ...]) -> None:
        self.owners = owners
        self.size = 0
        self.gave_way = False
        self.wait: asyncio.Timeout | None = None  # for its next part
        self.has_turn = False

    def give_way(self) -> None:
        """Stop waiting for the rest."""
        self.gave_way = True
        if self.wait is not None:
            self.wait.reschedule(asyncio.get_running_loop().time())


class Bodies:
    """The bodies under way in one server."""

    def __init__(self) -> None:
        self._arriving: dict[Body, None] = {}
        self._bytes = 0
        self._bytes_of: Counter[str] = Counter()
        self._turns = asyncio.Semaphore(LARGE_BODIES_AT_ONCE)

    def add(self, body: Body, size: int) -> bool:
        """Whether there is room for `size` more bytes of a body; others may have to give way."""
        self._arriving.setdefault(body)
        while self._bytes + size > BODIES_BYTES:
            if not self._oldest_gives_way(body, None):
                return False
        for owner in body.owners:
            while self._bytes_of[owner] + size > BODIES_BYTES_OF_ONE:
                if not self._oldest_gives_way(body, owner):
                    return False
        self._count(body, size)
        return True

    def arrived(self, body: Body) -> None:
        """A body is complete, and no longer has to give way."""
        self._arriving.pop(body, None)

    async def take_turn(self, body: Body) -> None:
        """Wait until few enough large bodies are being read."""
        await self._turns.acquire()
        body.has_turn = True

    def end_turn(self, body: Body) -> None:
        """The body was read, and is being answered."""
        if body.has_turn:
            body.has_turn = False
            self._turns.release()

    def gone(self, body: Body) -> None:
        """The request is answered, or was given up."""
        self.end_turn(body)
        self.arrived(body)
        self._count(body, -body.size)

    def _oldest_gives_way(self, newcomer: Body, owner: str | None) -> bool:
        """Whether there was a body of this owner, or of anybody, that has not arrived."""
        for body in self._arriving:
            if body is not newcomer and body.size and (owner is None or owner in body.owners):
                body.give_way()
                self.gone(body)
                return True
        return False

    def _count(self, body: Body, size: int) -> None:
        body.size += size
        self._bytes += size
        for owner in body.owners:
            self._bytes_of[owner] += size
            if not self._bytes_of[owner]:
                del self._bytes_of[owner]
