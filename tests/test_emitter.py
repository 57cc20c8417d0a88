"""The emitter: nothing waits for a collector, and every event has a known fate."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
import pytest
from snowplow_tracker import StructuredEvent, Subject, Tracker

from lib import emitter as emitter_module
from lib.app_state import AppState
from lib.emitter import BackgroundEmitter
from lib.outbox import Outbox
from tests.servers import collector, free_port, silent_server

USER = "4b0c1a3e-6f52-4c5e-9f57-0a8a3b6f2a11"


@contextmanager
def tracking(url: str, on_change: Callable[[], None] = lambda: None) -> Iterator[Tracker]:
    state = AppState(":memory:")
    emitter = BackgroundEmitter(url, Outbox(state, "w"), on_change)
    try:
        yield Tracker("test", emitter, subject=Subject().set_user_id(USER))
    finally:
        emitter.close()
        state.close()


def track(tracker: Tracker, label: str = "a") -> None:
    tracker.track(StructuredEvent(category="c", action="a", label=label))


def emitter_of(tracker: Tracker) -> BackgroundEmitter:
    return tracker.emitters[0]


def labels(bodies: list[bytes]) -> list[str]:
    return [event["se_la"] for body in bodies for event in orjson.loads(body)["data"]]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    waiting = emitter_module.threading.Event()
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        waiting.wait(0.01)
    return condition()


def test_events_arrive_in_the_order_in_which_they_were_tracked():
    with collector() as server, tracking(server.url) as tracker:
        for number in range(20):
            track(tracker, str(number))
        assert emitter_of(tracker).wait_until_sent(5)
        assert labels(server.bodies) == [str(number) for number in range(20)]


def test_tracking_does_not_wait_for_a_collector_that_never_answers():
    with silent_server() as url, tracking(url) as tracker:
        start = time.monotonic()
        track(tracker)
        track(tracker)
        assert time.monotonic() - start < 0.1
        assert emitter_of(tracker).delivery.waiting == 2


def test_events_wait_while_nobody_listens():
    with tracking(f"http://127.0.0.1:{free_port()}") as tracker:
        track(tracker)
        assert not emitter_of(tracker).wait_until_sent(5)
        delivery = emitter_of(tracker).delivery
        assert (delivery.sent, delivery.waiting, delivery.refused) == (0, 1, [])
        assert delivery.retry_at is not None


def test_waiting_for_an_event_ends_when_its_first_try_fails():
    with tracking(f"http://127.0.0.1:{free_port()}") as tracker:
        track(tracker)
        start = time.monotonic()
        emitter_of(tracker).wait_until_sent(5)
        assert time.monotonic() - start < 1


@pytest.mark.parametrize("status", [404, 413, 429, 500, 503])
def test_an_error_that_may_pass_is_retried_until_it_has(status):
    with collector(status) as server, tracking(server.url) as tracker:
        track(tracker, "first")
        emitter_of(tracker).wait_until_sent(5)
        server.status = 200
        track(tracker, "second")
        assert eventually(lambda: emitter_of(tracker).delivery.sent == 2)
        assert emitter_of(tracker).delivery.waiting == 0
        assert labels(server.bodies[-1:])[0] == "first"


@pytest.mark.parametrize("status", [400, 401, 403, 410, 422])
def test_an_event_refused_for_good_is_reported(status):
    with collector(status) as server, tracking(server.url) as tracker:
        track(tracker)
        assert emitter_of(tracker).wait_until_sent(5)
        delivery = emitter_of(tracker).delivery
        assert (delivery.sent, delivery.waiting) == (0, 0)
        assert [(each.status, each.state) for each in delivery.refused] == [(status, "refused")]


def test_changes_of_the_delivery_are_told():
    told = []
    with collector() as server, tracking(server.url, lambda: told.append(1)) as tracker:
        track(tracker)
        emitter_of(tracker).wait_until_sent(5)
        assert eventually(lambda: bool(told))


def test_a_closed_emitter_sends_nothing_more():
    state = AppState(":memory:")
    with collector() as server:
        emitter = BackgroundEmitter(server.url, Outbox(state, "w"), lambda: None)
        emitter.close()
        track(Tracker("test", emitter))
        assert server.bodies == []
    state.close()


def test_events_left_from_before_are_sent_with_their_ids(tmp_path):
    state = AppState(tmp_path / "app.db")
    down = BackgroundEmitter(f"http://127.0.0.1:{free_port()}", Outbox(state, "w"), lambda: None)
    track(Tracker("test", down), "first")
    track(Tracker("test", down), "second")
    down.wait_until_sent(5)
    down.close()
    kept = [event["eid"] for event in state.outbox("w")]
    state.close()

    again = AppState(tmp_path / "app.db")
    with collector() as server:
        up = BackgroundEmitter(server.url, Outbox(again, "w"), lambda: None)
        assert up.wait_until_sent(5)
        up.close()
        sent = [event for body in server.bodies for event in orjson.loads(body)["data"]]
    assert [event["eid"] for event in sent] == kept
    assert again.outbox("w") == []
    again.close()
