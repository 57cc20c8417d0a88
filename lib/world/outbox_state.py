"""The events that were tracked and not sent yet, as the app's file keeps them."""

from collections.abc import Iterable
from typing import Any

import orjson

from lib.world.app_file import AppFile


class OutboxState:
    """All outboxes in the app's file: each belongs to a world."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def events(self, world: str, at_most: int = -1) -> list[dict[str, Any]]:
        """The events that wait to be sent, oldest first; all of them by default."""
        query = "SELECT body FROM outbox WHERE world = ? ORDER BY seq LIMIT ?"
        return [orjson.loads(body) for (body,) in self._file.rows(query, world, at_most)]

    def size(self, world: str) -> int:
        """How many events wait to be sent."""
        ((size,),) = self._file.rows("SELECT count(*) FROM outbox WHERE world = ?", world)
        return int(size)

    def bytes(self, world: str) -> int:
        """How many bytes the events have that wait to be sent."""
        query = "SELECT coalesce(sum(length(body)), 0) FROM outbox WHERE world = ?"
        ((size,),) = self._file.rows(query, world)
        return int(size)

    def worlds(self) -> list[str]:
        """The worlds that have events to be sent, those that wait longest first."""
        rows = self._file.rows("SELECT world FROM outbox GROUP BY world ORDER BY min(seq)")
        return [str(world) for (world,) in rows]

    def add(self, world: str, event_id: str, event: dict[str, Any]) -> None:
        """Keep an event until it is sent, and what `AppState.with_event` has noted with it."""
        query = "INSERT OR IGNORE INTO outbox (world, event_id, body) VALUES (?, ?, ?)"
        self._file.write_all((query, (world, event_id, orjson.dumps(event))))

    def remove(self, world: str, event_ids: Iterable[str]) -> None:
        """Forget events that were sent, or refused permanently."""
        query = "DELETE FROM outbox WHERE world = ? AND event_id = ?"
        self._file.write([(query, (world, event_id)) for event_id in event_ids])
