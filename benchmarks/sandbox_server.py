"""The sandbox as the app embeds it, in a process of its own.

`python -m benchmarks.sandbox_server PORT FILE`; it serves until it is terminated.
"""

import gc
import sys
import threading
from pathlib import Path

from lib.sandbox.server.serving import EmbeddedServer

if __name__ == "__main__":
    EmbeddedServer(Path(sys.argv[2]), port=int(sys.argv[1]))
    gc.collect()
    gc.freeze()  # as the app does: see lib/ui/session.py
    threading.Event().wait()
