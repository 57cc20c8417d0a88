"""How many files this process may still open. Each visitor takes about six of them: connections of
the browser and of the subscription, and Streamlit's event loop.

A process that has none left cannot answer anybody, and gives no sign of it. macOS allows 256 at
first, and lets every process raise that itself.
"""

import os
import sys

if sys.platform != "win32":
    import resource

ENOUGH = 65_536  # for ten thousand visitors
OPEN_FILES = "/dev/fd"  # one entry for each, on Linux and macOS


def raise_limit() -> None:
    """Raise this process's own limit as far as it may, or to ENOUGH. Windows has no such limit."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def files_left() -> int:
    """How many more files this process may open; ENOUGH where there is no limit."""
    if sys.platform == "win32":
        return ENOUGH
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return ENOUGH
    try:
        return soft - len(os.listdir(OPEN_FILES))
    except OSError:  # listing takes a file itself
        return 0
