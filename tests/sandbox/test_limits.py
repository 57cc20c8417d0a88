"""What one sandbox or address may ask of a server that many share, and what clients cannot do to it
by being slow, huge or many."""

import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_signals import SignalsAPIError
from starlette.testclient import TestClient

from lib.connection.backend import start_sandbox
from lib.people.crowd_progress import IN_THE_SANDBOX
from lib.sandbox import limits
from lib.sandbox.__main__ import app_for, parser
from lib.sandbox.errors import TooMany
from lib.sandbox.limits import BYTES_PER_EVENT, EventLimit, Limits, TokenBucket, client_address
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.payload import MAX_BODY_BYTES, MAX_EVENTS
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server import body_limit
from lib.sandbox.server import prompt_http as arrival
from lib.sandbox.server.app import create_app
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.storage.limited_store import UNUSED_MS, LimitedStore
from tests.support.sandbox import (
    HTTP,
    NOW,
    PAYLOAD,
    TP2,
    HandClock,
    World,
    group,
    new_id,
    seen,
    service,
    task_completed,
    tracker,
)
from tests.support.waiting import eventually

HELD_UP_SECONDS = 5.0  # far longer than any answer takes, far shorter than a slow client


class HandMonotonic:
    """Seconds that only pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> HandMonotonic:
    return HandMonotonic()


# The bucket

STEPS = st.lists(
    st.tuples(st.floats(0, 100), st.integers(1, 500)), min_size=1, max_size=60
)  # how long nothing is asked for, and then how much


@given(STEPS, st.floats(0.1, 1_000), st.integers(1, 1_000))
def test_no_interval_lets_through_more_than_the_burst_and_its_seconds(steps, rate, burst):
    clock = HandMonotonic()
    bucket = TokenBucket(rate, burst, clock)
    passed = []
    for pause, count in steps:
        clock.now += pause
        if bucket.take(count):
            passed.append((clock.now, count))
    for first, (since, _) in enumerate(passed):
        for last in range(first, len(passed)):
            through = sum(count for _, count in passed[first : last + 1])
            assert through <= burst + rate * (passed[last][0] - since) + 1e-6 * burst


@given(STEPS, st.floats(0.1, 1_000), st.integers(1, 1_000))
def test_what_waits_as_long_as_it_is_told_passes(steps, rate, burst):
    clock = HandMonotonic()
    bucket = TokenBucket(rate, burst, clock)
    for pause, count in steps:
        clock.now += pause
        asked = min(count, burst)
        clock.now += bucket.wait(asked) + 1e-6
        assert bucket.take(asked)


def test_what_is_refused_takes_nothing(seconds):
    bucket = TokenBucket(1, 10, seconds)
    assert [bucket.take(11), bucket.take(10), bucket.take(1)] == [False, True, False]


# The defaults


def test_a_body_full_of_events_can_pass():
    assert Limits().events_at_once > MAX_EVENTS


def test_the_largest_simulated_team_is_far_within_the_limits():
    assert Limits().events_per_second >= 10 * IN_THE_SANDBOX.rate
    assert Limits().stored_events >= IN_THE_SANDBOX.events


def test_the_apps_own_server_limits_each_sandbox_and_no_address(tmp_path):
    server = start_sandbox(tmp_path / "sandbox.db")
    assert server._app.state.sandboxes.limits == Limits(per_address=False)
    server.stop()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], None),
        (["--limits"], Limits(per_address=True)),
        (["--isolated"], Limits(per_address=True)),
    ],
)
def test_server_of_its_own_has_limits_where_many_share_it(tmp_path, options, expected):
    app = app_for(parser().parse_args(options), "127.0.0.1", tmp_path / "sandbox.db")
    assert app.state.sandboxes.limits == expected
    app.state.sandboxes.store.close()


# A server with small limits, in this process

SMALL = Limits(
    events_per_second=1,
    events_at_once=5,
    subscriptions=2,
    definitions=3,
    stored_events=4,
    sandboxes=2,
)
TOKEN, OTHER, THIRD = "a" * 32, "b" * 32, "c" * 32


class Limited:
    """A limited server, and what its clients send to it."""

    def __init__(self, limits: Limits, clock: HandClock, seconds: HandMonotonic) -> None:
        self.store = LimitedStore(":memory:", limits)
        self.sandboxes = Sandboxes(
            self.store, Iglu(), clock, isolated=True, limits=limits, monotonic=seconds
        )
        self.app = create_app(self.sandboxes)
        self.client = TestClient(self.app)

    def post(self, *events: dict[str, str], token: str = TOKEN, body: Any = None) -> httpx.Response:
        content = body or {"schema": PAYLOAD, "data": events}
        return self.client.post(f"/sandbox/{token}{TP2}", json=content)

    def counts(self, token: str = TOKEN) -> tuple[int, int]:
        return self.store.counts(self.sandboxes.of_token(token).id)


@pytest.fixture
def limited(seconds: HandMonotonic) -> Iterator[Callable[..., Limited]]:
    with ExitStack() as stack:

        def start(limits: Limits = SMALL, clock: HandClock | None = None) -> Limited:
            started = Limited(limits, clock or HandClock(), seconds)
            stack.callback(started.store.close)
            stack.enter_context(started.client)
            return started

        yield start


def many(count: int) -> list[dict[str, str]]:
    return [seen(None) for _ in range(count)]


# Events a second


def test_events_beyond_the_limit_are_429_and_say_when_to_send_them_again(limited):
    server = limited()
    server.post(*many(5))
    answer = server.post(*many(3))
    detail = (
        "This sandbox sends too many events. The limit is 1 a second, after 5 at once."
        " None of these 3 were stored. Send them again in 3 s."
    )
    got = (answer.status_code, answer.headers["Retry-After"], answer.json())
    assert got == (429, "3", {"detail": detail})


def test_nothing_of_a_batch_beyond_the_limit_is_stored(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(4))
    server.post(*many(2))
    assert server.counts() == (4, 0)


def test_large_event_counts_as_several(limited):
    server = limited()
    answer = server.post(seen(None, {"text": "x" * 6 * BYTES_PER_EVENT}))
    assert answer.status_code == 429
    assert "and these count as 7. None of these 1 were stored" in answer.json()["detail"]


def test_large_body_that_fails_counts_as_several_events(limited):
    server = limited()
    answer = server.post(body=["x" * 6 * BYTES_PER_EVENT])
    assert (answer.status_code, server.counts()) == (429, (0, 0))


def test_events_that_wait_as_told_are_taken(limited, seconds):
    server = limited()
    server.post(*many(5))
    seconds.now += int(server.post(*many(3)).headers["Retry-After"])
    assert server.post(*many(3)).status_code == 200


def test_failed_events_count_too(limited):
    server = limited()
    server.post({"e": "nonsense"}, *many(3))
    server.post(body={"schema": "not one"})
    assert server.post(*many(1)).status_code == 429


def test_noisy_sandbox_keeps_no_other_from_sending(limited):
    server = limited()
    server.post(*many(5))
    assert (server.post(*many(1)).status_code, server.post(*many(5), token=OTHER).text) == (
        429,
        "ok",
    )


def test_reading_is_possible_beyond_the_limit_of_events(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(5))
    assert server.client.get(f"/sandbox/{TOKEN}/micro/all").json()["total"] == 5


def test_trackers_lose_nothing_to_the_limit(server_with, seconds):
    world = World(server_with(Limits(events_per_second=1, events_at_once=5)).url)
    world.post(*many(5))
    failed: list[int] = []

    def note_failure(_: int, events: list[Any]) -> None:
        failed.append(len(events))
        seconds.now += 10

    sending = tracker(world.collector, new_id(), on_failure=note_failure, max_retry_delay_seconds=0)
    for _ in range(5):
        sending.track(task_completed())
    assert eventually(lambda: stored(world) == 10)
    assert failed


def stored(world: World) -> int:
    total: int = HTTP.get(f"{world.collector}/micro/all").json()["good"]
    return total


# Of one address


def test_address_has_one_limit_for_all_its_sandboxes(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    client_address.set("192.0.2.1")
    events.take(5, 5, events.bucket())
    with pytest.raises(TooMany) as refusal:
        events.take(1, 1, events.bucket())
    client_address.set("")
    detail = (
        "Your address sends too many events. The limit is 1 a second, after 5 at once."
        " None of these 1 were stored. Send them again in 1 s."
    )
    assert (refusal.value.detail, refusal.value.retry_after) == (detail, 1)


def test_addresses_have_a_limit_each(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    for address in ("192.0.2.1", "192.0.2.2"):
        client_address.set(address)
        events.take(5, 5, events.bucket())
    client_address.set("")


def test_what_an_address_may_not_send_does_not_count_for_the_sandbox(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    sandbox = events.bucket()
    client_address.set("192.0.2.1")
    events.take(5, 5, events.bucket())
    with pytest.raises(TooMany, match="Your address sends too many events"):
        events.take(5, 5, sandbox)
    client_address.set("")
    events.take(5, 5, sandbox)


def test_only_so_many_addresses_are_kept(seconds, monkeypatch):
    monkeypatch.setattr(limits, "ADDRESSES_KEPT", 2)
    events = EventLimit(Limits(), seconds)
    for number in range(5):
        client_address.set(f"192.0.2.{number}")
        events.take(1, 1, events.bucket())
    client_address.set("")
    assert list(events._addresses) == ["192.0.2.3", "192.0.2.4"]


def test_address_of_a_request_counts_where_it_is_to(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5, per_address=True))
    server.post(*many(5))
    answer = server.post(*many(1), token=OTHER)
    assert answer.json()["detail"].startswith("Your address sends too many events")


def test_address_can_keep_only_so_many_requests_open(server_with):
    url = server_with(Limits(subscriptions=2, per_address=True)).url
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(open_stream(World(url)))  # each in a sandbox of its own
        answer = HTTP.get(f"{url}/health")
        detail = "Your address has 2 open requests, which is the limit."
        assert (answer.status_code, answer.json()) == (429, {"detail": detail})
        assert answer.headers["Retry-After"] == "1"
    assert eventually(lambda: HTTP.get(f"{url}/health").status_code == 200)


# Subscriptions


@contextmanager
def open_stream(world: World) -> Iterator[Iterator[str]]:
    """A subscription that the server has noted: the lines that follow."""
    url = f"{world.collector}/api/v1/interventions?user_id={new_id()}"
    with httpx.Client(trust_env=False, timeout=30) as client, client.stream("GET", url) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": connected"
        yield lines


@pytest.fixture
def server_with(
    tmp_path: Path, seconds: HandMonotonic
) -> Iterator[Callable[[Limits | None], EmbeddedServer]]:
    """Starts a real server with limits, whose seconds only pass when told."""
    started: list[EmbeddedServer] = []

    def start(chosen: Limits | None = None) -> EmbeddedServer:
        server = EmbeddedServer(tmp_path / "sandbox.db", limits=chosen)
        if chosen is not None:
            sandboxes = server._app.state.sandboxes
            sandboxes._event_limit = EventLimit(chosen, seconds)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def test_subscription_beyond_the_limit_is_429(server_with):
    world = World(server_with(SMALL).url)
    detail = "This sandbox has 2 subscriptions open, and no more are possible. Close some."
    with open_stream(world), open_stream(world):
        answer = HTTP.get(f"{world.collector}/api/v1/interventions?user_id=a")
        got = (answer.status_code, answer.headers["Retry-After"], answer.json())
        assert got == (429, "5", {"detail": detail})


def test_subscription_is_possible_again_when_another_was_closed(server_with):
    world = World(server_with(Limits(subscriptions=1)).url)
    with open_stream(world):
        pass
    assert eventually(lambda: HTTP.get(f"{world.collector}/stats").json()["subscriptions"] == 0)
    with open_stream(world):
        assert listeners(world) == 1


# Definitions


def groups(count: int) -> list[Any]:
    return [group(name=f"things_{number}") for number in range(count)]


def test_definition_beyond_the_limit_is_429(server_with):
    signals = World(server_with(SMALL).url).signals
    signals.publish(groups(2))  # and their key
    with pytest.raises(SignalsAPIError) as refusal:
        signals.publish(groups(3))
    detail = "This sandbox has 3 definitions, and no more are possible. Delete some, or reset it."
    assert (refusal.value.status_code, detail in str(refusal.value)) == (429, True)


def test_definition_beyond_the_limit_does_not_exist(server_with):
    world = World(server_with(SMALL).url)
    world.signals.publish(groups(2))
    with pytest.raises(SignalsAPIError):
        world.signals.publish(groups(3))
    names = [each["name"] for each in world.api("GET", "registry/attribute_groups/").json()]
    assert names == ["things_0", "things_1"]


def test_definitions_at_the_limit_can_be_published_again(server_with):
    world = World(server_with(SMALL).url)
    world.signals.publish(groups(2))
    world.signals.publish(groups(2))
    world.signals.unpublish(groups(2))
    published = world.api("GET", "registry/attribute_groups/").json()
    assert [each.get("is_published") for each in published] == [False, False]


def test_definition_is_possible_again_when_another_was_deleted(server_with):
    world = World(server_with(SMALL).url)
    first = group(name="first")
    unused = service(first)
    world.signals.publish([first, unused])
    world.signals.unpublish([unused])
    world.signals.delete([unused])
    assert world.signals.publish([group(name="second")])


# Stored events


def test_oldest_stored_events_make_room(limited):
    server = limited(Limits(stored_events=4))
    events = many(6)
    for event in events:
        assert server.post(event).text == "ok"
    kept = server.client.get(f"/sandbox/{TOKEN}/events").json()
    assert [each["event_id"] for each in kept] == [each["eid"] for each in reversed(events[-4:])]


def test_oldest_failed_events_make_room(limited):
    server = limited(Limits(stored_events=4))
    for number in range(6):
        server.post({"e": "nonsense", "eid": str(number)})
    assert [each.event_id for each in failed_events(server)] == ["5", "4", "3", "2"]


def failed_events(server: Limited) -> Any:
    return server.store.failed_events(server.sandboxes.of_token(TOKEN).id, 100)


def test_events_are_kept_of_one_sandbox_as_if_there_were_no_other(limited):
    server = limited(Limits(stored_events=4))
    server.post(*many(3), token=OTHER)
    server.post(*many(9))
    assert server.counts(OTHER) == (3, 0)


def test_some_room_is_made_at_a_time(limited):
    server = limited(Limits(stored_events=200))
    server.post(*many(200))
    server.post(*many(1))
    assert server.counts() == (198, 0)


def test_retried_events_push_out_none(limited):
    server = limited(Limits(stored_events=4))
    events = many(4)
    for _ in range(3):
        server.post(*events)
    assert server.counts() == (4, 0)


def test_events_are_counted_anew_after_a_reset(limited):
    server = limited(Limits(stored_events=4))
    server.post(*many(4))
    server.client.post(f"/sandbox/{TOKEN}/reset")
    server.post(*many(4))
    assert server.counts() == (4, 0)


def large(count: int) -> list[dict[str, str]]:
    return [seen(None, {"text": "x" * 1_000}) for _ in range(count)]


def test_oldest_events_make_room_for_large_ones(limited):
    server = limited(Limits(stored_bytes=4_000))
    server.post(*many(4))
    server.post(*large(3))
    stored = server.client.get(f"/sandbox/{TOKEN}/events").json()
    assert [len(each["data"]) for each in stored] == [1, 1, 1]


def test_oldest_failed_events_make_room_for_large_ones(limited):
    server = limited(Limits(stored_bytes=5_000))
    for number in range(6):
        server.post({"e": "nonsense", "eid": str(number), "tv": "x" * 1_000})
    assert [each.event_id for each in failed_events(server)] == ["5", "4", "3", "2"]


def test_what_is_deleted_of_a_user_leaves_room(limited):
    server = limited(Limits(stored_events=4))
    user = new_id()
    server.post(*[seen(user) for _ in range(4)])
    server.client.post(f"/sandbox/{TOKEN}/reset", params={"user_id": user})
    server.post(*many(4))
    assert server.counts() == (4, 0)


def test_events_that_were_not_committed_take_no_room(limited):
    store = limited(Limits(stored_events=4)).store
    sandbox_id = store.sandbox_id(TOKEN)
    for number in range(3):
        with suppress(TooMany), store.transaction():
            store.add_failed_events(sandbox_id, [(str(number), NOW, None, b"{}", b"[]")] * 2)
            if number == 1:
                raise TooMany("", 0)
    assert store.counts(sandbox_id) == (0, 4)


def test_definitions_beyond_their_bytes_are_429(server_with):
    signals = World(server_with(Limits(stored_bytes=2_000)).url).signals
    with pytest.raises(SignalsAPIError) as refusal:
        signals.publish(groups(20))
    assert "This sandbox has definitions of 2,000 bytes, and no more" in str(refusal.value)


def test_value_outlives_the_events_that_it_was_computed_from(server_with):
    world = World(server_with(Limits(stored_events=4)).url)
    world.signals.publish([group(), service(group())])
    user = new_id()
    for _ in range(10):
        world.post(seen(user))
    assert world.read("user_id", user)["count"] == [10]


def test_large_batch_leaves_no_more_than_the_limit(limited):
    server = limited(Limits(stored_events=50))
    server.post(*many(250))
    assert server.counts()[0] <= 50


# Sandboxes


def test_new_sandbox_takes_the_place_of_an_unused_one(limited, monkeypatch):
    monkeypatch.setattr("lib.sandbox.sandboxes.OPEN_AT_MOST", 1)
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    clock.now += UNUSED_MS + 1
    server.post(*many(1), token=OTHER)
    assert server.post(*many(1), token=THIRD).text == "ok"
    clock.now += UNUSED_MS + 1
    assert [server.counts(token) for token in (OTHER, TOKEN)] == [(2, 0), (0, 0)]


def test_nothing_of_a_replaced_sandbox_stays(limited, monkeypatch):
    monkeypatch.setattr("lib.sandbox.sandboxes.OPEN_AT_MOST", 1)
    clock = HandClock()
    server = limited(Limits(sandboxes=1), clock)
    first = group()
    for each in (first.attribute_key, first):
        body = each.model_dump(mode="json", exclude_none=True)
        kind = "attribute_groups" if each is first else "attribute_keys"
        path = f"/sandbox/{TOKEN}/api/v1/registry/{kind}/"
        assert server.client.post(path, json=body | {"is_published": True}).status_code == 201
    server.post(seen(new_id()), {"e": "nonsense"})
    before = rows_by_table(server)
    clock.now += UNUSED_MS + 1
    server.sandboxes._sandboxes.clear()
    server.post(*many(0), token=OTHER, body={"schema": "not one"})
    after = rows_by_table(server)
    assert all(before[table] for table in ("definition", "event", "profile_change"))
    assert after == dict.fromkeys(before, 0) | {"sandbox": 1, "failed_event": 1}


def rows_by_table(server: Limited) -> dict[str, int]:
    database = server.store._db
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = database.execute(query).fetchall()
    return {
        name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables
    }


def test_new_sandbox_is_429_while_all_are_in_use(limited):
    server = limited()
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    answer = server.post(*many(1), token=THIRD)
    detail = (
        "This server has 2 sandboxes, all of them in use, and no more are possible."
        " Try again later."
    )
    got = (answer.status_code, answer.headers["Retry-After"], answer.json())
    assert got == (429, "60", {"detail": detail})


def test_sandbox_that_took_an_event_today_is_not_replaced(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    server.sandboxes._sandboxes.clear()  # as after a restart
    clock.now += UNUSED_MS - 1
    assert server.post(*many(1), token=THIRD).status_code == 429


def test_sandbox_that_is_open_is_not_replaced(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    clock.now += UNUSED_MS + 1
    assert server.post(*many(1), token=THIRD).status_code == 429


def test_moved_clock_does_not_make_a_sandbox_look_used(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.client.post(f"/sandbox/{token}/clock", json={"seconds": 10 * 365 * 24 * 3600})
        server.post(*many(1), token=token)
    server.sandboxes._sandboxes.clear()
    clock.now += UNUSED_MS + 1
    assert server.post(*many(1), token=THIRD).text == "ok"


def test_known_sandbox_is_opened_whatever_the_limit(limited):
    server = limited()
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    server.sandboxes._sandboxes.clear()
    assert server.counts(OTHER) == (1, 0)


# Slow, huge and many


def connected(url: str) -> socket.socket:
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


def head(world: World, length: int, path: str = TP2, method: str = "POST") -> bytes:
    lines = ["Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {length}"]
    first = f"{method} /sandbox/{world.token}{path} HTTP/1.1"
    return ("\r\n".join([first, *lines]) + "\r\n\r\n").encode()


def until_closed(client: socket.socket) -> bytes:
    """All that still arrives; fails the test if the connection stays open for half a minute."""
    try:
        return b"".join(iter(lambda: client.recv(65536), b""))
    except ConnectionResetError:
        return b""


def dripped_until_closed(client: socket.socket, drops: bytes) -> bytes:
    """One byte at a time, as soon as nothing was answered to the last; then as `until_closed`."""
    client.settimeout(0.01)
    for drop in drops:
        try:
            client.send(bytes([drop]))
            answer = client.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return b""
        client.settimeout(30)
        return answer + until_closed(client)
    raise AssertionError("the server took all of it")


def test_slow_body_keeps_nobody_waiting(server_with):
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 1_000) + b"{")
        began = time.monotonic()
        world.post(seen(new_id()))
        assert time.monotonic() - began < HELD_UP_SECONDS


def test_slow_body_is_408_and_the_connection_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.2)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 100_000))
        answer = dripped_until_closed(slow, b"{" + b" " * 3_000).decode()
    assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith('\r\n\r\n{"detail":"The body did not arrive within 0.2 seconds."}')


@pytest.mark.parametrize("path", ["/api/v1/get-online-attributes", "/api/v1/registry/services/"])
def test_slow_body_to_the_api_is_408(server_with, monkeypatch, path):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.2)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 100_000, path) + b"{")
        answer = until_closed(slow).decode()
    assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith('\r\n\r\n{"detail":"The body did not arrive within 0.2 seconds."}')


def test_stream_is_not_cut_by_the_time_for_a_body(server_with, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)
    monkeypatch.setattr("lib.sandbox.signals.subscriptions.KEEP_ALIVE_SECONDS", 0.1)
    with open_stream(World(server_with().url)) as lines:
        comments = [line for line in islice(lines, 6) if line]
    assert comments == [": keep-alive"] * 3


def test_stream_whose_request_is_slow_is_closed(server_with, monkeypatch, caplog):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.1)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 10, "/api/v1/interventions?user_id=a", "GET"))
        assert eventually(lambda: listeners(world) == 1)
        assert eventually(lambda: listeners(world) == 0)
    assert caplog.text == ""


def listeners(world: World) -> int:
    count: int = HTTP.get(f"{world.collector}/stats").json()["subscriptions"]
    return count


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: 127.0."], ids=["", "half"])
def test_connection_without_a_whole_request_is_closed(server_with, monkeypatch, sent):
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", 0.2)
    with connected(server_with().url) as silent:
        silent.sendall(sent)
        assert until_closed(silent) == b""


def test_head_that_trickles_in_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", 0.2)
    with connected(server_with().url) as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        assert dripped_until_closed(slow, b"x" * 3_000) == b""


def test_body_that_trickles_on_after_the_answer_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", 0.3)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, MAX_BODY_BYTES + 1))
        assert slow.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert dripped_until_closed(slow, b"x" * 3_000) == b""


def test_kept_connection_has_the_whole_time_for_each_request(server_with, monkeypatch):
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", 0.4)
    world = World(server_with().url)
    with connected(world.url) as kept:
        kept.settimeout(0.05)
        answers = 0
        began = time.monotonic()
        while time.monotonic() - began < 0.8:  # requests in two parts, one begun with another
            kept.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /health HTTP/1.1\r\n")
            kept.sendall(b"Host: 127.0.0.1\r\n\r\n")
            received = b""
            while received.count(b"ok") < 2:
                received += kept.recv(65536)
            answers += 2
    assert answers > 2


def test_stream_is_not_cut_by_the_time_for_a_request(server_with, monkeypatch):
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", 0.1)
    monkeypatch.setattr("lib.sandbox.signals.subscriptions.KEEP_ALIVE_SECONDS", 0.1)
    with open_stream(World(server_with().url)) as lines:
        comments = [line for line in islice(lines, 8) if line]
    assert comments == [": keep-alive"] * 4


def test_head_that_is_too_large_is_431(shared_server):
    with connected(shared_server.url) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        # Not more than it reads before it answers: what is unread when it closes resets all.
        client.sendall(b"X-Large: " + b"x" * arrival.MAX_HEAD_BYTES)
        answer = until_closed(client).decode()
    detail = '{"detail":"The address and the headers are larger than 65536 bytes."}'
    assert (answer.partition("\r\n")[0], answer.partition("\r\n\r\n")[2]) == (
        "HTTP/1.1 431 Request Header Fields Too Large",
        detail,
    )


def test_stream_for_a_thousand_users_has_room_in_a_head(shared_world):
    query = "&".join(f"user_id={new_id()}" for _ in range(1_000))
    url = f"{shared_world.collector}/api/v1/interventions?{query}"
    with httpx.Client(trust_env=False) as client, client.stream("GET", url) as answer:
        assert answer.status_code == 200


def test_subscriptions_that_vanish_leave_nothing_behind(server_with):
    world = World(server_with(Limits()).url)
    request = f"GET /sandbox/{world.token}/api/v1/interventions?user_id=a HTTP/1.1\r\n"
    listeners(world)  # which keeps a connection of this test's own
    before = open_files()
    clients = [connected(world.url) for _ in range(subscriptions_possible())]
    for client in clients:
        client.sendall(f"{request}Host: 127.0.0.1\r\n\r\n".encode())
    assert eventually(lambda: listeners(world) == len(clients), seconds=30)
    for client in clients:
        client.close()
    assert eventually(lambda: listeners(world) == 0, seconds=30)
    assert eventually(lambda: open_files() <= before)


def subscriptions_possible() -> int:
    """A thousand, or fewer where a process may have few files: each takes two here."""
    resource = pytest.importorskip("resource")
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    free = math.inf if allowed == resource.RLIM_INFINITY else allowed - open_files() - 50
    return int(min(1_000, free // 2))


def open_files() -> int:
    import psutil

    return int(psutil.Process(os.getpid()).num_fds())


def test_time_of_the_world_is_no_matter_to_the_limits(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    server.post(*many(5))
    clock.now = NOW + 10**9
    assert server.post(*many(1)).status_code == 429
