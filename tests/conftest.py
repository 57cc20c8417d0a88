"""What tests of the whole app share: a clean environment, and the app as AppTest runs it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import session
from lib.settings import KEYS

APP = Path(__file__).parent.parent / "app.py"


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """No settings from anywhere but what the test sets, and a process of its own."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("SANDBOX_DB", str(tmp_path / "sandbox.db"))
    monkeypatch.chdir(tmp_path)
    yield monkeypatch
    session._membership.clear()
    session.process.clear()


@pytest.fixture
def open_app(unconfigured: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the app as a browser would: `open_app(user=..., sandbox=...)`."""

    def opened(**query: str) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=20)
        for name, value in query.items():
            at.query_params[name] = value
        return at.run()

    return opened


