"""What tests of the whole app share: a clean environment, and the app as AppTest runs it."""

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from requests import certs
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.testing.v1 import AppTest, app_test, local_script_runner
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from lib.connection.settings import KEYS
from lib.ui import sandbox_route, session
from lib.world import jobs, polling, settling
from tests.support.app_server import Server
from tests.support.waiting import PATIENCE_SECONDS

APP = Path(__file__).parent.parent / "frame.py"

# How fast examples are made says how busy the machine is, and nothing about the app.
settings.register_profile("unhurried", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("unhurried")


# Each AppTest reads about every installed package whether there is a component in it: half of the
# time of most tests. What is installed stays the same.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# Each run of an AppTest compiles the scripts anew; a server does it once. A fifth of the time.
app_test.ScriptCache = local_script_runner.ScriptCache = cache(app_test.ScriptCache)


def wait_until_stopped(runner: LocalScriptRunner, timeout: float) -> None:
    """Wait for a run of an AppTest, which would look a thousand times a second whether it is over:
    a tenth of the time."""
    stopped = threading.Event()

    def note(_: object, event: ScriptRunnerEvent, **__: object) -> None:
        if event is ScriptRunnerEvent.SHUTDOWN:
            stopped.set()

    runner.on_event.connect(note)
    if not runner.script_stopped() and not stopped.wait(timeout):
        look_until_stopped(runner, 0.0)  # says that it took too long


look_until_stopped = local_script_runner.require_widgets_deltas
local_script_runner.require_widgets_deltas = wait_until_stopped


# The Signals SDK makes an HTTP client for every call, and each loads all certificate authorities:
# more than half of the time of the sandbox's tests, which need none. These files stay the same.
SAME_AUTHORITIES = {certs.where(), os.environ.get("SSL_CERT_FILE", certs.where())}
load_authorities = ssl.create_default_context
load_same_authorities = cache(load_authorities)


def loaded_once(*arguments: Any, **options: Any) -> ssl.SSLContext:
    is_same = not arguments and options.get("cafile") in SAME_AUTHORITIES
    return (load_same_authorities if is_same else load_authorities)(*arguments, **options)


ssl.create_default_context = loaded_once


def leave_world() -> None:
    """The script of a session that ends: it looks at no world any more."""
    from lib.ui import session

    session._membership.clear()


# Measuring doubles what a test costs. These reach hardly a line that the others do not: most of
# what they call runs in another process, they search again through what others call once, or
# generated input goes where examples went.
NOT_MEASURED = (
    "browser",
    "foreign",
    "fuzz",
    "repository",
    "sandbox/isolation",
    "scenarios/test_secrets.py",
    "soak",
    "support",
    "ui/test_roles.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests out of the measurement of coverage that would only take longer for it."""
    outside = [Path(__file__).parent / each for each in NOT_MEASURED]
    for item in items:
        is_outside = any(item.path.is_relative_to(each) for each in outside)
        if is_outside or item.get_closest_marker("hypothesis") is not None:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as a process, started once for the files that need no other; nobody may stop it."""
    server = Server(tmp_path_factory.mktemp("app") / "sandbox.db")
    yield server
    server.kill()


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """No settings from anywhere but what the test sets, and a process of its own."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("SANDBOX_DB", str(tmp_path / "sandbox.db"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)  # however busy the machine is
    monkeypatch.setattr(polling, "FIRST_LOOK_SECONDS", 5.0)
    monkeypatch.setattr(jobs, "PAGE_WAITS_SECONDS", 5.0)
    yield monkeypatch
    AppTest.from_function(leave_world).run()  # a session's cache can be cleared in a session only
    session.process.clear()


@pytest.fixture
def open_app(unconfigured: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the app as a browser would: `open_app(user=..., sandbox=...)`.

    Each call is a browser session with a state of its own; to Streamlit's caches all are one.
    """
    _ignore_the_folder_called_pages(unconfigured)
    unconfigured.setattr(sandbox_route, "is_served", lambda: True)

    def opened(**query: str) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=PATIENCE_SECONDS)
        for name, value in query.items():
            at.query_params[name] = value
        return at.run()

    return opened


def _ignore_the_folder_called_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server forgets that there is a folder called pages/ once `st.navigation` has run; AppTest
    finds it again before each run, and would run the page without app.py around it."""
    find = PagesManager.__init__

    def init(self: PagesManager, *arguments: Any, **options: Any) -> None:
        find(self, *arguments, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)
