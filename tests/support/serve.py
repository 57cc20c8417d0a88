"""The app with a sandbox that crashes on request: `python tests/support/serve.py PORT`.

It does what `streamlit run app.py` does. On SIGUSR1 the loop of the embedded sandbox raises
something that nobody expected, so that its thread dies with all requests and streams that are open.
What is said of that one exception, and of the requests that it ended, is kept out of the log: it is
this file's own.
"""

import logging
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from streamlit.web import cli

ROOT = Path(__file__).parent.parent.parent
os.chdir(ROOT)  # where .streamlit/config.toml is
sys.path.insert(0, str(ROOT))

from lib.connection import backend as connection  # noqa: E402

if TYPE_CHECKING:
    from lib.sandbox.server.serving import EmbeddedServer

# What a request ends with while the loop that answers it dies.
CUT_OFF = ("asyncio.exceptions.CancelledError", "the handler is closed")

running: "list[EmbeddedServer]" = []
start_sandbox = connection.start_sandbox


class Crash(RuntimeError):
    """What the sandbox's thread dies of."""


def start_known(*arguments: Any) -> "EmbeddedServer":
    """Start a sandbox and remember it as the one that runs."""
    running[:] = [start_sandbox(*arguments)]
    return running[0]


def crash(_number: int, _frame: FrameType | None) -> None:
    """Have the loop of the sandbox that runs fail."""

    async def fail(_counter: int) -> bool:
        raise Crash

    running[0].server.on_tick = fail  # type: ignore[method-assign]


def tell(arguments: threading.ExceptHookArgs) -> None:
    """As Python does, of every thread that died but those that were to."""
    if not issubclass(arguments.exc_type, Crash):
        threading.__excepthook__(arguments)


class CrashFilter(logging.Filter):
    """Keeps out what is said of requests that the crash ended, or kept from beginning."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = logging.Formatter().format(record)
        is_unbegun = said.startswith("Task was destroyed") and "run_asgi()" in said
        is_cut_off = said.endswith(CUT_OFF)
        return "raise Crash" not in said and not is_unbegun and not is_cut_off


if __name__ == "__main__":
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(CrashFilter())
    connection.start_sandbox = start_known
    warnings.filterwarnings("ignore", "coroutine 'RequestResponseCycle.run_asgi' was never")
    threading.excepthook = tell
    signal.signal(signal.SIGUSR1, crash)
    options = {
        "server.port": sys.argv[1],
        "server.address": "localhost",
        "server.headless": "true",
        "browser.serverAddress": "localhost",
    }
    cli.main(["run", "app.py", *(f"--{name}={value}" for name, value in options.items())])
