"""The emitter: nothing waits for a collector, and every event has a known fate."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import orjson
import pytest
from snowplow_tracker import Emitter, PageView, StructuredEvent, Subject, Tracker

from lib.world import emitter as emitter_module
from lib.world.app_state import AppState
from lib.world.emitter import BackgroundEmitter, Delivery
from lib.world.outbox import Outbox, Outboxes
from tests.support.servers import collector, free_port, gate, silent_server
from tests.support.waiting import ENDLESS_SECONDS, PATIENCE_SECONDS, eventually

USER = "4b0c1a3e-6f52-4c5e-9f57-0a8a3b6f2a11"


@contextmanager
def tracking(url: str, on_change: Callable[[Delivery], None] = lambda _: None) -> Iterator[Tracker]:
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


def test_events_arrive_in_the_order_in_which_they_were_tracked():
    with collector() as server, tracking(server.url) as tracker:
        for number in range(20):
            track(tracker, str(number))
        assert emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        assert labels(server.bodies) == [str(number) for number in range(20)]


def test_tracking_does_not_wait_for_a_collector_that_never_answers(monkeypatch):
    monkeypatch.setattr(emitter_module, "CONNECT_AND_READ_SECONDS", (60.0, 60.0))
    with silent_server() as url, tracking(url) as tracker:
        track(tracker)
        track(tracker)
        delivery = emitter_of(tracker).delivery
        assert (delivery.waiting, delivery.problem) == (2, "")  # no request has ended


def test_event_without_an_answer_for_a_second_is_being_sent(monkeypatch):
    monkeypatch.setattr(emitter_module, "CONNECT_AND_READ_SECONDS", (60.0, 60.0))
    with silent_server() as url, tracking(url) as tracker:
        track(tracker)
        tracker.track(PageView("https://example.com/"))
        delivery = emitter_of(tracker).delivery
        now = delivery.events[0].tstamp
        assert delivery.being_sent(now + timedelta(seconds=1)) == 0
        later = now + timedelta(seconds=2)
        assert (delivery.waiting, delivery.being_sent(later)) == (2, 1)  # a view is no gesture


def test_events_wait_while_nobody_listens():
    with tracking(f"http://127.0.0.1:{free_port()}") as tracker:
        track(tracker)
        assert not emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        delivery = emitter_of(tracker).delivery
        assert (delivery.sent, delivery.waiting, delivery.refused) == (0, 1, [])
        assert delivery.retry_at is not None


def test_waiting_for_an_event_ends_when_its_first_try_fails():
    with tracking(f"http://127.0.0.1:{free_port()}") as tracker:
        track(tracker)
        assert not emitter_of(tracker).wait_until_sent(ENDLESS_SECONDS)


@pytest.mark.parametrize("status", [404, 413, 429, 500, 503])
def test_an_error_that_may_pass_is_retried_until_it_has(status):
    with collector(status) as server, tracking(server.url) as tracker:
        track(tracker, "first")
        emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        server.status = 200
        track(tracker, "second")
        assert eventually(lambda: emitter_of(tracker).delivery.sent == 2)
        assert emitter_of(tracker).delivery.waiting == 0
        assert labels(server.bodies[-1:])[0] == "first"


@pytest.mark.parametrize("status", [400, 401, 403, 410, 422])
def test_an_event_refused_for_good_is_reported(status):
    with collector(status) as server, tracking(server.url) as tracker:
        track(tracker)
        assert emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        delivery = emitter_of(tracker).delivery
        assert (delivery.sent, delivery.waiting) == (0, 0)
        assert [(each.status, each.state) for each in delivery.refused] == [(status, "refused")]


def test_every_change_of_the_delivery_is_reported():
    told = []
    with collector() as server, tracking(server.url, told.append) as tracker:
        track(tracker)
        emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        assert eventually(lambda: bool(told))


def test_a_closed_emitter_sends_nothing_more():
    state = AppState(":memory:")
    with collector() as server:
        emitter = BackgroundEmitter(server.url, Outbox(state, "w"), lambda _: None)
        emitter.close()
        track(Tracker("test", emitter))
        assert server.bodies == []
    state.close()


def test_events_left_from_before_are_sent_with_their_ids(tmp_path):
    state = AppState(tmp_path / "app.db")
    down = BackgroundEmitter(f"http://127.0.0.1:{free_port()}", Outbox(state, "w"), lambda _: None)
    track(Tracker("test", down), "first")
    track(Tracker("test", down), "second")
    down.wait_until_sent(PATIENCE_SECONDS)
    down.close()
    kept = [event["eid"] for event in state.outboxes.events("w")]
    state.close()

    again = AppState(tmp_path / "app.db")
    with collector() as server:
        up = BackgroundEmitter(server.url, Outbox(again, "w"), lambda _: None)
        assert up.wait_until_sent(PATIENCE_SECONDS)
        up.close()
        sent = [event for body in server.bodies for event in orjson.loads(body)["data"]]
    assert [event["eid"] for event in sent] == kept
    assert again.outboxes.events("w") == []
    again.close()


def fates(tracker: Tracker) -> list[tuple[str, int | None, str]]:
    """State, status and reason of each event, oldest first."""
    events = emitter_of(tracker).delivery.events
    return [(each.state, each.status, each.reason) for each in events]


def test_a_sent_event_says_so_with_the_status():
    with collector() as server, tracking(server.url) as tracker:
        track(tracker)
        assert emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        assert fates(tracker) == [("sent", 200, "")]


def test_a_waiting_event_says_why_how_many_wait_and_when_it_is_sent_again():
    with collector(503) as server, tracking(server.url) as tracker:
        track(tracker, "first")
        track(tracker, "second")
        assert eventually(lambda: emitter_of(tracker).delivery.retry_at is not None)
        delivery = emitter_of(tracker).delivery
        assert (delivery.waiting, delivery.problem) == (2, "it answered 503: ok")
        assert fates(tracker)[0] == ("waiting", 503, "it answered 503: ok")


def test_a_refused_event_says_why_with_the_status():
    with collector(403) as server, tracking(server.url) as tracker:
        track(tracker)
        assert emitter_of(tracker).wait_until_sent(PATIENCE_SECONDS)
        assert fates(tracker) == [("refused", 403, "it answered 403: ok")]


def test_an_event_is_being_sent_while_the_collector_says_nothing(monkeypatch):
    monkeypatch.setattr(emitter_module, "CONNECT_AND_READ_SECONDS", (2.0, 0.3))
    with silent_server() as url, tracking(url) as tracker:
        track(tracker)
        assert fates(tracker) == [("sending", None, "")]
        assert eventually(lambda: fates(tracker)[0][0] == "waiting")
        assert fates(tracker) == [("waiting", None, "it did not answer in time")]


def test_an_unreachable_collector_and_a_silent_one_have_different_reasons():
    with tracking(f"http://127.0.0.1:{free_port()}") as tracker:
        track(tracker)
        assert eventually(lambda: fates(tracker)[0][0] == "waiting")
        assert fates(tracker) == [("waiting", None, "it cannot be reached")]


def test_a_name_that_does_not_resolve_is_named_as_such():
    with tracking("https://collector.invalid") as tracker:
        track(tracker)
        assert eventually(lambda: fates(tracker)[0][0] == "waiting")
        assert fates(tracker) == [("waiting", None, "its name does not resolve")]


def test_a_connection_that_is_dropped_loses_nothing():
    with collector() as server, gate(server.url) as opened, tracking(opened.url) as tracker:
        opened.holds.set()
        track(tracker, "held")
        opened.hang_up()
        opened.holds.clear()
        assert eventually(lambda: emitter_of(tracker).delivery.sent == 1)
        assert labels(server.bodies) == ["held"]


def test_a_slow_collector_is_waited_for_in_the_background():
    with collector() as server, gate(server.url) as opened, tracking(opened.url) as tracker:
        opened.mutes.set()
        track(tracker)
        assert eventually(lambda: bool(server.bodies))
        assert fates(tracker) == [("sending", None, "")]


def test_a_redirect_is_not_followed():
    with collector(302) as server, tracking(server.url) as tracker:
        server.location = f"{server.url}/elsewhere"
        track(tracker)
        assert eventually(lambda: fates(tracker)[0][0] == "waiting")
        assert (fates(tracker)[0][1], len(server.bodies)) == (302, 1)


def test_many_waiting_events_are_sent_in_batches_that_a_collector_takes():
    with collector(503) as server, tracking(server.url) as tracker:
        for number in range(250):
            track(tracker, str(number))
        assert eventually(lambda: emitter_of(tracker).delivery.retry_at is not None)
        server.bodies.clear()
        server.status = 200
        assert eventually(lambda: emitter_of(tracker).delivery.waiting == 0)
        assert max(len(orjson.loads(body)["data"]) for body in server.bodies) <= 100
        assert labels(server.bodies) == [str(number) for number in range(250)]


def test_no_two_emitters_send_the_same_event():
    state = AppState(":memory:")
    outboxes = Outboxes(state)
    with collector(503) as server:
        first = BackgroundEmitter(server.url, outboxes.of("w"), lambda _: None)
        for number in range(20):
            track(Tracker("test", first), str(number))
        second = BackgroundEmitter(server.url, outboxes.of("w"), lambda _: None)
        assert eventually(lambda: first.delivery.retry_at is not None)
        server.bodies.clear()
        server.status = 200
        assert eventually(lambda: outboxes.of("w").count() == 0)
        first.close()
        second.close()
        assert sorted(labels(server.bodies)) == sorted(str(number) for number in range(20))
    state.close()


def test_what_another_emitter_sends_is_left_to_it_until_it_gives_up():
    state = AppState(":memory:")
    outbox = Outboxes(state).of("w")
    with collector() as server, gate(server.url) as opened:
        opened.holds.set()
        first = BackgroundEmitter(opened.url, outbox, lambda _: None)
        track(Tracker("test", first))
        assert eventually(lambda: outbox.size() == 0)
        second = BackgroundEmitter(server.url, outbox, lambda _: None)
        assert second.delivery.events == ()

        first.close()
        opened.hang_up()
        assert eventually(lambda: outbox.size() == 1)
        second.resume()
        assert second.wait_until_sent(PATIENCE_SECONDS)
        second.close()
    state.close()


def test_a_closed_emitter_leaves_no_thread_however_its_last_try_ends():
    with collector() as server, gate(server.url) as opened:
        before = set(threading.enumerate())
        opened.holds.set()
        with tracking(opened.url) as tracker:
            track(tracker)
        opened.hang_up()
        assert eventually(lambda: not set(threading.enumerate()) - before)


@pytest.mark.parametrize(
    "name", ["retry_timer", "_set_retry_timer", "_cancel_retry_timer", "_should_retry"]
)
def test_the_trackers_emitter_has_what_ours_relies_on(name: str):
    emitter = Emitter("collector.invalid", batch_size=1)
    assert hasattr(emitter, name), (
        f"snowplow_tracker's Emitter no longer has {name}. BackgroundEmitter plans its retries with"
        " it, so find out how the new version retries before you update the pin."
    )
