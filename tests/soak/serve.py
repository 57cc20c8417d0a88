"""The app with a sandbox that crashes on request: `python tests/soak/serve.py PORT`.

On SIGUSR1 the thread of the embedded sandbox ends as if its loop had failed. The rest is what
`streamlit run app.py` does.
"""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from streamlit.web import cli

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from lib import connection  # noqa: E402

running: list[Any] = []
start_sandbox = connection.start_sandbox


def start_known(*arguments: Any) -> Any:
    """Start a sandbox and remember it as the one that runs."""
    running[:] = [start_sandbox(*arguments)]
    return running[0]


def crash(_number: int, _frame: FrameType | None) -> None:
    """End the sandbox's thread without its owner having stopped it."""
    for server in running:
        server._server.should_exit = True


if __name__ == "__main__":
    connection.start_sandbox = start_known
    signal.signal(signal.SIGUSR1, crash)
    options = {
        "server.port": sys.argv[1],
        "server.address": "localhost",
        "server.headless": "true",
        "browser.serverAddress": "localhost",
    }
    cli.main(
        ["run", str(ROOT / "app.py"), *(f"--{name}={value}" for name, value in options.items())]
    )
