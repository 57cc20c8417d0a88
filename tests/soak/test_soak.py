"""Many people for a long time: tabs that come and go, and a sandbox whose thread dies twice.

`make soak` runs it with 200 people for half an hour. There is one run for all tests here: it is
over, and everybody is gone, before the first of them looks at it.
"""

import os
import re
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from lib.snowplow.definitions import Plan
from tests.support.person import PATIENCE_SECONDS, Final, Person
from tests.support.processes import memory_mb, running
from tests.support.servers import free_port
from tests.support.sessions import BrowserSession
from tests.support.usage import Usage, settled, usages

MINUTES = float(os.environ.get("SOAK_MINUTES", "0.3"))
PEOPLE = int(os.environ.get("SOAK_SESSIONS", "10"))
CRASHES = 2 if MINUTES > 1 else 1
SAMPLE_SECONDS = min(5.0, MINUTES * 60 / 20)
LONG_MINUTES = 6.0
WARM_UP_MINUTES = max(MINUTES / 3, 3.0)  # Streamlit keeps closed sessions for two minutes
GROWTH_AT_MOST = 1.1
IN_VAIN_AT_MOST = 1 / 5_000
ASKED_AT_ONCE = 8  # people who look at the end, together
THRESHOLD = Plan(owner="", vendor="").threshold
SERVE = Path(__file__).parent.parent / "support" / "serve.py"
# The one thing to be said of each crash that this test makes.
CRASHED = "The sandbox's thread died. Restarting it."
WRONG = re.compile(r"Traceback|error|exception|warning", re.IGNORECASE)

IS_LONG = MINUTES >= LONG_MINUTES
long = pytest.mark.skipif(not IS_LONG, reason="no memory is flat before the warm-up is over")
short = pytest.mark.skipif(IS_LONG, reason="the samples of a long run say more")
pytestmark = pytest.mark.timeout(MINUTES * 60 + 300 + 6 * PEOPLE)


@dataclass(frozen=True)
class Sample:
    """What the app's process has at one moment."""

    minutes: float
    megabytes: float
    threads: int
    files: int

    @classmethod
    def of(cls, app: psutil.Process, minutes: float) -> "Sample":
        return cls(minutes, memory_mb(app), app.num_threads(), app.num_fds())


@dataclass(frozen=True, repr=False)
class Soak:
    """What came of the run: `before` and `after` are what the app had open with nobody there."""

    people: list[Person]
    finals: list[Final]
    samples: list[Sample]
    crashes: int
    before: Usage
    after: Usage
    log: list[str]

    def thirds(self, what: str) -> list[float]:
        """The means in the first, the middle and the last third of the time."""
        values = [getattr(each, what) for each in self.samples]
        cuts = [len(values) * third // 3 for third in range(4)]
        parts = [values[cuts[i] : cuts[i + 1]] for i in range(3)]
        return [statistics.mean(part) if part else 0.0 for part in parts]

    def halves_when_warm(self, what: str) -> tuple[float, float]:
        """The means in the two halves after the warm-up: in half an hour the last two thirds."""
        values = [getattr(each, what) for each in self.samples if each.minutes >= WARM_UP_MINUTES]
        half = len(values) // 2
        return statistics.mean(values[:half]), statistics.mean(values[half:])

    def problems(self) -> list[str]:
        """What stopped somebody, each with what their open pages showed then."""
        return [each.problem for each in self.people if each.problem]

    def summary(self) -> str:
        clicks = sum(each.clicks for each in self.people)
        repeated = sum(each.repeated for each in self.people)
        unsure = sum(each.unsure for each in self.people)
        tabs = sum(each.openings for each in self.people)
        received = sum(each.received for each in self.finals)
        missed = sum(each.missed for each in self.finals)
        counted = sum(each.counted for each in self.finals)
        lines = [
            f"{len(self.people)} people, {self.samples[-1].minutes:.1f} minutes, {tabs} tabs,"
            f" {clicks} clicks ({unsure} in tabs closed at once, {repeated} in vain),"
            f" {counted} tasks counted,"
            f" {received} nudges received and {missed} missed, {self.crashes} crashes"
        ]
        for what in ("megabytes", "threads", "files"):
            first, middle, last = self.thirds(what)
            lines.append(f"{what}: {first:.0f}, {middle:.0f}, {last:.0f} in the three thirds")
        lines.append(f"nobody there: {self.before} before, {self.after} after")
        return "\n".join(lines)


@pytest.fixture(scope="module")
def soak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soak]:
    folder = tmp_path_factory.mktemp("soak")
    port, log = free_port(), folder / "app.log"
    url, database = f"http://localhost:{port}", str(folder / "sandbox.db")
    command = [str(SERVE), str(port)]
    health = f"{url}/_stcore/health"
    with running(command, health, folder, log, SANDBOX_DB=database) as app:
        came = lived_through(url, app, log)
        print(f"\n{came.summary()}", *came.problems(), sep="\n", file=sys.stderr)
        yield came


def lived_through(url: str, app: psutil.Process, log: Path) -> Soak:
    """Everybody lives until the time is over while the sandbox crashes now and then; then each is
    asked what came of it, and the last tab closes."""
    with BrowserSession.open(url) as first:  # what the app makes once it makes for them
        first.wait_until_run(PATIENCE_SECONDS)
    before = settled(app)
    is_over = threading.Event()
    patience = PATIENCE_SECONDS + PEOPLE  # a machine may be too slow for so many at once
    people = [Person(number, url, is_over, patience) for number in range(PEOPLE)]
    everybody = threading.Barrier(PEOPLE + 1, timeout=patience)
    with ThreadPoolExecutor(PEOPLE) as pool:
        lives = [pool.submit(person.live, everybody) for person in people]
        samples, crashes = watched(app, everybody, people, is_over)
    for life in lives:
        life.result()
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        published = [each for each in people if each.query and not each.problem]
        finals = list(pool.map(partial(Person.final, threshold=THRESHOLD), published))
    after = let_go(app, before)
    lines = log.read_text(errors="replace").splitlines()
    return Soak(people, finals, samples, crashes, before, after, lines)


def watched(
    app: psutil.Process,
    everybody: threading.Barrier,
    people: list[Person],
    is_over: threading.Event,
) -> tuple[list[Sample], int]:
    """Look at the app until the time is over or somebody has a problem, and have it crash."""
    samples, crashes = [Sample.of(app, 0.0)], 0
    try:
        everybody.wait()
        began = time.monotonic()
        while (minutes := (time.monotonic() - began) / 60) < MINUTES:
            if minutes > MINUTES * (crashes + 1) / (CRASHES + 1):
                app.send_signal(signal.SIGUSR1)
                crashes += 1
            samples.append(Sample.of(app, minutes))
            if any(person.problem for person in people):
                break
            is_over.wait(SAMPLE_SECONDS)
    except threading.BrokenBarrierError:
        pass  # somebody's problem says why
    finally:
        is_over.set()
    return samples, crashes


def let_go(app: psutil.Process, before: Usage) -> Usage:
    """What the app has open once it is no more than before, or after ten seconds."""
    for after in usages(app):
        if after.is_within(before):
            break
    return after


def test_nobody_met_a_problem_in_a_run_to_its_end(soak: Soak) -> None:
    assert soak.problems() == []
    assert len(soak.finals) == PEOPLE
    assert soak.crashes == CRASHES


def test_every_acknowledged_task_is_counted_once(soak: Soak) -> None:
    wrong = [
        str(each)
        for each in soak.finals
        if not each.person.acknowledged <= each.counted <= each.person.clicks
    ]
    assert wrong == []


def test_the_count_is_what_the_board_has_as_done(soak: Soak) -> None:
    assert [str(each) for each in soak.finals if each.counted != each.completed] == []


def test_everybody_at_the_line_was_nudged_once_and_nobody_else(soak: Soak) -> None:
    """Or the app says that it fired while the sandbox was away."""
    wrong = [
        str(each)
        for each in soak.finals
        if each.received + each.missed != (1 if each.counted >= THRESHOLD else 0)
    ]
    assert wrong == []
    assert sum(each.received for each in soak.finals) > 0


def test_hardly_any_click_was_in_vain(soak: Soak) -> None:
    repeated = sum(each.repeated for each in soak.people)
    assert repeated <= 1 + IN_VAIN_AT_MOST * sum(each.clicks for each in soak.people)


def test_no_page_showed_an_exception(soak: Soak) -> None:
    assert [each for person in soak.people for each in person.exceptions] == []


def test_log_has_no_error_and_one_line_for_each_crash(soak: Soak) -> None:
    assert [line for line in soak.log if WRONG.search(line) and CRASHED not in line] == []
    assert sum(CRASHED in line for line in soak.log) == soak.crashes


@short
def test_threads_and_connections_are_what_they_were_once_everybody_has_left(soak: Soak) -> None:
    assert soak.after.is_within(soak.before), soak.summary()


@long
def test_memory_is_flat_after_warm_up(soak: Soak) -> None:
    middle, last = soak.halves_when_warm("megabytes")
    assert last <= GROWTH_AT_MOST * middle


@long
@pytest.mark.parametrize("what", ["threads", "files"])
def test_threads_and_files_are_flat_after_warm_up(soak: Soak, what: str) -> None:
    middle, last = soak.halves_when_warm(what)
    assert last <= GROWTH_AT_MOST * middle
