"""Polling: often after something happened, seldom else, and less and less while nobody answers."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import wait as wait_for
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from lib.snowplow import attributes, publishing
from lib.snowplow.definitions import Names
from lib.snowplow.publishing import Published
from lib.world import polling
from lib.world.history import Reading
from lib.world.polling import Polling
from tests.support.waiting import PATIENCE_SECONDS


class Answer:
    """A definition that Signals has."""

    version = 1
    name = "any"

    def __init__(self, *, is_published: bool = True, version: int = 1) -> None:
        self.is_published = is_published
        self.version = version


class Signals:
    """What Signals says: `values`, or the error that it raises; held back while `holds` is set."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"n": 1}
        self.ahead = timedelta(0)
        self.published = Published(Answer(), Answer(), Answer())
        self.error: Exception | None = None
        self.answers = threading.Event()
        self.answers.set()
        self.asked_for_definitions = self.asked_for_values = 0
        self.mark = ""

    def definitions(self, *_: object, **__: object) -> Published:
        self.asked_for_definitions += 1
        self._answer()
        return self.published

    def service(self, *_: object) -> dict[str, Any]:
        self.asked_for_values += 1
        self._answer()
        return self.values

    def _answer(self) -> None:
        self.answers.wait(PATIENCE_SECONDS)
        if self.error is not None:
            raise self.error


class Clock:
    """Monotonic seconds that the test moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[Signals]:
    signals = Signals()
    monkeypatch.setattr(publishing, "published", signals.definitions)
    monkeypatch.setattr(attributes, "service_attributes", signals.service)
    yield signals
    signals.answers.set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(polling, "time", clock)
    return clock


@pytest.fixture
def news() -> list[object]:
    return []


@pytest.fixture
def polled(signals: Signals, clock: Clock, news: list[object]) -> Polling:
    def on_reading(before: Reading | None, after: Reading) -> None:
        news.append((before and before.values, after.values))

    return Polling(
        signals,  # type: ignore[arg-type]
        str(uuid.uuid4()),
        Names(),
        None,
        on_reading,
        lambda: news.append("news"),
        lambda _: signals.ahead,
        timedelta(0),
        lambda: news.append("set back"),
        lambda: signals.mark,
    )


def poll(polled: Polling, **options: bool) -> None:
    """Poll, and wait for what comes of it."""
    wait_for([polled.refresh_soon(**options)], timeout=PATIENCE_SECONDS)


def test_values_are_read_every_two_seconds_for_half_a_minute_after_an_event(polled, signals, clock):
    polled.stir()
    for _ in range(15):
        poll(polled)
        poll(polled)
        clock.now += 2
    assert signals.asked_for_values == 15


@pytest.mark.parametrize(("quiet", "readings"), [(30, 3), (60, 1)])
def test_values_are_read_less_and_less_often_when_nothing_happens(
    polled, signals, clock, quiet, readings
):
    clock.now += quiet
    for _ in range(30):
        poll(polled)
        clock.now += 1
    assert signals.asked_for_values == readings


def test_an_event_makes_a_slow_beat_fast_at_once(polled, signals, clock):
    clock.now += 60
    poll(polled)
    polled.stir()
    clock.now += 2
    poll(polled)
    assert (signals.asked_for_values, polled.beat) == (2, 2.0)


def test_a_page_without_values_reads_none(polled, signals, clock):
    for _ in range(30):
        poll(polled, values=False)
        clock.now += 1
    assert (signals.asked_for_values, signals.asked_for_definitions) == (0, 3)


@pytest.mark.parametrize(("mark", "times"), [("", 6), ("7", 2)])
def test_definitions_are_asked_for_less_often_where_answers_say_that_they_are_the_same(
    polled, signals, clock, mark, times
):
    signals.mark = mark
    for _ in range(30):
        polled.stir()
        poll(polled)
        clock.now += 2
    assert signals.asked_for_definitions == times


def test_definitions_are_asked_for_when_an_answer_says_that_they_changed(polled, signals, clock):
    signals.mark = "7"
    poll(polled)
    signals.mark = "8"
    clock.now += 2
    poll(polled)
    assert signals.asked_for_definitions == 2


def test_a_page_without_values_asks_for_definitions_as_nobody_tells_it(polled, signals, clock):
    signals.mark = "7"
    for _ in range(30):
        poll(polled, values=False)
        clock.now += 1
    assert signals.asked_for_definitions == 3


def test_a_page_with_values_after_one_without_reads_at_once(polled, signals, clock):
    poll(polled, values=False)
    poll(polled)
    assert polled.seen.values is not None


def test_tabs_of_one_user_share_the_question_that_is_under_way(polled, signals):
    signals.answers.clear()
    one, other = polled.refresh_soon(), polled.refresh_soon()
    assert one is other
    signals.answers.set()
    wait_for([one], timeout=PATIENCE_SECONDS)
    assert signals.asked_for_values == 1


def test_signals_that_does_not_answer_is_asked_less_and_less_often(polled, signals, clock):
    signals.error = httpx.ConnectError("no")
    asked = []
    for second in range(60):
        before = signals.asked_for_definitions
        poll(polled)
        if signals.asked_for_definitions > before:
            asked.append(second)
        clock.now += 1
    assert asked == [0, 2, 6, 14, 29, 44, 59]


def test_what_was_read_before_a_failure_stays_with_its_time(polled, signals, clock):
    poll(polled)
    read = polled.seen.values
    signals.error = httpx.ConnectError("no")
    clock.now += 10
    poll(polled)
    assert polled.seen.values is read
    assert polled.seen.problem is not None
    assert polled.seen.problem.message == "Signals cannot be reached."
    assert polled.seen.since is not None and polled.seen.next_try is not None


def test_a_failure_is_over_with_the_next_answer(polled, signals, clock):
    signals.error = httpx.ConnectError("no")
    poll(polled)
    signals.error = None
    clock.now += 2
    poll(polled)
    assert (polled.seen.problem, polled.seen.since, polled.seen.next_try) == (None, None, None)
    assert polled.seen.current == {"n": 1}


def test_an_answer_that_is_two_seconds_late_is_slow(polled, signals, clock):
    signals.answers.clear()
    future = polled.refresh_soon()
    clock.now += 1
    assert polled.waits_for == 0
    clock.now += 2
    assert polled.waits_for == 3
    signals.answers.set()
    wait_for([future], timeout=PATIENCE_SECONDS)
    assert polled.waits_for == 0


def test_only_a_change_is_news(polled, signals, clock, news):
    polled.refresh()
    assert news == [(None, {"n": 1}), "news"]
    polled.refresh()
    assert news[2:] == [({"n": 1}, {"n": 1})]
    signals.values = {"n": 2}
    polled.refresh()
    assert news[3:] == [({"n": 1}, {"n": 2}), "news"]


def test_an_answer_to_an_earlier_question_is_not_believed_over_a_later_one(polled, signals):
    started = threading.Event()
    holds = threading.Event()

    def held(*_: object) -> dict[str, Any]:
        started.set()
        holds.wait(PATIENCE_SECONDS)
        return {"n": 1}

    later: Callable[..., dict[str, Any]] = signals.service
    attributes.service_attributes = held
    old = polled.refresh_soon()
    started.wait(PATIENCE_SECONDS)
    attributes.service_attributes = later
    signals.values = {"n": 2}
    polled.refresh()
    holds.set()
    wait_for([old], timeout=PATIENCE_SECONDS)
    assert polled.seen.current == {"n": 2}


def test_definitions_that_came_after_an_answer_that_reused_the_old_ones_are_asked_for_again(
    polled, signals
):
    polled.refresh()
    started, holds = threading.Event(), threading.Event()
    new = Published(Answer(version=2), Answer(), Answer())

    def held(*_: object, **__: object) -> Published:
        started.set()
        holds.wait(PATIENCE_SECONDS)
        return new

    later = publishing.published
    publishing.published = held
    polled.forget_definitions()
    old = polled.refresh_soon()
    while not old.done() and not started.is_set():
        started.wait(PATIENCE_SECONDS)
    polled.refresh()
    holds.set()
    wait_for([old], timeout=PATIENCE_SECONDS)
    assert polled.seen.published != new
    publishing.published = later
    signals.published = new
    polled.refresh()
    assert polled.seen.published == new


def test_it_is_known_since_when_this_version_is_published(polled, signals):
    signals.published = Published()
    polled.refresh()
    assert (polled.seen.published_at, polled.seen.unpublished_at is None) == (None, False)
    signals.published = Published(Answer(), Answer(), Answer())
    polled.refresh()
    first = polled.seen.published_at
    assert first is not None and first >= polled.seen.unpublished_at
    polled.forget_definitions()
    polled.refresh()
    assert polled.seen.published_at == first
    signals.published = Published(Answer(version=2), Answer(), Answer())
    polled.forget_definitions()
    polled.refresh()
    assert polled.seen.published_at > first


def test_the_clock_is_asked_with_each_reading(polled, signals, news):
    poll(polled)
    signals.ahead = timedelta(days=8)
    polled.refresh()

    assert (polled.seen.ahead, polled.seen.values.ahead) == (timedelta(days=8),) * 2
    assert news[-2:] == [({"n": 1}, {"n": 1}), "news"]


def test_values_that_were_read_while_the_clock_was_moved_are_read_again(polled, signals):
    polled.refresh()
    answers = iter([{"n": 5}, {"n": None}])

    def moved(*_: object) -> dict[str, Any]:
        signals.ahead = timedelta(days=8)
        return next(answers)

    with patch.object(attributes, "service_attributes", moved):
        polled.refresh()

    assert (polled.seen.values.values, polled.seen.values.ahead) == (
        {"n": None},
        timedelta(days=8),
    )


def test_a_clock_set_back_starts_the_readings_over(polled, signals, news):
    signals.ahead = timedelta(days=8)
    polled.refresh()
    news.clear()
    signals.ahead, signals.values = timedelta(0), {"n": None}
    polled.refresh()

    assert news == ["set back", (None, {"n": None}), "news"]


def test_a_clock_set_back_leaves_no_values_to_a_page_that_reads_none(polled, signals):
    signals.ahead = timedelta(days=8)
    polled.refresh()
    signals.ahead = timedelta(0)
    polled.refresh(values=False)

    assert (polled.seen.values, polled.seen.ahead) == (None, timedelta(0))
