"""Work that nobody should wait for, in its own thread, which ends with it.

Not a pool: a pool keeps its threads, one slow collector would delay everybody's events, and a
process that is told to stop would wait for them.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_background(name: str, work: Callable[[], Result]) -> Future[Result]:
    """Start the work in a daemon thread; the future has its result, or what it raised."""
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
