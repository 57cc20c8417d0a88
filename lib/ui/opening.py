"""What a process does before it serves anybody, so that the first visitor does not wait.

Without it, the first visitor would wait for seconds while Python imports what the pages use, and
would meanwhile see Streamlit's own menu: the names of the files.
"""

import asyncio
import gc
import pkgutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType

import streamlit as st

import lib.charts
import lib.demo
import lib.diagnosis
import lib.people
import lib.story
import lib.ui
from lib.connection.settings import SettingsError
from lib.ui.process import process
from lib.ui.streamlit_internals import (
    ignore_late_ticks,
    insist_on_the_frame,
    look_at_widgets_as_they_are,
    take_widgets_out_of_ticks,
)

ROOMS = (lib.ui, lib.charts, lib.people, lib.story, lib.diagnosis, lib.demo)
"""The rooms that pages import from; these import the rest."""


@asynccontextmanager
async def opened(_app: st.App) -> AsyncIterator[None]:
    """The server's lifespan: everything is imported and open once it answers."""
    insist_on_the_frame()
    ignore_late_ticks()
    take_widgets_out_of_ticks()
    look_at_widgets_as_they_are()
    await asyncio.to_thread(_open)
    yield


def _open() -> None:
    gc.disable()  # imports leave hardly any garbage, and looking for it takes time
    try:
        for room in ROOMS:
            _import_all(room)
        process()
    except (SettingsError, sqlite3.Error, OSError):
        return  # each visitor's run tries again, and says what is wrong
    finally:
        gc.enable()


def _import_all(room: ModuleType) -> None:
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        import_module(module.name)
