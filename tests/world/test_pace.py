"""The pace of one visitor: what a person does is never held, and what a program does is."""

import threading

import pytest

from lib.world.jobs import Jobs
from lib.world.pace import PACES, Pace
from tests.support.waiting import PATIENCE_SECONDS


class HandClock:
    """Moves while somebody waits, and when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("kind", PACES)
def test_burst_passes_at_once_and_the_rest_at_its_rate(kind: str) -> None:
    clock, limit = HandClock(), PACES[kind]
    pace = Pace(clock, clock.wait)

    for _ in range(limit.at_once):
        pace.hold(kind)
    assert clock.now == 0
    for _ in range(100):
        pace.hold(kind)
    assert clock.now == pytest.approx(100 / limit.a_second)


@pytest.mark.parametrize("kind", PACES)
def test_after_a_pause_nobody_is_held(kind: str) -> None:
    clock, limit = HandClock(), PACES[kind]
    pace = Pace(clock, clock.wait)
    for _ in range(3 * limit.at_once):
        pace.hold(kind)
    clock.now = before = clock.now + limit.at_once / limit.a_second
    for _ in range(limit.at_once):
        pace.hold(kind)
    assert clock.now == pytest.approx(before)


def test_each_kind_has_a_pace_of_its_own() -> None:
    clock = HandClock()
    pace = Pace(clock, clock.wait)
    for _ in range(PACES["try"].at_once):
        pace.hold("try")
    pace.hold("run")
    assert clock.now == 0


@pytest.mark.parametrize("name", ["checks", "preview", "push", "broken_event"])
def test_work_in_the_background_is_held(name: str) -> None:
    clock = HandClock()
    jobs = Jobs(lambda: None, Pace(clock, clock.wait))
    for _ in range(PACES["job"].at_once + 10):
        jobs.start(name, lambda: None).wait()
    assert clock.now == pytest.approx(10 / PACES["job"].a_second)


def test_asking_for_work_that_is_under_way_is_not_held() -> None:
    clock = HandClock()
    jobs = Jobs(lambda: None, Pace(clock, clock.wait))
    may_end = threading.Event()
    job = jobs.start("checks", lambda: may_end.wait(PATIENCE_SECONDS))
    for _ in range(PACES["job"].at_once + 10):
        assert jobs.start("checks", lambda: None) is job
    may_end.set()
    assert clock.now == 0
