"""What one click on "Complete task" costs the app's process, and how many messages it sends.

Fifty sessions click every two seconds, each in a sandbox of its own, and the processor time of
everything that the process does meanwhile is shared among their clicks: the script, what it sends,
the tracker, the sandbox and the ticks. The baseline is a page of one button and one metric, under
the same configuration. Messages are those of one session that is alone.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.app_clicks import next_button, publish
from benchmarks.app_server import Served, TimedSession, other_app, pause_until, project_app
from benchmarks.report import Line, percentile

SESSIONS = 50
PACE_SECONDS = 2.0
CLICKS = 8
CLICKS_ALONE = 20
SETTLED_SECONDS = 1.5  # longer than the tick that would draw the page once more
MAX_RATIO = 3.0
MAX_MESSAGES = 25


class CountingSession(TimedSession):
    """A session that counts what it is sent."""

    messages = 0

    def _apply(self, message: ForwardMsg) -> None:
        self.messages += 1
        super()._apply(message)


def lines() -> list[Line]:
    """The processor time of a click, and its messages."""
    with project_app() as app:
        messages = _messages(app)
        ours = milliseconds(app, publish)
    with other_app("bare_page.py", is_configured=True) as bare:
        theirs = milliseconds(bare, lambda session: session.wait_until_shown("complete_task"))
    return [
        Line(
            f"processor time of one click, everything included, {SESSIONS} sessions",
            f"≤ {MAX_RATIO:g} × a page of one button and one metric",
            f"{ours:.1f} ms, {ours / theirs:.1f} ×",
            f"{theirs:.1f} ms",
            ours <= MAX_RATIO * theirs,
        ),
        Line(
            "messages that a click sends to the browser",
            f"≤ {MAX_MESSAGES}",
            str(messages),
            "",
            messages <= MAX_MESSAGES,
        ),
    ]


def _messages(app: Served) -> int:
    """How many messages a click sends until nothing more comes of it; the median."""
    with CountingSession.open(app.url) as session:
        publish(session)
        counts = []
        for _ in range(CLICKS_ALONE):
            before = session.messages
            session.click_and_wait(next_button(session))
            pause_until(time.perf_counter() + SETTLED_SECONDS)
            counts.append(session.messages - before)
    return int(percentile(counts, 50))


def milliseconds(
    app: Served, begin: Callable[[TimedSession], None], query: Callable[[], str] = lambda: ""
) -> float:
    """The processor time of the app's process for each click, while all sessions click.

    `query` makes the address of each session, and `begin` makes it ready.
    """
    with ExitStack() as tabs, ThreadPoolExecutor(SESSIONS) as pool:
        sessions = [
            tabs.enter_context(TimedSession.open(app.url, query=query())) for _ in range(SESSIONS)
        ]
        for session in sessions:
            begin(session)
        starts_at = time.perf_counter() + PACE_SECONDS
        before = sum(app.process.cpu_times()[:2])
        list(pool.map(partial(_clicks, starts_at), sessions))
        spent = sum(app.process.cpu_times()[:2]) - before
    return 1000 * spent / (SESSIONS * CLICKS)


def _clicks(starts_at: float, session: TimedSession) -> None:
    moment = starts_at + random.uniform(0, PACE_SECONDS)
    for number in range(CLICKS):
        pause_until(moment + number * PACE_SECONDS)
        session.click_and_wait(next_button(session))


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
