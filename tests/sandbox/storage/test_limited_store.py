"""A limited store: definitions beyond a limit are refused, and the oldest events make room."""

from contextlib import suppress
from typing import Any

import pytest
from snowplow_signals import SignalsAPIError

from lib.sandbox.errors import TooMany
from lib.sandbox.limits import Limits
from lib.sandbox.storage.rows import NewFailedEvent
from tests.support.limited import OTHER, SMALL, TOKEN, Limited, groups, many
from tests.support.sandbox import (
    NOW,
    PAYLOAD,
    TP2,
    World,
    group,
    new_id,
    seen,
    service,
)


def test_definition_beyond_the_limit_is_429(server_with):
    signals = World(server_with(SMALL).url).signals
    signals.publish(groups(2))  # and their key
    with pytest.raises(SignalsAPIError) as refusal:
        signals.publish(groups(3))
    detail = "This sandbox has 3 definitions, which is the limit. Delete some, or reset it."
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


def test_deleted_definition_leaves_room_for_another(server_with):
    world = World(server_with(SMALL).url)
    first = group(name="first")
    unused = service(first)
    world.signals.publish([first, unused])
    world.signals.unpublish([unused])
    world.signals.delete([unused])
    assert world.signals.publish([group(name="second")])


def test_definitions_beyond_their_bytes_are_429(server_with):
    signals = World(server_with(Limits(stored_bytes=2_000)).url).signals
    with pytest.raises(SignalsAPIError) as refusal:
        signals.publish(groups(20))
    assert "This sandbox has definitions of 2,000 bytes, which is the limit" in str(refusal.value)


def test_oldest_stored_events_are_deleted_first(limited):
    server = limited(Limits(stored_events=4))
    events = many(6)
    for event in events:
        assert server.post(event).text == "ok"
    kept = server.client.get(f"/sandbox/{TOKEN}/events").json()
    assert [each["event_id"] for each in kept] == [each["eid"] for each in reversed(events[-4:])]


def test_oldest_failed_events_are_deleted_first(limited):
    server = limited(Limits(stored_events=4))
    for number in range(6):
        server.post({"e": "nonsense", "eid": str(number)})
    assert [each.event_id for each in failed_events(server)] == ["5", "4", "3", "2"]


def failed_events(server: Limited) -> Any:
    return server.store.failed_events(server.sandboxes.of_token(TOKEN).id, 100)


def test_limit_of_stored_events_is_for_each_sandbox(limited):
    server = limited(Limits(stored_events=4))
    server.post(*many(3), token=OTHER)
    server.post(*many(9))
    assert server.counts(OTHER) == (3, 0)


def test_one_percent_of_the_events_is_deleted_at_once(limited):
    server = limited(Limits(stored_events=200))
    server.post(*many(200))
    server.post(*many(1))
    assert server.counts() == (198, 0)


def test_events_sent_again_push_out_no_others(limited):
    server = limited(Limits(stored_events=4))
    events = many(4)
    for _ in range(3):
        server.post(*events)
    assert server.counts() == (4, 0)


def test_events_are_counted_again_after_a_reset(limited):
    server = limited(Limits(stored_events=4))
    server.post(*many(4))
    server.client.post(f"/sandbox/{TOKEN}/reset")
    server.post(*many(4))
    assert server.counts() == (4, 0)


def large(count: int) -> list[dict[str, str]]:
    return [seen(None, {"text": "x" * 1_000}) for _ in range(count)]


def test_large_events_push_out_more_of_the_oldest(limited):
    server = limited(Limits(stored_bytes=4_500))
    server.post(*many(4))
    server.post(*large(3))
    stored = server.client.get(f"/sandbox/{TOKEN}/events").json()
    assert [len(each["data"]) for each in stored] == [1, 1, 1]


def test_large_failed_events_push_out_more_of_the_oldest(limited):
    server = limited(Limits(stored_bytes=6_000))
    for number in range(6):
        server.post({"e": "nonsense", "eid": str(number), "tv": "x" * 1_000})
    assert [each.event_id for each in failed_events(server)] == ["5", "4", "3", "2"]


@pytest.mark.parametrize("is_open", [True, False])
def test_reasons_of_failed_events_count_as_their_bytes(limited, is_open):
    store = limited(Limits(stored_bytes=10_000)).store
    sandbox_id = store.sandbox_id(TOKEN)
    for number in range(12):
        if not is_open:  # what is there is counted again
            store._stored.clear()
        store.add_failed_events(
            sandbox_id, [NewFailedEvent(str(number), NOW, None, b"{}", b"x" * 998)]
        )
    kept = store.db.execute("SELECT event_id FROM failed_event ORDER BY seq").fetchall()
    assert kept == [(str(number),) for number in range(2, 12)]


def test_how_events_were_received_counts_as_their_bytes(limited):
    server = limited(Limits(stored_bytes=10_000))
    headers = {"User-Agent": "x" * 4_000}
    for _ in range(5):
        body = {"schema": PAYLOAD, "data": [{**seen(None), "ua": "short"}]}
        server.client.post(f"/sandbox/{TOKEN}{TP2}", json=body, headers=headers)
    assert server.counts() == (2, 0)


def test_deleted_events_of_a_user_leave_room(limited):
    server = limited(Limits(stored_events=4))
    user = new_id()
    server.post(*[seen(user) for _ in range(4)])
    server.client.post(f"/sandbox/{TOKEN}/reset", params={"user_id": user})
    server.post(*many(4))
    assert server.counts() == (4, 0)


def test_events_that_were_rolled_back_take_no_room(limited):
    store = limited(Limits(stored_events=4)).store
    sandbox_id = store.sandbox_id(TOKEN)
    for number in range(3):
        with suppress(TooMany), store.transaction():
            store.add_failed_events(
                sandbox_id, [NewFailedEvent(str(number), NOW, None, b"{}", b"[]")] * 2
            )
            if number == 1:
                raise TooMany("", 0)
    assert store.counts(sandbox_id) == (0, 4)


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
