"""Reading attribute values while definitions, the clock or another process change."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from snowplow_signals import (
    StreamAttributeGroup,
)
from snowplow_signals.models.model import GetAttributeGroupAttributesRequest

from lib.sandbox.errors import NotFound
from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.queries import online
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.kinds import GROUP, KEY
from lib.sandbox.storage.store import Store
from tests.support.known import as_json
from tests.support.sandbox import NOW, attribute, group, new_id, seen

COUNT = attribute("count", "counter")
LAST = attribute("last", "last", type="int64")
PAIR = [new_id(), new_id()]


def opened(store: Store, token: str) -> Sandbox:
    return Sandbox(token, store, Iglu(), lambda: NOW)


def published(definition: StreamAttributeGroup) -> Any:
    return GROUP.model.model_validate(as_json(definition) | {"is_published": True})


def collect(sandbox: Sandbox, *events: dict[str, str]) -> None:
    asyncio.run(sandbox.collect(events, [], Collected(NOW)))


def read_interrupted(
    sandbox: Sandbox,
    name: str,
    change: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    now: int = NOW,
) -> Any:
    """The values of an attribute for the pair of users; `change` happens after the first value."""
    changes = [change]

    async def take(self: Pauses) -> bool:
        if not changes:
            return False
        await asyncio.to_thread(changes.pop())
        return True

    monkeypatch.setattr(Pauses, "take", take)
    asked = {"attributes": [f"things_v1:{name}"], "attribute_keys": {"user_id": PAIR}}
    request = GetAttributeGroupAttributesRequest.model_validate(asked)
    return asyncio.run(online.group_attributes(sandbox, request, now))[name]


def test_group_that_changes_while_it_is_read_is_read_as_it_is_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = opened(Store(":memory:"), "a")
    sandbox.registry.create(GROUP, published(group(COUNT)))
    collect(sandbox, *map(seen, PAIR))

    def change() -> None:
        sandbox.registry.set_published(GROUP, "things", 1, is_published=False)
        sandbox.registry.update(GROUP, "things", 1, published(group(LAST, COUNT)))
        collect(sandbox, *(seen(user, {"value": 1}) for user in PAIR + PAIR))

    assert read_interrupted(sandbox, "count", change, monkeypatch) == [2, 2]
    sandbox.store.close()


def test_value_that_came_after_the_clock_was_set_back_outlives_a_reading_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = opened(Store(":memory:"), "a")
    recent = attribute("recent", "counter", period=timedelta(days=7))
    sandbox.registry.create(GROUP, published(group(recent)))
    sandbox.move_clock(8 * 24 * 60 * 60 * 1000)

    def change() -> None:
        sandbox.reset(keep_definitions=True)
        collect(sandbox, *map(seen, PAIR))

    ahead = sandbox.now()
    assert read_interrupted(sandbox, "recent", change, monkeypatch, ahead) == [1, 1]
    assert read_interrupted(sandbox, "recent", lambda: None, monkeypatch) == [1, 1]
    sandbox.store.close()


def test_group_that_is_deleted_while_it_is_read_shows_nothing_of_another_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(":memory:")
    sandbox, another = opened(store, "a"), opened(store, "b")
    sandbox.registry.create(GROUP, published(group(LAST)))

    def change() -> None:
        sandbox.registry.set_published(GROUP, "things", 1, is_published=False)
        sandbox.registry.delete(GROUP, "things", 1)
        sandbox.registry.delete(KEY, "user_id", 1)
        another.registry.create(GROUP, published(group(LAST)))
        collect(another, *(seen(user, {"value": 1}) for user in PAIR))

    with pytest.raises(NotFound, match="'things' version 1 does not exist"):
        read_interrupted(sandbox, "last", change, monkeypatch)
    store.close()


@pytest.fixture
def two_processes(tmp_path: Path) -> Iterator[tuple[Sandbox, Sandbox]]:
    """One sandbox, opened twice, with a group that has counted an event of each of the pair."""
    here, there = (opened(Store(tmp_path / "sandbox.db"), "a") for _ in range(2))
    here.registry.create(GROUP, published(group(COUNT)))
    collect(here, *map(seen, PAIR))
    there.catch_up()
    yield here, there
    here.store.close()
    there.store.close()


def test_read_sees_what_another_process_changed_meanwhile(
    monkeypatch: pytest.MonkeyPatch, two_processes: tuple[Sandbox, Sandbox]
) -> None:
    here, there = two_processes

    def change() -> None:
        there.registry.set_published(GROUP, "things", 1, is_published=False)
        there.registry.update(GROUP, "things", 1, published(group(LAST, COUNT)))
        collect(there, *(seen(user, {"value": 1}) for user in PAIR + PAIR))

    assert read_interrupted(here, "count", change, monkeypatch) == [2, 2]


def test_read_goes_on_while_another_process_takes_events(
    monkeypatch: pytest.MonkeyPatch, two_processes: tuple[Sandbox, Sandbox]
) -> None:
    """However many: only other definitions make it start over."""
    here, there = two_processes

    def change() -> None:
        collect(there, *map(seen, PAIR))

    assert read_interrupted(here, "count", change, monkeypatch) == [1, 2]
