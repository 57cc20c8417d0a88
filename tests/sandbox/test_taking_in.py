"""Requests that arrive together: committed together, each for itself all the same."""

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
    """Requests that arrive at the same time; what each of them raises, or None."""

    async def send_all() -> list[Any]:
        sent = (sandbox.collect(events, [], RECEIVED) for events in requests)
        return await asyncio.gather(*sent, return_exceptions=True)

    return asyncio.run(send_all())


def values(sandbox: Sandbox, user: str) -> list[Any]:
    """The count and the list of values of a user."""
    computed = sandbox.engine.computed_group(sandbox.registry.get(GROUP, "things", 1))
    profile = sandbox.profiles.get(computed, user)
    return [profile.value(computed, index, NOW) for index in range(2)]


def numbered(user: str, numbers: range) -> list[Event]:
    return [seen(user, {"value": number}) for number in numbers]


def test_requests_that_arrive_together_are_taken_in_in_their_order(sandbox: Sandbox) -> None:
    requests = [numbered(USERS[0], range(start, start + 7)) for start in range(0, 70, 7)]
    assert send(sandbox, *requests) == [None] * 10
    assert values(sandbox, USERS[0]) == [70, list(range(70))]


def commits(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list that grows with each transaction that the sandbox commits."""
    committed: list[None] = []
    transaction = sandbox.store.transaction

    @contextmanager
    def counted() -> Iterator[None]:
        with transaction():
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


def test_large_request_before_a_small_one_comes_first_in_several_transactions(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = commits(sandbox, monkeypatch)
    size = 2 * EVENTS_PER_TURN + 1
    send(sandbox, numbered(USERS[0], range(size)), numbered(USERS[0], range(size, size + 1)))
    assert values(sandbox, USERS[0]) == [size + 1, list(range(size + 1))[-100:]]
    assert len(committed) == 3


def test_event_that_comes_in_two_requests_at_once_counts_once(sandbox: Sandbox) -> None:
    event = seen(USERS[0], {"value": 1})
    assert send(sandbox, [event, event], [seen(USERS[0]), event], [event]) == [None] * 3
    assert values(sandbox, USERS[0])[0] == 2


def test_row_that_cannot_be_read_is_kept_once_with_a_large_request(sandbox: Sandbox) -> None:
    refused = [Refused("nonsense", [Failure(None, "$", "is no event")])]
    events = numbered(USERS[0], range(EVENTS_PER_TURN + 1))
    asyncio.run(sandbox.collect(events, refused, RECEIVED))
    assert sandbox.store.counts(sandbox.id) == (EVENTS_PER_TURN + 1, 1)


def test_one_request_that_breaks_does_not_break_those_beside_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_all = sandbox.engine.process_all

    def broken(arrivals: Any) -> Any:
        outcomes = process_all(arrivals)
        if any(each.event.atomic["user_id"] == USERS[1] for each in arrivals):
            raise ZeroDivisionError
        return outcomes

    monkeypatch.setattr(sandbox.engine, "process_all", broken)
    requests = [numbered(user, range(3)) for user in USERS]
    first, second, third = send(sandbox, *requests)
    assert (first, type(second), third) == (None, ZeroDivisionError, None)
    assert [values(sandbox, user)[0] for user in USERS] == [3, None, 3]
    assert sandbox.store.counts(sandbox.id) == (6, 0)


def test_rest_of_a_large_request_that_broke_is_not_taken_in(
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
    assert send(sandbox, large, small) == [None, None]  # as trackers do: again
    assert [values(sandbox, user)[0] for user in USERS] == [3 * EVENTS_PER_TURN, 2, None]


@given(
    requests=st.lists(
        st.lists(st.tuples(st.sampled_from(USERS), st.integers(0, 3)), max_size=12), max_size=8
    ),
    together=st.booleans(),
    capacity=st.sampled_from([1, 2, 10]),
)
def test_values_are_the_same_together_and_one_after_the_other(
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


def test_values_go_on_after_the_events_are_forgotten(sandbox: Sandbox) -> None:
    send(sandbox, numbered(USERS[0], range(2)))
    sandbox.forget_events()
    assert send(sandbox, numbered(USERS[0], range(2, 4))) == [None]
    sandbox.profiles.clear()
    assert values(sandbox, USERS[0]) == [4, [0, 1, 2, 3]]


def test_event_id_that_the_sandbox_gave_is_kept_with_the_event(sandbox: Sandbox) -> None:
    event = seen(USERS[0])
    del event["eid"]
    send(sandbox, [event])
    [kept] = sandbox.newest_events(1)
    assert kept.fields == {**event, "eid": kept.event.event_id}
    assert orjson.loads(orjson.dumps(kept.received))["collector_tstamp"] == NOW
