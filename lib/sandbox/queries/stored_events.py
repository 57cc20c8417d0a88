"""The stored events of a sandbox, read and enriched a few at a time.

Nobody has to hold all of them in memory, and others have their turns in between.
"""

from collections.abc import AsyncIterator

from lib.sandbox.limits import ANSWER_BYTES
from lib.sandbox.pipeline.events import KeptEvent
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import MAX_SEQ, FailedEventRow

EVENTS_AT_ONCE = 200


async def newest_first(
    sandbox: Sandbox,
    pauses: Pauses,
    limit: int,
    *,
    since: int = 0,
    session_id: str | None = None,
    most_bytes: int = ANSWER_BYTES,
) -> AsyncIterator[KeptEvent]:
    """The newest accepted events, newest first: `limit` of them, or so many bytes *(ours)*.

    Only those collected from `since` (ms UTC) on, and of one session if one is given.
    """
    before: int | None = None
    while limit > 0 and most_bytes > 0:
        at_once = min(limit, EVENTS_AT_ONCE)
        rows = sandbox.store.events_before(sandbox.id, before, at_once, since, session_id)
        for row in rows:
            before, limit, most_bytes = row.seq, limit - 1, most_bytes - len(row.payload)
            kept = sandbox.kept_event(row)
            if kept is not None and most_bytes > 0:
                yield kept
            await pauses.take()
        if not rows:
            return


async def failed_newest_first(
    sandbox: Sandbox, pauses: Pauses, limit: int
) -> AsyncIterator[FailedEventRow]:
    """The newest failed events, newest first."""
    before = MAX_SEQ
    while rows := sandbox.store.failed_events(sandbox.id, min(limit, EVENTS_AT_ONCE), before):
        for row in rows:
            yield row
            await pauses.take()
        limit, before = limit - len(rows), rows[-1].seq


async def oldest_first(
    sandbox: Sandbox, pauses: Pauses, limit: int, *, since: int = 0
) -> AsyncIterator[KeptEvent]:
    """The newest accepted events, up to `limit`, the oldest of them first."""
    after = sandbox.store.seq_before_newest(sandbox.id, limit)
    while rows := sandbox.store.events_after(sandbox.id, after, EVENTS_AT_ONCE, since):
        for row in rows:
            after = row.seq
            kept = sandbox.kept_event(row)
            if kept is not None:
                yield kept
            await pauses.take()
