"""The app and what it is compared with, served, and timed sessions of their pages.

A session speaks Streamlit's own protocol over a WebSocket, as a browser does; see
`tests/support/sessions.py`.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.processes import ROOT, running
from tests.support.servers import free_port
from tests.support.sessions import BrowserSession

SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """A running app."""

    url: str
    process: psutil.Process
    log: Path

    @property
    def sandbox_url(self) -> str:
        """Where its embedded sandbox answers: the other port that it listens on."""
        listening = [
            each for each in self.process.net_connections("tcp") if each.status == "LISTEN"
        ]
        ports = {each.laddr.port for each in listening} - {int(self.url.rpartition(":")[2])}
        return f"http://127.0.0.1:{ports.pop()}"


@contextmanager
def project_app() -> Iterator[Served]:
    """This project's app, as `make demo` serves it, on a sandbox of its own."""
    with _folder() as folder:
        database = str(folder / "sandbox.db")
        yield from _served(ROOT, "app.py", folder, SANDBOX_DB=database)


@contextmanager
def other_app(name: str, *, is_configured: bool = False) -> Iterator[Served]:
    """One of the baselines, alone in a folder, with Streamlit's default settings or with ours."""
    with _folder() as folder:
        shutil.copy(Path(__file__).parent / name, folder)
        if is_configured:
            shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
        yield from _served(folder, name, folder)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def _served(root: Path, script: str, folder: Path, **environment: str) -> Iterator[Served]:
    port = free_port()
    url = f"http://localhost:{port}"
    options = {
        "server.port": port,
        "server.headless": "true",
        "browser.serverAddress": "localhost",
    }
    command = ["-m", "streamlit", "run", script]
    command += [f"--{name}={value}" for name, value in options.items()]
    log = folder / "app.log"
    with running(command, f"{url}/_stcore/health", root, log, **environment) as process:
        yield Served(url, process, log)


class TimedSession(BrowserSession):
    """A session that notes when a text first reaches it, on the clock of `time.perf_counter`."""

    _awaited = b""
    _seen_at: float | None = None

    def time_until(self, key: str, text: str) -> float:
        """Click on a button; the seconds until an element with this text arrives.

        Raises `TimeoutError`.
        """
        with self._changed:
            self._awaited, self._seen_at = text.encode(), None
        began = time.perf_counter()
        self.click(key)
        self.wait_for(lambda: self._seen_at is not None, SECONDS)
        assert self._seen_at is not None
        return self._seen_at - began

    def click_and_wait(self, key: str) -> None:
        """Click on a button and wait for the end of the run."""
        self.click(key)
        self.wait_until_run(SECONDS)

    def wait_until_shown(self, key: str) -> None:
        """Wait until a whole page with this button is there."""
        self.wait_until_run(SECONDS)
        self.wait_for(lambda: key in self.buttons(), SECONDS)

    def _apply(self, message: ForwardMsg) -> None:
        super()._apply(message)
        is_awaiting = bool(self._awaited) and self._seen_at is None
        if is_awaiting and self._awaited in message.SerializeToString():
            self._seen_at = time.perf_counter()


def pause_until(moment: float) -> None:
    """Wait for a moment of `time.perf_counter`, the pace of the load."""
    threading.Event().wait(max(0.0, moment - time.perf_counter()))
