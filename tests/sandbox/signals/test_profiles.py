"""Profiles: windows and times to live as the clock moves, the cache, and snapshots."""

from collections.abc import Iterator
from typing import Any

import pytest
from snowplow_signals import AttributeKey
from snowplow_signals.models.model import AttributeGroupInput, AttributeKeyInput

from lib.sandbox.signals.attributes import ComputedGroup, ComputedKey
from lib.sandbox.signals.memory_budget import MemoryBudget
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import CHANGES_PER_SNAPSHOT, Profiles
from lib.sandbox.storage.store import Store
from tests.support.known import as_json
from tests.support.sandbox import NOW, HandClock, World, attribute, group, new_id, seen


def test_window_empties_when_the_clock_moves(world: World, clock: HandClock) -> None:
    world.publish(group(attribute("count", "counter", period="P7D")))
    user = new_id()
    world.post(seen(user))
    clock.forward(days=1)
    world.post(seen(user))
    counts = []
    for days in (0, 5.9, 0.1, 0.9, 0.1):
        clock.forward(days=days)
        counts += world.read("user_id", user)["count"]
    assert counts == [2, 2, 1, 1, None]


def test_emptied_window_shows_the_default(world: World, clock: HandClock) -> None:
    world.publish(group(attribute("count", "counter", period="P7D", default_value=0)))
    user = new_id()
    world.post(seen(user))
    clock.forward(days=7)
    assert world.read("user_id", user)["count"] == [0]


def test_time_since_last_grows_with_the_clock(world: World, clock: HandClock) -> None:
    since = attribute("since", "time_since_last", type="double", time_unit="h")
    world.publish(group(since))
    user = new_id()
    world.post(seen(user))
    clock.forward(hours=1.5)
    assert world.read("user_id", user)["since"] == [1.5]


@pytest.mark.parametrize(
    ("attribute_ttl", "group_ttl", "key_ttl", "days"),
    [
        ("P2D", "P3D", "P4D", 2),
        (None, "P3D", "P4D", 3),
        (None, None, "P4D", 4),
        (None, None, None, 7),
    ],
)
def test_lifetime_value_is_deleted_a_ttl_after_its_last_update(
    world: World,
    clock: HandClock,
    attribute_ttl: str | None,
    group_ttl: str | None,
    key_ttl: str | None,
    days: int,
) -> None:
    key = AttributeKey.model_validate({"name": "user_id", "key": "user_id", "ttl": key_ttl})
    lifetime = attribute("count", "counter", ttl=attribute_ttl)
    world.publish(group(lifetime, ttl=group_ttl, attribute_key=key))
    user = new_id()
    world.post(seen(user))
    clock.forward(days=1)
    world.post(seen(user))  # the time to live starts over
    counts = []
    for step in (days - 0.001, 0.001):
        clock.forward(days=step)
        counts += world.read("user_id", user)["count"]
    assert counts == [2, None]


def test_group_that_only_names_its_key_has_its_own_time_to_live(
    world: World, clock: HandClock
) -> None:
    """Whatever the group that came first said of the key."""
    first, second = (
        AttributeKey.model_validate({"name": "user_id", "ttl": ttl}) for ttl in (None, "P30D")
    )
    world.publish(
        group(attribute("count", "counter"), attribute_key=first),
        group(attribute("lasting", "counter"), name="others", attribute_key=second),
    )
    user = new_id()
    world.post(seen(user))
    clock.forward(days=8)
    assert world.read("user_id", user) == {"user_id": [user], "count": [None], "lasting": [1]}


def test_lifetime_value_starts_over_after_its_deletion(world: World, clock: HandClock) -> None:
    world.publish(group(attribute("count", "counter", ttl="P1D")))
    user = new_id()
    world.post(seen(user))
    clock.forward(days=1)
    world.post(seen(user))
    assert world.read("user_id", user)["count"] == [1]


def test_event_that_is_late_by_more_than_the_window_is_not_counted(
    world: World, clock: HandClock
) -> None:
    world.publish(group(attribute("count", "counter", period="P1D")))
    user = new_id()
    long_ago = str(clock.now - 86_400_000)
    world.post(seen(user, ttm=long_ago), seen(user, ttm=str(clock.now - 86_399_999)))
    assert world.read("user_id", user)["count"] == [1]


# Cache and database

VALUES = AttributeGroupInput.model_validate(
    as_json(group(attribute("count", "counter"), attribute("last", type="int64")))
)
COMPUTED = ComputedGroup(1, VALUES, ComputedKey(AttributeKeyInput(name="user_id")))


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(":memory:")
    yield store
    store.close()


def see(profiles: Profiles, identifier: str, seq: int) -> None:
    """Count event number `seq`, whose value is its number."""
    profile = profiles.get(COMPUTED, identifier)
    profiles.change(COMPUTED, identifier, profile, seq, [(0, None), (1, seq)], NOW, NOW)


def values(profiles: Profiles, identifier: str) -> list[Any]:
    profile = profiles.get(COMPUTED, identifier)
    return [profile.value(COMPUTED, index, NOW) for index in range(2)]


def test_profile_that_was_never_seen_is_empty(store: Store) -> None:
    assert values(Profiles(store), "ada") == [None, None]


@pytest.mark.parametrize("events", [1, CHANGES_PER_SNAPSHOT - 1, CHANGES_PER_SNAPSHOT, 173])
def test_values_are_read_from_changes_and_snapshots_once_the_cache_is_empty(
    store: Store, events: int
) -> None:
    profiles = Profiles(store)
    with store.transaction():
        for seq in range(events):
            see(profiles, "ada", seq)
        profiles.flush()
    profiles.clear()
    assert values(profiles, "ada") == [events, events - 1]
    assert values(Profiles(store), "ada") == [events, events - 1]


def test_profile_that_left_the_cache_has_the_changes_that_were_not_written_yet(
    store: Store,
) -> None:
    profiles = Profiles(store, capacity=1)
    with store.transaction():
        for seq in range(10):
            see(profiles, "ada", 2 * seq)
            see(profiles, "grace", 2 * seq + 1)
        profiles.flush()
    assert [values(profiles, each) for each in ("ada", "grace")] == [[10, 18], [10, 19]]


def test_profile_that_was_used_last_stays_cached(store: Store) -> None:
    profiles = Profiles(store, capacity=2)
    ada, grace = (profiles.get(COMPUTED, each) for each in ("ada", "grace"))
    assert profiles.get(COMPUTED, "ada") is ada
    profiles.get(COMPUTED, "alan")
    assert profiles.get(COMPUTED, "ada") is ada
    assert profiles.get(COMPUTED, "grace") is not grace


def test_clearing_forgets_what_was_not_written(store: Store) -> None:
    profiles = Profiles(store)
    see(profiles, "ada", 0)
    profiles.clear()
    assert values(profiles, "ada") == [None, None]


def test_profile_is_restored_from_its_state() -> None:
    profile, restored = Profile("ada"), Profile("ada")
    profile.change(COMPUTED, [(0, None), (1, 7)], NOW, NOW)
    restored.restore(COMPUTED, profile.state())
    assert restored.state() == profile.state()
    assert [restored.value(COMPUTED, index, NOW) for index in range(2)] == [1, 7]


# Memory

LISTS = ComputedGroup(
    1,
    AttributeGroupInput.model_validate(
        as_json(group(attribute("recent", "unique_list", type="string_list", period="PT1H")))
    ),
    ComputedKey(AttributeKeyInput(name="user_id")),
)
LONG = "x" * 9_990
SECOND = 1_000


def see_long(profiles: Profiles, identifier: str, seq: int, now: int = NOW) -> int:
    """Count an event with a value of 10,000 characters; the bytes that it added."""
    value = f"{seq:010}{LONG}"
    profile = profiles.get(LISTS, identifier)
    return profiles.change(LISTS, identifier, profile, seq, [(0, value)], now, now)


def test_profile_that_is_too_large_takes_nothing_until_its_window_has_passed(store: Store) -> None:
    profiles = Profiles(store)
    with store.transaction():
        added = [see_long(profiles, "ada", seq) for seq in range(150)]
        profiles.flush()
        full = added.index(0)
        assert 90 < full <= 100 and set(added[full:]) == {0}
        assert not see_long(profiles, "ada", 200, NOW + 30 * SECOND)
        assert see_long(profiles, "ada", 201, NOW + 3_700 * SECOND)
    assert profiles.get(LISTS, "ada").size < 20_000


def test_full_profile_is_looked_at_once_a_minute(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []
    save = store.save_profile
    monkeypatch.setattr(store, "save_profile", lambda *row: (saved.append(row), save(*row)))
    profiles = Profiles(store)
    with store.transaction():
        for seq in range(110):
            see_long(profiles, "ada", seq)
        before = len(saved)
        for seq in range(110, 300):
            see_long(profiles, "ada", seq, NOW + seq * 200)
    assert len(saved) - before <= 2


def test_cached_profiles_have_so_many_bytes_at_most(store: Store) -> None:
    budget = MemoryBudget(4_000_000)
    profiles, others = Profiles(store, budget=budget), Profiles(store, budget=budget)
    with store.transaction():
        for seq in range(300):
            see_long(profiles, f"user {seq % 30}", seq)
            profiles.flush()
            assert budget.total <= 1_500_000
    see_long(others, "ada", 0)
    others.clear()
    assert 0 < budget.total <= 1_000_000
    profiles.clear()
    assert budget.total == 0


def test_emptied_cache_reads_again_what_was_not_written(store: Store) -> None:
    profiles = Profiles(store)
    with store.transaction():
        see(profiles, "ada", 1)
        profiles.empty()
        see(profiles, "ada", 2)
        profiles.flush()
    assert values(profiles, "ada") == [2, 2]


def test_few_profiles_are_read_from_the_database_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    read = store.profiles
    monkeypatch.setattr(
        store, "profiles", lambda group_id, ids: (asked.append(len(ids)), read(group_id, ids))[1]
    )
    Profiles(store).load(COMPUTED, [str(number) for number in range(1_000)])
    assert sum(asked) == 1_000 and max(asked) <= 20


def test_long_identifier_counts_as_memory() -> None:
    short, long = Profile("x"), Profile("x" * 1_000)
    assert long.memory - short.memory == 999
