"""Work in the background: nobody waits for it, and nothing of it is lost."""

import subprocess
import sys
import threading

import pytest

from lib.world.background import in_background
from tests.support.waiting import PATIENCE_SECONDS, PROGRAM_SECONDS

STARTS_ENDLESS_WORK = """
import threading
from lib.world.background import in_background
begun = threading.Event()
def work():
    begun.set()
    threading.Event().wait()
in_background("endless", work)
begun.wait()
"""


def test_starting_does_not_wait_for_the_work():
    release = threading.Event()
    future = in_background("slow", release.wait)
    assert not future.done()
    release.set()
    assert future.result(PATIENCE_SECONDS) is True


def test_future_has_what_the_work_returned():
    assert in_background("work", lambda: 42).result(PATIENCE_SECONDS) == 42


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()])
def test_future_has_what_the_work_raised(error: BaseException):
    def work() -> None:
        raise error

    assert in_background("work", work).exception(PATIENCE_SECONDS) is error


def test_work_that_began_cannot_be_cancelled():
    release = threading.Event()
    future = in_background("slow", release.wait)
    assert (future.running(), future.cancel()) == (True, False)
    release.set()
    assert future.result(PATIENCE_SECONDS) is True


def test_slow_work_keeps_no_other_waiting():
    release = threading.Event()
    slow = [in_background("slow", release.wait) for _ in range(50)]
    assert in_background("quick", lambda: "done").result(PATIENCE_SECONDS) == "done"
    assert not any(each.done() for each in slow)
    release.set()
    assert all(each.result(PATIENCE_SECONDS) for each in slow)


def test_each_has_a_thread_of_its_own_with_its_name_that_ends_with_it():
    futures = [in_background(name, threading.current_thread) for name in ("one", "other")]
    threads = [each.result(PATIENCE_SECONDS) for each in futures]
    assert threads[0] is not threads[1]
    assert [thread.name for thread in threads] == ["one", "other"]
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def test_process_that_ends_does_not_wait_for_the_work():
    ended = subprocess.run(
        [sys.executable, "-c", STARTS_ENDLESS_WORK], timeout=PROGRAM_SECONDS, check=False
    )
    assert ended.returncode == 0
