"""Pages in front of an audience."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.people.room import Room
from lib.ui import session
from tests.support.steps import go_to, world

OpenApp = Callable[..., AppTest]


@pytest.fixture
def presenter(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session on the machine that the app runs on, which has opened its room."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    return go_to(open_app(), "presenter")


def room_of(at: AppTest) -> Room:
    found = session.process().rooms.find(world(at).connection.place)
    assert found is not None
    return found


def members(at: AppTest) -> list[tuple[str, str, str]]:
    """The table of those in the room: name, tasks, here or left."""
    (table,) = at.table
    return [(row.iloc[0], row.iloc[2], row.iloc[4]) for _, row in table.value.iterrows()]


def guest_of(presenter: AppTest, open_app: OpenApp) -> AppTest:
    return open_app(sandbox=room_of(presenter).code)


def on_stage(open_app: OpenApp) -> AppTest:
    return open_app(mode="presentation")
