"""A store in memory, and two sandboxes in it."""

from collections.abc import Iterator

import pytest

from lib.sandbox.storage.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(":memory:")
    yield store
    store.close()


def added(store: Store, token: str) -> int:
    sandbox_id = store.sandbox_id(token)
    store.add_sandbox(sandbox_id, token)
    return sandbox_id


@pytest.fixture
def mine(store: Store) -> int:
    return added(store, "mine")


@pytest.fixture
def theirs(store: Store) -> int:
    return added(store, "theirs")
