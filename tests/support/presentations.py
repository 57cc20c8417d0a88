"""Pages in front of an audience."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import session
from tests.support.steps import go_to, world

OpenApp = Callable[..., AppTest]


@pytest.fixture
def presenter(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session on the machine that the app runs on, which has opened its room."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)
    return go_to(open_app(), "presenter")


def guest_of(presenter: AppTest, open_app: OpenApp) -> AppTest:
    room = session.process().rooms.find(world(presenter).connection.place)
    assert room is not None and room.code is not None
    return open_app(sandbox=room.code)


def on_stage(open_app: OpenApp) -> AppTest:
    return open_app(mode="presentation")
