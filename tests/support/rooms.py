"""Rooms in an app's file of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.people.room import Rooms
from lib.world.app_state import AppState

TOKEN_OF_ROOM = "Zr8h_q3kTn2Lw5Vd-0xYb1Gs7uMaPcJe"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[AppState]:
    state = AppState(tmp_path / "app.db")
    yield state
    state.close()


@pytest.fixture
def rooms(state: AppState) -> Rooms:
    return Rooms(state)
