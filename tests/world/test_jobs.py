"""Jobs that a person asked for: one of a kind at a time, and what came of them is kept."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from lib.connection.explanations import Explanation
from lib.world import jobs as jobs_module
from lib.world.jobs import Job, Jobs
from tests.support.waiting import PATIENCE_SECONDS


class Work:
    """A call that ends when it is told to, and returns how many calls there were."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun = threading.Semaphore(0)
        self.release = threading.Semaphore(0)

    def __call__(self) -> int:
        self.calls += 1
        self.begun.release()
        assert self.release.acquire(timeout=PATIENCE_SECONDS)
        return self.calls


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(on_news=lambda: None)


def done(job: Job) -> Job:
    """The job, once it is."""
    job.future.exception(PATIENCE_SECONDS)
    return job


def failing_with(error: Exception) -> Callable[[], Any]:
    def work() -> None:
        raise error

    return work


def test_no_job_is_found_before_one_is_started(jobs):
    assert jobs.find("publish") is None


def test_job_that_runs_has_neither_result_nor_problem(jobs, work):
    before = datetime.now(UTC)
    job = jobs.start("publish", work)
    assert (job.is_done, job.result, job.problem) == (False, None, None)
    assert job is jobs.find("publish")
    assert before <= job.since <= datetime.now(UTC)
    work.release.release()
    assert done(job).is_done


def test_result_is_kept_until_the_next_of_its_kind(jobs):
    done(jobs.start("publish", lambda: "first"))
    done(jobs.start("unpublish", lambda: "other"))
    assert [jobs.find("publish").result for _ in range(2)] == ["first", "first"]
    done(jobs.start("publish", lambda: "second"))
    assert (jobs.find("publish").result, jobs.find("unpublish").result) == ("second", "other")


def test_failure_is_explained(jobs):
    job = done(jobs.start("publish", failing_with(httpx.ReadTimeout("slow"))))
    assert job.is_done
    assert job.result is None
    assert job.problem == Explanation(
        "Signals did not answer in time.", "Trying again usually helps."
    )


def test_job_succeeds_after_one_of_its_kind_failed(jobs):
    failed = done(jobs.start("publish", failing_with(ValueError("no"))))
    job = done(jobs.start("publish", lambda: "published"))
    assert (job.result, job.problem) == ("published", None)
    assert failed.problem is not None  # the page that asked for it can still show why


def test_running_job_of_the_same_kind_is_returned_instead_of_a_new_one(jobs, work):
    job = jobs.start("publish", work)
    assert work.begun.acquire(timeout=PATIENCE_SECONDS)
    assert [jobs.start("publish", work) is job for _ in range(5)] == [True] * 5
    work.release.release()
    assert done(job).result == 1
    assert work.calls == 1


def test_concurrent_calls_start_one_job(jobs, work):
    started: list[Job] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait(PATIENCE_SECONDS)
        started.append(jobs.start("publish", work))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    work.release.release()
    assert len(started) == 8
    assert {id(job) for job in started} == {id(jobs.find("publish"))}
    assert done(started[0]).result == 1


def test_job_of_another_kind_runs_beside_it(jobs, work):
    slow = jobs.start("publish", work)
    assert done(jobs.start("diagnosis", lambda: "found")).result == "found"
    assert not slow.is_done
    work.release.release()
    done(slow)


def test_each_job_is_news_once_even_if_it_is_done_at_once():
    told: list[Any] = []
    news = threading.Semaphore(0)

    def on_news() -> None:
        job = jobs.find("publish")
        told.append(job is not None and job.is_done)
        news.release()

    work = Work()
    jobs = Jobs(on_news)
    jobs.start("publish", work)
    assert work.begun.acquire(timeout=PATIENCE_SECONDS)
    assert told == []
    work.release.release()
    assert news.acquire(timeout=PATIENCE_SECONDS)
    jobs.start("publish", failing_with(ValueError("no")))
    assert news.acquire(timeout=PATIENCE_SECONDS)
    assert told == [True, True]


def test_page_waits_for_a_quick_job(jobs):
    job = jobs.start("publish", lambda: "published")
    job.wait()
    assert job.result == "published"


def test_page_does_not_wait_longer_than_it_may(jobs, work, monkeypatch):
    monkeypatch.setattr(jobs_module, "PAGE_WAITS_SECONDS", 0.05)
    job = jobs.start("publish", work)
    started = time.monotonic()
    job.wait()
    assert time.monotonic() - started > 0.04
    assert not job.is_done
    work.release.release()
    done(job)


def test_waiting_for_a_job_that_failed_raises_nothing(jobs):
    job = jobs.start("publish", failing_with(ValueError("no")))
    job.wait()
    assert job.problem is not None
