"""From `streamlit run` to the first complete page, beside an app that only imports the same."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from statistics import median

from benchmarks.app_server import Served, TimedSession, other_app, project_app
from benchmarks.report import Line

STARTS = 5
RATIO = 1.3


def lines() -> list[Line]:
    """The two in turns, so that both have the same machine; the medians."""
    ours, theirs = [], []
    for _ in range(STARTS):
        ours.append(_seconds(project_app))
        theirs.append(_seconds(partial(other_app, "imports_app.py")))
    start, baseline = median(ours), median(theirs)
    return [
        Line(
            "`streamlit run` to the first complete page",
            f"≤ {RATIO} × an app that only imports the same packages",
            f"{start:.2f} s, {start / baseline:.2f} ×",
            f"{baseline:.2f} s",
            start / baseline <= RATIO,
        )
    ]


def _seconds(app: Callable[[], AbstractContextManager[Served]]) -> float:
    began = time.perf_counter()
    with app() as served, TimedSession.open(served.url) as session:
        session.wait_until_shown("complete_task")
        return time.perf_counter() - began


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
