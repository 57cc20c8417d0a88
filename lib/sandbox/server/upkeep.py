"""What is done once a second while a server runs: its file is synced and checked, and what memory
has no room for is closed."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from lib.sandbox.limits import SYNC_SECONDS
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.storage.database_file import DatabaseFile

log = logging.getLogger(__name__)


@asynccontextmanager
async def upkeep(app: FastAPI) -> AsyncIterator[None]:
    """Keeps the file of the application's sandboxes, from its start to its end."""
    sandboxes: Sandboxes = app.state.sandboxes
    file = sandboxes.store.file
    keeping = asyncio.create_task(keep(file, sandboxes.close_some))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        with suppress(sqlite3.Error):  # it was logged, or clients were told
            file.keep()


async def keep(file: DatabaseFile, close_some: Callable[[], None] = lambda: None) -> None:
    """Keep a file until there is trouble with it, which is logged once.

    A disk may take its time, so another thread waits for it. `close_some` makes room in memory.
    """
    while not file.trouble:
        await asyncio.sleep(SYNC_SECONDS)
        close_some()
        try:
            await asyncio.to_thread(file.keep)
        except sqlite3.Error as error:
            log.error("The sandbox cannot use its database: %s", error)
