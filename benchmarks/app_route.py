"""How long a click takes while somebody else does all that they can to the address for code.

One person clicks on "Complete task", first with the app to themselves, then while a process of its
own, with an address of its own, floods that address, guesses others, holds streams and sends bodies
byte by byte: see `route_spoilers`. Measured is the time from the click to the end of its run.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.app_clicks import next_button, publish
from benchmarks.app_server import Served, TimedSession, pause_until, project_app
from benchmarks.report import Line, percentile
from tests.support.code_address import shown_address, token_on

CLICKS = 60
WARM_UP = 10
BREATH_SECONDS = 0.25
RATIO = 2.0


def lines() -> list[Line]:
    """One line, with and without the hostile client in one run of the app."""
    with project_app() as app, TimedSession.open(app.url) as session:
        publish(session)
        _click_seconds(session, WARM_UP)
        quiet = 1000 * percentile(_click_seconds(session, CLICKS), 95)
        with _hostile_client(app):
            spoiled = 1000 * percentile(_click_seconds(session, CLICKS), 95)
    return [
        Line(
            "a click while a hostile client does all it can to the address for code",
            f"p95 ≤ {RATIO:.0f} × that without it",
            f"p95 {spoiled:.0f} ms, {spoiled / quiet:.1f} × without it",
            f"without it: p95 {quiet:.0f} ms",
            spoiled <= RATIO * quiet,
        )
    ]


@contextmanager
def _hostile_client(app: Served) -> Iterator[None]:
    """Somebody who has a sandbox of their own here, and its address."""
    with shown_address(app.url) as page:
        port = app.url.rpartition(":")[2]
        command = [sys.executable, "-m", "benchmarks.route_spoilers", port, token_on(page)]
        with subprocess.Popen(command) as process:
            pause_until(time.perf_counter() + 2.0)
            try:
                yield
                assert process.poll() is None, "the hostile client gave up"
            finally:
                process.kill()


def _click_seconds(session: TimedSession, clicks: int) -> list[float]:
    """How long each click took until the page was there."""
    seconds = []
    for _ in range(clicks):
        pause_until(time.perf_counter() + BREATH_SECONDS)
        began = time.perf_counter()
        session.click_and_wait(next_button(session))
        seconds.append(time.perf_counter() - began)
    return seconds
