"""Requests that arrive together share a transaction, yet each fails on its own."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.payload import Refused
from lib.sandbox.sandbox import EVENTS_PER_TURN, Sandbox
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profiles import CACHED_PROFILES, Profiles
from lib.sandbox.storage.store import Store
from tests.support.collected import newest_event
from tests.support.known import as_json
from tests.support.sandbox import NOW, attribute, group, new_id, seen

USERS = [new_id() for _ in range(3)]
THINGS = group(attribute("count", "counter"), attribute("values", "unique_list", type="int64_list"))
RECEIVED = Collected(NOW)

Event = dict[str, str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = new_sandbox()
    yield sandbox
    sandbox.store.close()


def new_sandbox(cached_profiles: int = CACHED_PROFILES) -> Sandbox:
    sandbox = Sandbox("together", Store(":memory:"), Iglu(), lambda: NOW)
    sandbox.profiles = sandbox.engine.profiles = Profiles(sandbox.store, cached_profiles)
    published = as_json(THINGS) | {"is_published": True}
    sandbox.registry.create(GROUP, GROUP.model.model_validate(published))
    return sandbox


def send(sandbox: Sandbox, *requests: list[Event]) -> list[Any]:
    """Send requests at the same time; returns what each raises, else how many events failed."""

    async def send_all() -> list[Any]:
        sent = (sandbox.collect(events, [], RECEIVED) for events in requests)
        return await asyncio.gather(*sent, return_exceptions=True)

    return asyncio.run(send_all())


def values(sandbox: Sandbox, user: str) -> list[Any]:
    """A user's count and list of values."""
    computed = sandbox.engine.computed_group(sandbox.registry.get(GROUP, "things", 1))
    profile = sandbox.profiles.get(computed, user)
    return [profile.value(computed, index, NOW) for index in range(2)]


def numbered(user: str, numbers: range) -> list[Event]:
    return [seen(user, {"value": number}) for number in numbers]


def test_requests_that_arrive_together_are_processed_in_order(sandbox: Sandbox) -> None:
    requests = [numbered(USERS[0], range(start, start + 7)) for start in range(0, 70, 7)]
    assert send(sandbox, *requests) == [0] * 10
    assert values(sandbox, USERS[0]) == [70, list(range(70))]


def test_event_that_was_accepted_keeps_its_trace_when_it_comes_again(sandbox: Sandbox) -> None:
    event = seen(USERS[0], {"value": 1})
    send(sandbox, [event])
    first = sandbox.trace(event["eid"])
    send(sandbox, [event, event], [event])
    assert sandbox.trace(event["eid"]) == first


def commits(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list that grows with each transaction that the sandbox commits."""
    committed: list[None] = []
    transaction = sandbox.store.transaction

    @contextmanager
    def counted(*, is_synced: bool = True) -> Iterator[None]:
        with transaction(is_synced=is_synced):
            yield
        committed.append(None)

    monkeypatch.setattr(sandbox.store, "transaction", counted)
    return committed


def test_requests_that_arrive_together_share_a_transaction(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = commits(sandbox, monkeypatch)
    send(sandbox, *[numbered(USERS[0], range(5)) for _ in range(4)])
    assert len(committed) == 1


def test_large_request_is_split_into_transactions_and_stays_ahead_of_a_later_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = commits(sandbox, monkeypatch)
    size = 2 * EVENTS_PER_TURN + 1
    send(sandbox, numbered(USERS[0], range(size)), numbered(USERS[0], range(size, size + 1)))
    assert values(sandbox, USERS[0]) == [size + 1, list(range(size + 1))[-100:]]
    assert len(committed) == 3


@pytest.mark.parametrize(
    ("attributes", "criteria", "per_turn"), [(50, 0, 40), (100, 0, 20), (100, 4, 3), (40, 50, 1)]
)
def test_turn_is_shorter_the_more_is_computed_for_each_event(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    attributes: int,
    criteria: int,
    per_turn: int,
) -> None:
    test = {"property": {"type": "atomic", "name": "app_id"}, "operator": "=", "value": "a"}
    counters = [
        attribute(f"count_{number}", "counter", criteria={"all": [test] * criteria})
        for number in range(attributes)
    ]
    body = as_json(group(*counters, name="more")) | {"is_published": True}
    sandbox.registry.create(GROUP, GROUP.model.model_validate(body))
    send(sandbox, numbered(USERS[0], range(1)))
    committed = commits(sandbox, monkeypatch)
    send(sandbox, numbered(USERS[0], range(40)))
    assert 40 // per_turn <= len(committed) <= 40 // per_turn + 3


def test_large_definitions_that_are_not_compiled_yet_shorten_a_turn(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = [attribute(f"count_{number}", "counter") for number in range(100)]
    for name in ("a", "b", "c", "d"):
        body = as_json(group(*counters, name=name)) | {"is_published": True}
        sandbox.registry.create(GROUP, GROUP.model.model_validate(body))
    committed = commits(sandbox, monkeypatch)
    send(sandbox, numbered(USERS[0], range(40)))
    assert len(committed) >= 8


def test_event_in_two_simultaneous_requests_counts_once(sandbox: Sandbox) -> None:
    event = seen(USERS[0], {"value": 1})
    assert send(sandbox, [event, event], [seen(USERS[0]), event], [event]) == [0] * 3
    assert values(sandbox, USERS[0])[0] == 2


def test_unreadable_row_of_a_large_request_is_kept_once(sandbox: Sandbox) -> None:
    refused = [Refused("nonsense", [Failure(None, "$", "is no event")])]
    events = numbered(USERS[0], range(EVENTS_PER_TURN + 1))
    asyncio.run(sandbox.collect(events, refused, RECEIVED))
    assert sandbox.store.counts(sandbox.id) == (EVENTS_PER_TURN + 1, 1)


def test_failing_request_does_not_fail_those_committed_with_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_all = sandbox.engine.process_all

    def broken(arrivals: Any) -> Any:
        effects = process_all(arrivals)
        if any(each.event.atomic["user_id"] == USERS[1] for each in arrivals):
            raise ZeroDivisionError
        return effects

    monkeypatch.setattr(sandbox.engine, "process_all", broken)
    requests = [numbered(user, range(3)) for user in USERS]
    first, second, third = send(sandbox, *requests)
    assert (first, type(second), third) == (0, ZeroDivisionError, 0)
    assert [values(sandbox, user)[0] for user in USERS] == [3, None, 3]
    assert sandbox.store.counts(sandbox.id) == (6, 0)


def test_event_that_failed_counts_once_if_its_turn_is_tried_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events, errors = sandbox.store.add_events, [sqlite3.OperationalError("disk I/O error")]

    def once_broken(*stored: Any) -> Any:
        if errors:
            raise errors.pop()
        return add_events(*stored)

    monkeypatch.setattr(sandbox.store, "add_events", once_broken)
    nonsense = seen(USERS[0]) | {"e": "nonsense"}
    assert send(sandbox, [nonsense], numbered(USERS[0], range(1))) == [1, 0]
    assert sandbox.store.counts(sandbox.id) == (1, 1)


def test_rest_of_a_large_request_that_failed_is_not_stored(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    large, small = numbered(USERS[0], range(3 * EVENTS_PER_TURN)), numbered(USERS[1], range(2))
    with monkeypatch.context() as patched:
        patched.setattr(sandbox.store, "add_events", full)
        errors = send(sandbox, large, small)
    assert [type(each) for each in errors] == [sqlite3.OperationalError] * 2
    assert sandbox.store.counts(sandbox.id) == (0, 0)
    assert sandbox.is_idle
    assert send(sandbox, large, small) == [0, 0]  # sent again, as trackers do
    assert [values(sandbox, user)[0] for user in USERS] == [3 * EVENTS_PER_TURN, 2, None]


@given(
    requests=st.lists(
        st.lists(st.tuples(st.sampled_from(USERS), st.integers(0, 3)), max_size=12), max_size=8
    ),
    together=st.booleans(),
    capacity=st.sampled_from([1, 2, 10]),
)
def test_values_are_the_same_for_simultaneous_and_successive_requests(
    requests: list[list[tuple[str, int]]], together: bool, capacity: int
) -> None:
    sandbox = new_sandbox(capacity)
    sent = [[seen(user, {"value": value}) for user, value in each] for each in requests]
    if together:
        send(sandbox, *sent)
    else:
        for each in sent:
            send(sandbox, each)
    taken = [each for request in requests for each in request]
    for user in USERS:
        own = [value for each, value in taken if each == user]
        latest_last = list(dict.fromkeys(reversed(own)))[::-1]
        assert values(sandbox, user) == [len(own) or None, latest_last or None]
        sandbox.profiles.clear()  # and from the database
        assert values(sandbox, user) == [len(own) or None, latest_last or None]
    sandbox.store.close()


def test_values_continue_after_the_events_are_deleted(sandbox: Sandbox) -> None:
    send(sandbox, numbered(USERS[0], range(2)))
    sandbox.forget_events()
    assert send(sandbox, numbered(USERS[0], range(2, 4))) == [0]
    sandbox.profiles.clear()
    assert values(sandbox, USERS[0]) == [4, [0, 1, 2, 3]]


@pytest.mark.parametrize("keep_definitions", [False, True])
def test_what_is_being_taken_in_does_not_outlive_a_reset(
    sandbox: Sandbox, keep_definitions: bool
) -> None:
    async def reset_meanwhile() -> int:
        sandbox.move_clock(1_000)
        ahead = Collected(sandbox.now())
        batch = numbered(USERS[0], range(3 * EVENTS_PER_TURN))
        taking = asyncio.create_task(sandbox.collect(batch, [], ahead))
        while sandbox.store.counts(sandbox.id) == (0, 0):
            await asyncio.sleep(0)
        sandbox.reset(keep_definitions=keep_definitions)
        return await taking

    assert asyncio.run(reset_meanwhile()) == 0
    assert (sandbox.store.counts(sandbox.id), sandbox.is_idle) == ((0, 0), True)
    assert send(sandbox, numbered(USERS[0], range(2))) == [0]
    assert sandbox.store.counts(sandbox.id) == (2, 0)


def test_generated_event_id_is_kept_with_the_event(sandbox: Sandbox) -> None:
    event = seen(USERS[0])
    del event["eid"]
    send(sandbox, [event])
    kept = newest_event(sandbox)
    assert kept.fields == {**event, "eid": kept.event.event_id}
    assert orjson.loads(orjson.dumps(kept.received))["collector_tstamp"] == NOW
