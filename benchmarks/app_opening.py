"""Many people open the board: how long the first page takes, and what open tabs cost.

"First complete page" is from opening the WebSocket to the end of the first run, with the button to
complete a task on the page; a browser's download of Streamlit's frontend is not in it.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from benchmarks.app_server import Served, TimedSession, other_app, pause_until, project_app
from benchmarks.report import Line, percentile
from tests.support.processes import cpu_seconds, memory_mb

ARRIVALS = 100
ARRIVE_WITHIN_SECONDS = 2.0
ARRIVAL_P95_MS = 600.0
WARM = 20
MANY = 200
MEMORY_EACH_MB = 0.5
MEMORY_IN_ALL_MB = 450.0
CALM_AFTER_SECONDS = 75.0
IDLE_SECONDS = 30.0
IDLE_CORES = 0.3


def lines() -> list[Line]:
    """People who arrive at once, then what open tabs cost."""
    return [_arrivals(), *_open_tabs()]


def _arrivals() -> Line:
    with project_app() as app:
        ours = _first_pages(app)
    with other_app("bare_app.py") as bare:
        theirs = _first_pages(bare)
    p95, bare_p95 = (1000 * percentile(values, 95) for values in (ours, theirs))
    return Line(
        f"{ARRIVALS} people open the link within two seconds, to the first complete page",
        f"p95 ≤ {ARRIVAL_P95_MS:.0f} ms",
        f"p95 {p95:.0f} ms",
        f"a bare default app: p95 {bare_p95:,.0f} ms",
        p95 <= ARRIVAL_P95_MS,
    )


def _first_pages(app: Served) -> list[float]:
    _wait_for_first_page(app)  # the first session of a process imports what pages need
    begin = time.perf_counter() + 0.5
    moments = [begin + ARRIVE_WITHIN_SECONDS * i / ARRIVALS for i in range(ARRIVALS)]
    with ExitStack() as tabs, ThreadPoolExecutor(ARRIVALS) as pool:
        return list(pool.map(partial(_first_page_seconds, app, tabs), moments))


def _first_page_seconds(app: Served, tabs: ExitStack, moment: float) -> float:
    pause_until(moment)
    began = time.perf_counter()
    session = tabs.enter_context(TimedSession.open(app.url))
    session.wait_until_shown("complete_task")
    return time.perf_counter() - began


def _wait_for_first_page(app: Served) -> None:
    with TimedSession.open(app.url) as session:
        session.wait_until_shown("complete_task")


def _open_tabs() -> list[Line]:
    with project_app() as app, ExitStack() as tabs:
        _open(app, WARM, tabs)
        before = memory_mb(app.process)
        _open(app, MANY - WARM, tabs)
        after, in_all = memory_mb(app.process), app.process.memory_info().rss / 1e6
        each = (after - before) / (MANY - WARM)
        cores = _idle_cores(app)
    return [
        Line(
            "memory for each additional session on the board",
            f"≤ {MEMORY_EACH_MB} MB",
            f"{each:.2f} MB",
            "",
            each <= MEMORY_EACH_MB,
        ),
        Line(
            f"memory of the whole process with {MANY} sessions on the board",
            f"≤ {MEMORY_IN_ALL_MB:.0f} MB",
            f"{in_all:.0f} MB",
            "",
            in_all <= MEMORY_IN_ALL_MB,
        ),
        Line(
            f"CPU of {MANY} open, idle sessions on the board",
            f"≤ {IDLE_CORES:.0%} of one core",
            f"{cores:.0%}",
            "",
            cores <= IDLE_CORES,
        ),
    ]


def _open(app: Served, people: int, tabs: ExitStack) -> None:
    for _ in range(people):
        session = tabs.enter_context(TimedSession.open(app.url))
        session.wait_until_shown("complete_task")


def _idle_cores(app: Served) -> float:
    """The share of a core that the app uses while nobody does anything, after a minute of that."""
    pause = threading.Event()
    pause.wait(CALM_AFTER_SECONDS)
    began, used = time.perf_counter(), cpu_seconds(app.process)
    pause.wait(IDLE_SECONDS)
    return (cpu_seconds(app.process) - used) / (time.perf_counter() - began)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
