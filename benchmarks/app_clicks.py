"""From a click on "Complete task" to the nudge's text on the page: one session, and many at once.

Sessions speak Streamlit's protocol over WebSockets. Each has a sandbox of its own, publishes, and
completes tasks, the fifth of which brings the nudge. In a crowd each session clicks every two
seconds, from a moment of its own until everybody has had the nudge, so that they are at different
tasks at any time. Measured are the nudges that come when all of them click. The bare app shows the
same text at every fifth click, without anything behind it.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count

from benchmarks.app_server import (
    Served,
    TimedSession,
    other_app,
    pause_until,
    project_app,
)
from benchmarks.report import Line, percentile
from lib.demo.demo_profile import DemoProfile

CLICKS_TO_THE_NUDGE = 5
ROUNDS_ALONE = 20
BREATH_SECONDS = 0.25
CROWD_P95_MS = {50: 150.0, 100: 250.0, 200: 250.0}
COMPARED_AT_MOST = 50  # the bare app takes minutes for more
BESIDE_NOISE = 50
PACE_SECONDS = 2.0
ALL_CLICK_AFTER_SECONDS = 10.0
END_AFTER_SECONDS = ALL_CLICK_AFTER_SECONDS + CLICKS_TO_THE_NUDGE * PACE_SECONDS
ALONE_P95_MS = 60.0
CROWD_RATIO = 0.1
INBOX_ENTRY = f"**{'power_user_nudge'.replace('_', chr(92) + '_')}**"


def lines() -> list[Line]:
    """One session, then the crowds."""
    crowds = (line for people in CROWD_P95_MS for line in _in_a_crowd(people))
    return [_alone(), *crowds, _beside_noise()]


def _alone() -> Line:
    with project_app() as app, TimedSession.open(app.url) as session:
        publish(session)
        ours = [_nudge_seconds(session, _breath) for _ in _rounds(session, ROUNDS_ALONE)]
    with other_app("bare_app.py") as bare, TimedSession.open(bare.url) as session:
        session.wait_until_shown("complete_task")
        theirs = [_nudge_seconds(session, _breath) for _ in range(ROUNDS_ALONE)]
    p50, p95, bare_p50 = (
        1000 * percentile(values, percent)
        for values, percent in ((ours, 50), (ours, 95), (theirs, 50))
    )
    return Line(
        "click on `complete_task` to the nudge's text, one session",
        f"p95 ≤ {ALONE_P95_MS:.0f} ms, p50 ≤ a bare default app's",
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms",
        f"p50 {bare_p50:.0f} ms",
        p95 <= ALONE_P95_MS and p50 <= bare_p50,
    )


def _in_a_crowd(people: int) -> list[Line]:
    with project_app() as app:
        ours, queries = crowd_seconds(app, people, publish)
        nudges = [_received(app, query) for query in queries]
    return [
        _beside_bare(people, ours) if people <= COMPARED_AT_MOST else _by_itself(people, ours),
        Line(
            f"nudges for each user of these {people}",
            "exactly one",
            f"{min(nudges)} to {max(nudges)}",
            "",
            set(nudges) == {1},
        ),
    ]


def _by_itself(people: int, ours: list[float]) -> Line:
    p50, p95 = (1000 * percentile(ours, percent) for percent in (50, 95))
    return Line(
        f"the same, {people} sessions that click every two seconds",
        f"p95 ≤ {CROWD_P95_MS[people]:.0f} ms",
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms",
        "",
        p95 <= CROWD_P95_MS[people],
    )


def _beside_bare(people: int, ours: list[float]) -> Line:
    """The same line, compared with the bare app."""
    with other_app("bare_app.py") as bare:
        theirs, _ = crowd_seconds(bare, people, _is_there)
    ratio = percentile(ours, 95) / percentile(theirs, 95)
    line = _by_itself(people, ours)
    return replace(
        line,
        must_be=f"{line.must_be} and ≤ {CROWD_RATIO} of the bare default app's",
        measured=f"{line.measured}, {ratio:.3f} of it",
        baseline=f"p95 {1000 * percentile(theirs, 95):,.0f} ms",
        holds=line.holds and ratio <= CROWD_RATIO,
    )


def _beside_noise() -> Line:
    with project_app() as app:
        quiet, _ = crowd_seconds(app, BESIDE_NOISE, publish)
    with project_app() as app, _noise(app):
        disturbed, _ = crowd_seconds(app, BESIDE_NOISE, publish)
    p95, quiet_p95 = (1000 * percentile(values, 95) for values in (disturbed, quiet))
    return Line(
        f"{BESIDE_NOISE} sessions as before, and one person who clicks without a pause",
        f"p95 ≤ {CROWD_P95_MS[BESIDE_NOISE]:.0f} ms",
        f"p95 {p95:.0f} ms",
        f"without them: p95 {quiet_p95:.0f} ms",
        p95 <= CROWD_P95_MS[BESIDE_NOISE],
    )


@contextmanager
def _noise(app: Served) -> Iterator[None]:
    """Somebody who clicks again as soon as the page has answered, until the block ends."""
    is_over = threading.Event()

    def click() -> None:
        with TimedSession.open(app.url) as session:
            publish(session)
            while not is_over.is_set():
                session.click_and_wait(next_button(session))

    with ThreadPoolExecutor(1) as pool:
        noise = pool.submit(click)
        try:
            yield
        finally:
            is_over.set()
        noise.result()


def crowd_seconds(
    app: Served,
    people: int,
    begin_with: Callable[[TimedSession], None],
    query: Callable[[], str] = lambda: "",
) -> tuple[list[float], list[str]]:
    """The seconds of the nudges that came while all clicked, and everybody's address.

    `query` makes the address of each session, and `begin_with` makes it ready.
    """
    with ExitStack() as tabs, ThreadPoolExecutor(people) as pool:
        sessions = [
            tabs.enter_context(TimedSession.open(app.url, query=query())) for _ in range(people)
        ]
        for session in sessions:
            begin_with(session)
        begin = time.perf_counter() + PACE_SECONDS
        nudges = list(pool.map(partial(_paced_clicks, begin), sessions))
    measured = [took for at, took in nudges if at > begin + ALL_CLICK_AFTER_SECONDS]
    return measured, [session.query for session in sessions]


def _paced_clicks(begin: float, session: TimedSession) -> tuple[float, float]:
    """Click every two seconds until everybody may stop; when the nudge came and how long it took,
    in seconds."""
    pace = _pace(begin + random.uniform(0, ALL_CLICK_AFTER_SECONDS))
    took = _nudge_seconds(session, pace)
    at = time.perf_counter()
    while time.perf_counter() < begin + END_AFTER_SECONDS:
        pace()
        session.click_and_wait(next_button(session))
    return at, took


def next_button(session: TimedSession) -> str:
    return "complete_task" if "complete_task" in session.buttons() else "new_sprint"


def _received(app: Served, query: str) -> int:
    """How many interventions the user has got, as their page lists them."""
    with TimedSession.open(app.url, path="/interventions", query=query, ticking=False) as page:
        page.wait_until_shown("push_intervention")
        return page.texts().count(INBOX_ENTRY)


def _nudge_seconds(session: TimedSession, pace: Callable[[], None]) -> float:
    """Complete the tasks that the nudge needs; the seconds that it took after the last click."""
    for _ in range(CLICKS_TO_THE_NUDGE - 1):
        pace()
        session.click_and_wait("complete_task")
    pace()
    took = session.time_until("complete_task", DemoProfile.button)
    session.wait_until_run()
    return took


def _is_there(session: TimedSession) -> None:
    session.wait_until_shown("complete_task")


def publish(session: TimedSession) -> None:
    """Publish the story with a click."""
    session.wait_until_shown("publish")
    session.click("publish")
    session.wait_for(lambda: "publish" not in session.buttons())


def _rounds(session: TimedSession, count: int) -> Iterator[int]:
    """Rounds, each but the first as a new user."""
    for number in range(count):
        if number:
            session.click_and_wait("new_user")
        yield number


def _pace(begin: float) -> Callable[[], None]:
    """Waits for the next moment to click: every two seconds, or as soon as the page is there."""
    moments = count(begin, PACE_SECONDS)

    def pace() -> None:
        pause_until(next(moments))

    return pace


def _breath() -> None:
    """As long as somebody in a hurry takes: faster tabs are held, see `lib/world/pace.py`."""
    pause_until(time.perf_counter() + BREATH_SECONDS)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))
