"""The app as a process of its own."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from tests.support.servers import free_port

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 300.0  # however slow the machine is
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG", "VIRTUAL_ENV")


class Server:
    """`streamlit run app.py`, with nothing configured but the file that the sandbox keeps.

    `files` is how many files it may have open; None leaves the limit as it is. Without `address`,
    it listens on all addresses.
    """

    def __init__(
        self, database: Path, files: int | None = None, address: str | None = "localhost"
    ) -> None:
        self._files = files
        self._address = address
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = database.with_suffix(".log")
        self._environment = {
            name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ
        }
        self._environment["SANDBOX_DB"] = str(database)
        self.start()

    def start(self) -> None:
        """Start it, on the same port and file as before, and wait until it answers."""
        options = {
            "server.port": self.port,
            "server.headless": "true",
            "browser.serverAddress": "localhost",
        }
        if self._address is not None:
            options["server.address"] = self._address
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        if self._files is not None:
            command = ["sh", "-c", f'ulimit -n {self._files}; exec "$@"', "sh", *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command + [f"--{name}={value}" for name, value in options.items()],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        pause = threading.Event()
        tries = (self._is_healthy() or pause.wait(0.05) for _ in range(int(START_SECONDS / 0.05)))
        assert any(tries), f"the app did not start: {self.log.read_text()}"

    def kill(self) -> None:
        """As a crash would end it."""
        self._process.kill()
        self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_stcore/health", trust_env=False).is_success
        except httpx.TransportError:
            return False
