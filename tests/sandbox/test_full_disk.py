"""A full disk: what cannot be stored is not acknowledged, and counts once when it is sent again."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import (
    HTTP,
    TP2,
    World,
    attribute,
    group,
    new_id,
    payload,
    seen,
    service,
)

COUNT = group(attribute("count", "counter"))
DEFINITIONS = [COUNT, service(COUNT)]


@pytest.fixture
def full_disk(server: EmbeddedServer, world: World) -> Iterator[Any]:
    """Makes the disk full, until told otherwise. The world has definitions and one event."""
    world.signals.publish(DEFINITIONS)
    database = server.app.state.sandboxes.store.db

    def set_full(is_full: bool) -> None:
        limit = 1 if is_full else 1_000_000
        database.execute(f"PRAGMA max_page_count = {limit}").fetchall()

    yield set_full
    set_full(False)


def large_batch(user: str) -> list[dict[str, str]]:
    """More than fits into the free space of the pages that the file has."""
    return [seen(user, {"value": 1, "filler": "x" * 2_000}) for _ in range(50)]


def test_collector_answers_503_while_the_disk_is_full(world: World, full_disk: Any) -> None:
    full_disk(True)
    answer = HTTP.post(world.collector + TP2, content=payload(*large_batch(new_id())))
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "detail": "The sandbox cannot use its database: database or disk is full."
            " Nothing was stored."
        },
    )


def test_values_are_not_ahead_of_a_database_that_refused(world: World, full_disk: Any) -> None:
    user = new_id()
    world.post(seen(user))
    full_disk(True)
    HTTP.post(world.collector + TP2, content=payload(*large_batch(user)))
    assert world.read("user_id", user)["count"] == [1]


def test_retry_after_a_full_disk_counts_everything_once(world: World, full_disk: Any) -> None:
    user = new_id()
    batch = large_batch(user)
    full_disk(True)
    HTTP.post(world.collector + TP2, content=payload(*batch))
    full_disk(False)
    world.post(*batch)
    assert world.read("user_id", user)["count"] == [50]


def test_definition_that_could_not_be_stored_does_not_exist(world: World, full_disk: Any) -> None:
    large = group(name="large", description="x" * 50_000).model_dump(mode="json", exclude_none=True)
    full_disk(True)
    assert world.api("POST", "registry/attribute_groups/", large).status_code == 503
    assert world.api("GET", "registry/attribute_groups/large").status_code == 404
