"""A limited store: the oldest events make room, and so do sandboxes that nobody uses."""

from contextlib import suppress
from typing import Any

import pytest
from snowplow_signals import SignalsAPIError

from lib.sandbox.errors import TooMany
from lib.sandbox.limits import Limits
from lib.sandbox.pipeline.iglu import METASCHEMA
from lib.sandbox.storage.limited_store import UNUSED_MS
from lib.sandbox.storage.rows import NewFailedEvent
from tests.support.limited import OTHER, SMALL, THIRD, TOKEN, Limited, groups, many
from tests.support.sandbox import (
    NOW,
    PAYLOAD,
    TP2,
    TRACKER,
    HandClock,
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


def test_new_sandbox_takes_the_place_of_an_unused_one(limited, monkeypatch):
    monkeypatch.setattr("lib.sandbox.sandboxes.OPEN_SANDBOXES", 1)
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    clock.now += UNUSED_MS + 1
    server.post(*many(1), token=OTHER)
    assert server.post(*many(1), token=THIRD).text == "ok"
    clock.now += UNUSED_MS + 1
    assert [server.counts(token) for token in (OTHER, TOKEN)] == [(2, 0), (0, 0)]


def test_replaced_sandbox_leaves_nothing_behind(limited, monkeypatch):
    monkeypatch.setattr("lib.sandbox.sandboxes.OPEN_SANDBOXES", 1)
    clock = HandClock()
    server = limited(Limits(sandboxes=1), clock)
    first = group()
    for each in (first.attribute_key, first):
        body = each.model_dump(mode="json", exclude_none=True)
        kind = "attribute_groups" if each is first else "attribute_keys"
        path = f"/sandbox/{TOKEN}/api/v1/registry/{kind}/"
        assert server.client.post(path, json=body | {"is_published": True}).status_code == 201
    server.post(seen(new_id()), {**TRACKER, "e": "nonsense"})
    before = rows_by_table(server)
    clock.now += UNUSED_MS + 1
    server.restart()
    server.post(*many(0), token=OTHER, body={"schema": "not one"})
    after = rows_by_table(server)
    assert all(before[table] for table in ("definition", "event", "profile_change"))
    assert after == dict.fromkeys(before, 0) | {"sandbox": 1, "failed_event": 1, "request": 1}


def rows_by_table(server: Limited) -> dict[str, int]:
    database = server.store.db
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
        "This server has 2 sandboxes, which is the limit, and all of them are in use."
        " Try again later."
    )
    got = (answer.status_code, answer.headers["Retry-After"], answer.json())
    assert got == (429, "60", {"detail": detail})


def test_sandbox_with_an_event_today_is_not_replaced(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    server.restart()
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
    server.restart()
    clock.now += UNUSED_MS + 1
    assert server.post(*many(1), token=THIRD).text == "ok"


def publish(server: Limited, token: str) -> None:
    body = group().attribute_key.model_dump(mode="json", exclude_none=True)
    path = f"/sandbox/{token}/api/v1/registry/attribute_keys/"
    assert server.client.post(path, json=body).status_code == 201


def add_schema(server: Limited, token: str) -> None:
    schema = {
        "$schema": METASCHEMA,
        "self": {"vendor": "co.a", "name": "a", "format": "jsonschema", "version": "1-0-0"},
        "type": "object",
    }
    assert server.client.post(f"/sandbox/{token}/schemas", json=schema).status_code == 201


def move_clock(server: Limited, token: str) -> None:
    server.client.post(f"/sandbox/{token}/clock", json={"seconds": 60})


def look_at(server: Limited, token: str) -> None:
    assert server.counts(token) == (0, 0)


def send(server: Limited, token: str) -> None:
    server.post(*many(1), token=token)


def send_nonsense(server: Limited, token: str) -> None:
    server.post({"e": "nonsense"}, token=token)


def tokens(server: Limited) -> list[str]:
    return [token for (token,) in server.store.db.execute("SELECT token FROM sandbox ORDER BY id")]


def empty(server: Limited, token: str) -> None:
    send(server, token)
    server.client.post(f"/sandbox/{token}/reset")


def read(server: Limited, token: str) -> None:
    assert server.client.get(f"/sandbox/{token}/events").json() == []


def reset(server: Limited, token: str) -> None:
    assert server.client.post(f"/sandbox/{token}/reset").status_code < 300


@pytest.mark.parametrize("use", [look_at, read, reset])
def test_sandbox_that_nothing_was_sent_to_has_no_row(limited, use):
    server = limited(SMALL)
    for number in range(10):
        use(server, f"{number:032}")
    assert tokens(server) == []


@pytest.mark.parametrize("prepared", [publish, add_schema, move_clock, send, send_nonsense])
def test_emptied_sandboxes_leave_first(limited, prepared):
    server = limited(SMALL)
    empty(server, OTHER)
    prepared(server, TOKEN)
    server.restart()
    send(server, THIRD)
    assert set(tokens(server)) == {TOKEN, THIRD}


@pytest.mark.parametrize("prepared", [publish, add_schema, move_clock])
def test_prepared_sandbox_outlasts_one_with_events_alone(limited, prepared):
    clock = HandClock()
    server = limited(SMALL, clock)
    prepared(server, TOKEN)
    send(server, OTHER)
    server.restart()
    clock.now += UNUSED_MS + 1
    send(server, THIRD)
    assert set(tokens(server)) == {TOKEN, THIRD}


def test_room_that_was_published_today_and_has_no_event_is_not_replaced(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        published = group().attribute_key.model_dump(mode="json", exclude_none=True)
        path = f"/sandbox/{token}/api/v1/registry/attribute_keys/"
        server.client.post(path, json=published | {"is_published": True})
    server.restart()
    clock.now += UNUSED_MS - 1
    assert server.post(*many(1), token=THIRD).status_code == 429


def test_opening_again_and_again_pushes_out_no_sandbox(limited, monkeypatch):
    monkeypatch.setattr("lib.sandbox.sandboxes.OPEN_SANDBOXES", 5)
    server = limited(Limits(sandboxes=20))
    publish(server, TOKEN)
    send(server, OTHER)
    for number in range(200):
        look_at(server, f"{number:032}")
    assert set(tokens(server)) == {TOKEN, OTHER}


def test_server_that_is_full_looks_again_after_a_minute(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    for token in (TOKEN, OTHER):
        send(server, token)
    server.restart()
    clock.now += UNUSED_MS - 1
    assert server.post(*many(1), token=THIRD).status_code == 429
    clock.now += 59_999
    assert server.post(*many(1), token=THIRD).status_code == 429
    clock.now += 1
    assert server.post(*many(1), token=THIRD).status_code == 200


def test_existing_sandbox_opens_at_the_limit(limited):
    server = limited()
    for token in (TOKEN, OTHER):
        server.post(*many(1), token=token)
    server.restart()
    assert server.counts(OTHER) == (1, 0)
