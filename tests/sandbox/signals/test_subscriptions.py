"""The stream of interventions: its exact lines, its headers, and its subscribers."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import httpx
import pytest
from snowplow_signals import InterventionInstance, LinkAttributeKey

from lib.sandbox.limits import TARGETS_IN_SUBSCRIPTION
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.signals import subscriptions
from lib.sandbox.signals.interventions import Target, instance
from lib.sandbox.signals.memory_budget import MemoryBudget
from lib.sandbox.signals.subscriptions import HELD_SECONDS, QUEUED_AT_MOST, Queues, Subscriptions
from tests.support.limited import HandMonotonic
from tests.support.sandbox import (
    HTTP,
    World,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    seen,
    targets,
    thread_of,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

ADA = Target("user_id", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01")
GRACE = Target("user_id", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e02")
SESSION = Target("domain_sessionid", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e03")
CHANGED = intervention(criterion("things:count", "changed"))


def nudge(target: Target, intervention_id: str = "id") -> dict[Target, InterventionInstance]:
    return {target: instance(intervention_id, "nudge", 1, target, {})}


async def waiting(subscription: subscriptions.Subscription) -> list[str]:
    """The lines still queued on a stream, without the comment on connecting."""
    subscription.close()
    return [line async for line in subscription.lines()][1:]


def received(listener: Subscriptions, *listened: Target) -> int:
    """How many interventions a new subscriber to these targets gets."""
    with listener.open(listened) as subscription:
        return len(asyncio.run(waiting(subscription)))


def stream_of(world: World, **identifiers: str) -> Any:
    headers = {"Authorization": f"Bearer {world.token}", "Origin": "https://shop.example"}
    url = f"{world.url}/api/v1/interventions"
    return HTTP.stream("GET", url, params=identifiers, headers=headers)


def listeners(world: World) -> int:
    return int(HTTP.get(f"{world.collector}/stats").json()["subscriptions"])


@contextmanager
def lines_of(world: World, **identifiers: str) -> Iterator[Iterator[str]]:
    with stream_of(world, **identifiers) as answer:
        yield (raw.decode() for raw in answer.iter_raw())


# On the wire


def test_stream_answers_with_headers_for_browsers(shared_world: World) -> None:
    with stream_of(shared_world, user_id=new_id()) as answer:
        headers = {name: answer.headers.get(name) for name in HEADERS}
    assert (answer.status_code, headers) == (200, HEADERS)


HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "access-control-allow-origin": "https://shop.example",
    "cache-control": "no-cache",
    "content-encoding": None,
}


def test_comment_comes_before_any_event(shared_world: World) -> None:
    with lines_of(shared_world, user_id=new_id()) as lines:
        assert next(lines) == ": connected\n\n"


def test_intervention_is_one_data_line_and_a_blank_one(shared_world: World) -> None:
    user = new_id()
    pushed = InterventionInstance(
        name="hello", version=2, intervention_id="abc", attributes={"a": "line\nbreak"}
    )
    with lines_of(shared_world, user_id=user) as lines:
        next(lines)
        shared_world.signals.push_intervention(targets(user_id=user), pushed)
        line = next(lines)
    assert line == (
        'data: {"attributes":{"a":"line\\nbreak"},"intervention_id":"abc","name":"hello",'
        f'"target_attribute_key":{{"id":"{user}","name":"user_id"}},"version":2}}\n\n'
    )


def test_subscription_without_a_target_is_422(shared_world: World) -> None:
    answer = shared_world.api("GET", "interventions")
    problem = {
        "loc": ["query"],
        "msg": "name at least one attribute key and identifier, such as ?user_id=<uuid>",
        "type": "value_error",
    }
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


def test_browser_without_a_bearer_subscribes_by_path(shared_world: World) -> None:
    url = f"{shared_world.collector}/api/v1/interventions"
    with HTTP.stream("GET", url, params={"user_id": new_id()}) as answer:
        assert (answer.status_code, next(answer.iter_text())) == (200, ": connected\n\n")


def test_idle_stream_sends_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "KEEP_ALIVE_SECONDS", 0.001)

    async def first_lines() -> list[str]:
        with Subscriptions().open([ADA]) as subscription:
            lines = subscription.lines()
            said = [await anext(lines), await anext(lines), await anext(lines)]
            await lines.aclose()  # type: ignore[attr-defined]
            return said

    assert asyncio.run(first_lines()) == [": connected\n\n"] + [": keep-alive\n\n"] * 2


# Delivery


def test_listener_gets_what_is_delivered_for_its_targets() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as ada, everyone.open([GRACE]) as grace:
        everyone.deliver(nudge(ADA), hold=True)
        got = [len(asyncio.run(waiting(each))) for each in (ada, grace)]
    assert got == [1, 0]


def test_connection_gets_an_intervention_for_several_of_its_targets_once() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA, SESSION]) as both:
        everyone.deliver(nudge(ADA) | nudge(SESSION), hold=True)
        assert len(asyncio.run(waiting(both))) == 1


def test_held_intervention_for_several_targets_comes_once() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA) | nudge(SESSION), hold=True)
    assert [received(everyone, ADA, SESSION), received(everyone, ADA, SESSION)] == [1, 0]


def test_every_connection_of_a_target_gets_it() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as first, everyone.open([ADA]) as second:
        assert everyone.deliver(nudge(ADA), hold=True) == 2
        got = [len(asyncio.run(waiting(each))) for each in (first, second)]
    assert got == [1, 1]


def test_intervention_is_held_for_the_first_subscriber() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA), hold=True)
    assert [received(everyone, GRACE), received(everyone, ADA), received(everyone, ADA)] == [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(("seconds", "expected"), [(HELD_SECONDS - 0.01, 1), (HELD_SECONDS, 0)])
def test_intervention_is_held_for_ten_seconds(seconds: float, expected: int) -> None:
    monotonic = HandMonotonic()
    everyone = Subscriptions(monotonic)
    everyone.deliver(nudge(ADA), hold=True)
    monotonic.now += seconds
    assert received(everyone, ADA) == expected


def test_held_intervention_without_a_subscriber_is_lost() -> None:
    monotonic = HandMonotonic()
    everyone = Subscriptions(monotonic)
    intervention = nudge(ADA)
    everyone.deliver(intervention, hold=True)
    fates = [everyone.fate(intervention[ADA].intervention_id or "")]
    monotonic.now += HELD_SECONDS
    fates.append(everyone.fate(intervention[ADA].intervention_id or ""))
    assert fates == ["held", "lost"]


def test_held_intervention_with_a_subscriber_is_delivered() -> None:
    everyone = Subscriptions()
    intervention = nudge(ADA)
    everyone.deliver(intervention, hold=True)
    received(everyone, ADA)
    assert everyone.fate(intervention[ADA].intervention_id or "") == "delivered"


def test_delivered_intervention_is_not_replayed() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]):
        everyone.deliver(nudge(ADA), hold=True)
    assert received(everyone, ADA) == 0


def test_pushed_intervention_is_not_held() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA), hold=False)
    assert received(everyone, ADA) == 0


def test_queue_of_a_stalled_connection_is_bounded() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as stalled:
        for number in range(QUEUED_AT_MOST + 10):
            everyone.deliver(nudge(ADA, str(number)), hold=True)
        assert len(asyncio.run(waiting(stalled))) == QUEUED_AT_MOST - 1


def large(target: Target, intervention_id: str) -> dict[Target, InterventionInstance]:
    """An intervention with 90 kB of attributes."""
    texts = {"text": "x" * 90_000}
    return {target: instance(intervention_id, "nudge", 1, target, texts)}


def test_stalled_connection_has_so_many_bytes_at_most_and_the_rest_does_not_reach_it() -> None:
    queues = Queues(4_000_000)
    everyone = Subscriptions(queues=queues)
    with everyone.open([ADA]) as stalled, everyone.open([GRACE]):
        reached = [everyone.deliver(large(ADA, str(number)), hold=False) for number in range(50)]
        assert 900_000 < stalled.queued_bytes <= 1_000_000
        assert everyone.deliver(nudge(GRACE), hold=False) == 1
        assert reached == [1] * 11 + [0] * 39
    assert queues.total == 0


def test_what_a_stalled_connection_cannot_take_is_held_for_another() -> None:
    everyone = Subscriptions(queues=Queues(400_000))
    with everyone.open([ADA]):
        assert [everyone.deliver(large(ADA, each), hold=True) for each in "ab"] == [1, 0]
        assert everyone.fate("b") == "held"
        assert received(everyone, ADA) == 1


def test_of_all_connections_the_one_that_waits_for_most_is_closed_first() -> None:
    queues = Queues(1_000_000)
    first, second = Subscriptions(queues=queues), Subscriptions(queues=queues)
    listeners_of_many = [first.open([ADA]) for _ in range(8)]
    stalled = [each.__enter__() for each in listeners_of_many]
    with second.open([GRACE]) as other:
        second.deliver(nudge(GRACE), hold=False)
        for number in range(2):
            first.deliver(large(ADA, str(number)), hold=False)
        assert queues.total <= 1_000_000
        assert 0 in [each.queued_bytes for each in stalled]
        assert len(asyncio.run(waiting(other))) == 1
    for each in listeners_of_many:
        each.__exit__(None, None, None)
    assert queues.total == 0


def test_what_is_read_makes_room_again() -> None:
    queues = Queues(400_000)
    everyone = Subscriptions(queues=queues)
    with everyone.open([ADA]) as subscription:
        for number in range(5):
            assert everyone.deliver(large(ADA, str(number)), hold=False) == 1
            lines = subscription.lines()
            asyncio.run(two_of(lines))
            assert queues.total == 0


async def two_of(lines: Any) -> None:
    assert [(await anext(lines))[:5] for _ in range(2)] == [": con", "data:"]


def test_held_interventions_have_so_many_bytes_at_most() -> None:
    budget = MemoryBudget(4_000_000)
    first, second = (Subscriptions(budget=budget) for _ in range(2))
    for number in range(50):
        first.deliver(large(ADA, str(number)), hold=True)
        assert first.held_bytes <= 1_000_000
    second.deliver(large(GRACE, "other"), hold=True)
    assert budget.total == first.held_bytes + second.held_bytes
    assert received(second, GRACE) == 1 and received(first, ADA) == 11


def test_held_interventions_go_once_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "HELD_SECONDS", 0.01)
    budget = MemoryBudget(4_000_000)
    everyone = Subscriptions(budget=budget)

    async def held_alone() -> int:
        for number in range(3):
            everyone.deliver(large(ADA, str(number)), hold=True)
        size = everyone.held_bytes
        while everyone.held_bytes:  # nothing else happens here
            await asyncio.sleep(0.01)
        return size

    assert asyncio.run(held_alone()) > 270_000
    assert (budget.total, everyone.fate("0")) == (0, "lost")


def test_subscription_names_so_many_targets_at_most(shared_world: World) -> None:
    named = "&".join(["user_id=a"] * (TARGETS_IN_SUBSCRIPTION + 1))
    answer = shared_world.api("GET", f"interventions?{named}")
    assert answer.status_code == 422
    assert "1,001 identifiers, and at most 1,000" in answer.json()["detail"][0]["msg"]


def test_closed_subscription_leaves_nothing_behind() -> None:
    everyone, target = Subscriptions(), Target("user_id", new_id())
    with everyone.open([target, SESSION]):
        pass
    kept = weakref.ref(target)
    del target
    gc.collect()
    assert (everyone.count(), kept()) == (0, None)


# With the SDK


def test_sdk_gets_each_change_once(shared_world: World) -> None:
    shared_world.signals.publish([group(), CHANGED])
    user = new_id()
    with listening(shared_world.signals, user_id=user) as subscription:
        shared_world.post(seen(user), seen(user), seen(user))
        counts = [subscription.get(timeout=PATIENCE_SECONDS).attributes["count"] for _ in range(3)]
        with pytest.raises(Empty):
            subscription.get(timeout=0.1)
    assert counts == ["1", "2", "3"]


@pytest.mark.parametrize("line_break", [*"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\r\n"])
def test_sdk_gets_a_value_with_a_line_break(shared_world: World, line_break: str) -> None:
    user, value = new_id(), f"one{line_break}two"
    pushed = InterventionInstance(name="hello", version=1, attributes={"text": value})
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        shared_world.signals.push_intervention(targets(user_id=user), pushed)
        assert subscription.get(timeout=PATIENCE_SECONDS).attributes == {"text": value}


def test_sdk_with_two_targets_gets_their_intervention_once(shared_world: World) -> None:
    both = [LinkAttributeKey(name="user_id"), LinkAttributeKey(name="domain_sessionid")]
    rule = intervention(criterion("things:count", ">=", 1), target_attribute_keys=both)
    shared_world.signals.publish([group(), rule])
    user, session = new_id(), new_id()
    with listening(shared_world.signals, user_id=user, domain_sessionid=session) as subscription:
        shared_world.post(seen(user, sid=session))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "nudge"
        with pytest.raises(Empty):
            subscription.get(timeout=0.1)


def test_push_to_a_listener_is_a_success(shared_world: World) -> None:
    user = new_id()
    pushed = InterventionInstance(name="hello", version=1)
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        assert shared_world.signals.push_intervention(targets(user_id=user), pushed) == "success"
        got = subscription.get(timeout=PATIENCE_SECONDS)
    assert (got.attributes, got.target_attribute_key.model_dump()) == (
        {},
        {"name": "user_id", "id": user},
    )


def test_pushed_instance_without_an_id_gets_one(shared_world: World) -> None:
    user = new_id()
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        shared_world.signals.push_intervention(
            targets(user_id=user), InterventionInstance(name="hello", version=1)
        )
        assert len(subscription.get(timeout=PATIENCE_SECONDS).intervention_id) == 36


def test_push_without_a_subscriber_is_undelivered(shared_world: World) -> None:
    pushed = InterventionInstance(name="hello", version=1)
    answer = shared_world.signals.push_intervention(targets(user_id=new_id()), pushed)
    assert answer == "undelivered"


# Connecting and leaving


def test_subscriber_is_gone_when_the_client_leaves(shared_world: World) -> None:
    with lines_of(shared_world, user_id=new_id()) as lines:
        next(lines)
        assert listeners(shared_world) == 1
    assert eventually(lambda: listeners(shared_world) == 0)


def test_stopping_the_server_ends_open_streams(server: EmbeddedServer, world: World) -> None:
    with lines_of(world, user_id=new_id()) as lines:
        next(lines)
        server.stop()
        assert list(lines) == []


def test_stopping_the_server_ends_the_sdks_thread(server: EmbeddedServer, world: World) -> None:
    with world.signals.pull_interventions(targets(user_id=new_id())) as subscription:
        assert eventually(lambda: listeners(world) == 1)
        server.stop()
        thread = thread_of(subscription)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def test_stopped_server_is_not_alive_and_refuses_connections(
    server: EmbeddedServer, world: World
) -> None:
    with lines_of(world, user_id=new_id()) as lines:
        next(lines)
        server.stop()
    with pytest.raises(httpx.ConnectError):
        HTTP.get(f"{world.url}/health")
    assert not server.is_alive


def test_sdks_thread_ends_with_the_line_after_stop(shared_world: World) -> None:
    user = new_id()
    with shared_world.signals.pull_interventions(targets(user_id=user)) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        thread = thread_of(subscription)
    shared_world.signals.push_intervention(
        targets(user_id=user), InterventionInstance(name="bye", version=1)
    )
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
