"""Every aggregation through the whole sandbox, against a recomputation over the raw events.

Events come out of order, twice, late, from the future and on the edges of the window; the clock
moves; the process restarts; profiles are evicted and folded into snapshots; groups are unpublished,
published again, deleted, and published in a new version.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.aggregations import AGGREGATIONS
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.values import typed_value
from lib.sandbox.storage.store import Store
from tests.support.known import as_json
from tests.support.naive import NUMERIC, naive, typed, usable
from tests.support.sandbox import NOW, attribute, group, new_id, seen
from tests.support.size import sized

PERIOD = 10_000
TTL = 15_000
USERS = [f"6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e0{number}" for number in range(2)]
VALUES: list[Any] = ["a", "b", "1", "true", "é😀", 1, 1.0, 2, 2.5, True, False, 0, -3, 0.1, 2**53]
VALUES += [2**63 - 1, -(2**63), 1.7e308, None, [1], {"a": 1}, 2**63, "a\x00b"]
EDGES = [-PERIOD - 1, -PERIOD, -PERIOD + 1, -1, 0, 1, PERIOD, 10 * PERIOD, -10 * PERIOD]
STEPS = [0, 1, PERIOD // 2, PERIOD - 1, PERIOD, PERIOD + 1, TTL - 1, TTL, TTL + 1]


def type_of(name: str) -> str:
    if name in NUMERIC or name.startswith("time_since"):
        return "double"
    by_name = {"counter": "int64", "approx_count_distinct": "int32", "category_count": "dict"}
    return by_name.get(name, "string_list" if name == "unique_list" else "string")


def attributes() -> Iterator[Any]:
    """Each aggregation, over a period and over a lifetime."""
    for name in AGGREGATIONS:
        options: dict[str, Any] = {"type": type_of(name)}
        if name.startswith("time_since"):
            options["time_unit"] = "s"
        yield attribute(f"{name}_lately", name, period=f"PT{PERIOD // 1000}S", **options)
        yield attribute(name, name, ttl=f"PT{TTL // 1000}S", **options)


ATTRIBUTES = list(attributes())


class Lifetime:
    """The events of one lifetime attribute; all are gone when the last is older than the TTL."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, int]] = []
        self.updated = 0

    def add(self, value: Any, tstamp: int, now: int) -> None:
        self.events = [*self.at(now), (value, tstamp)]
        self.updated = now

    def at(self, now: int) -> list[tuple[Any, int]]:
        return self.events if now - self.updated < TTL else []


class Version:
    """One version of the group as it should be: which events counted, for whom."""

    def __init__(self) -> None:
        self.is_published = True
        self.forget()

    def forget(self) -> None:
        self.events: dict[str, list[tuple[Any, int]]] = {user: [] for user in USERS}
        self.lifetimes = {(user, name): Lifetime() for user in USERS for name in AGGREGATIONS}

    def add(self, user: str, value: Any, tstamp: int, now: int) -> None:
        self.events[user].append((value, tstamp))
        for name in AGGREGATIONS:
            if usable(name, value):
                self.lifetimes[user, name].add(value, tstamp, now)

    def value(self, user: str, name: str, now: int, *, lately: bool) -> Any:
        if lately:
            events = [event for event in self.events[user] if event[1] > now - PERIOD]
        else:
            events = self.lifetimes[user, name].at(now)
        return typed_value(type_of(name), merged(name, naive(name, events, now)))


def merged(name: str, value: Any) -> Any:
    """1 for 1.0 where the two are one value, which shows when numbers are read as text."""
    if isinstance(value, list):
        return [merged(name, each) for each in value]
    keeps_values_apart = name in ("first", "last")
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
    return int(value) if is_whole and not keeps_values_apart else value


class Histories(RuleBasedStateMachine):
    """Everything that can happen to a sandbox, in any order; read and compared after each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = NOW
        self.versions: dict[int, Version] = {}
        self.events: list[dict[str, str]] = []
        self.open()
        self.publish(1)

    def open(self) -> None:
        store = Store(Path(self.folder.name) / "sandbox.db")
        self.sandbox = Sandbox("histories", store, Iglu(), lambda: self.now)
        self.sandbox.profiles._capacity = 1

    def teardown(self) -> None:
        self.sandbox.store.close()
        self.folder.cleanup()
        super().teardown()

    def model(self, version: int, *, is_published: bool) -> Any:
        definition = as_json(group(*ATTRIBUTES, version=version))
        return GROUP.model.model_validate(definition | {"is_published": is_published})

    def publish(self, version: int) -> None:
        self.sandbox.registry.create(GROUP, self.model(version, is_published=True))
        self.versions[version] = Version()

    @rule(
        passed=st.sampled_from(STEPS) | st.integers(0, 2 * PERIOD),
        user=st.sampled_from(USERS),
        value=st.sampled_from(VALUES),
        offset=st.sampled_from(EDGES) | st.integers(-2 * PERIOD, 2 * PERIOD),
    )
    def see(self, passed: int, user: str, value: Any, offset: int) -> None:
        self.wait(passed)
        self.every_value_is_as_recomputed()
        tstamp = self.now + offset
        self.events.append(seen(user, {"value": value}, eid=new_id(), ttm=str(tstamp)))
        self.collect(self.events[-1])
        self.add(user, value, tstamp)

    @precondition(lambda self: self.events)
    @rule(number=st.integers(0))
    def see_again(self, number: int) -> None:
        """A retry, which counts for nobody."""
        self.collect(self.events[number % len(self.events)])

    @rule(user=st.sampled_from(USERS), values=st.lists(st.sampled_from(VALUES), max_size=12))
    def see_many(self, user: str, values: list[Any]) -> None:
        """Enough at once to be folded into a snapshot."""
        self.collect(*[seen(user, {"value": value}, ttm=str(self.now)) for value in values])
        for value in values:
            self.add(user, value, self.now)

    def add(self, user: str, value: Any, tstamp: int) -> None:
        for version in self.versions.values():
            if version.is_published:
                version.add(user, value, tstamp, self.now)

    def collect(self, *events: dict[str, str]) -> None:
        asyncio.run(self.sandbox.collect(events, [], Collected(self.now)))

    @rule(passed=st.sampled_from(STEPS) | st.integers(0, 2 * PERIOD))
    def wait(self, passed: int) -> None:
        self.now += passed

    @rule()
    def restart(self) -> None:
        self.sandbox.store.close()
        self.open()

    @rule()
    def publish_next_version(self) -> None:
        if len(self.versions) < 3:
            self.publish(max(self.versions) + 1)

    @rule(choice=st.integers(0))
    def unpublish_or_publish_again(self, choice: int) -> None:
        number = list(self.versions)[choice % len(self.versions)]
        self.set_published(number, not self.versions[number].is_published)

    @rule(choice=st.integers(0))
    def delete_and_publish_anew(self, choice: int) -> None:
        number = list(self.versions)[choice % len(self.versions)]
        self.set_published(number, False)
        self.sandbox.registry.delete(GROUP, "things", number)
        self.publish(number)

    def set_published(self, number: int, is_published: bool) -> None:
        model = self.model(number, is_published=is_published)
        self.sandbox.registry.update(GROUP, model.name, number, model)
        self.versions[number].is_published = is_published

    @invariant()
    def every_value_is_as_recomputed(self) -> None:
        for number, version in self.versions.items():
            definition = self.sandbox.registry.get(GROUP, "things", number)
            computed = self.sandbox.engine.computed_group(definition)
            for user in USERS:
                profile = self.sandbox.profiles.get(computed, user)
                for index, each in enumerate(ATTRIBUTES):
                    expected = version.value(
                        user, each.aggregation, self.now, lately=each.period is not None
                    )
                    actual = profile.value(computed, index, self.now)
                    assert typed(actual) == typed(expected), (each.name, actual, expected)


@contextmanager
def often_folded() -> Iterator[None]:
    """Snapshots after a few changes instead of many."""
    with (
        patch("lib.sandbox.signals.profiles.CHANGES_PER_SNAPSHOT", 4),
        patch("lib.sandbox.signals.profiles.GROWTH_PER_SNAPSHOT", 0),
    ):
        yield


def test_every_value_equals_a_recomputation_whatever_happens_between_events() -> None:

    with often_folded():
        run_state_machine_as_test(
            Histories, settings=settings(sized(10, 400), stateful_step_count=30)
        )
