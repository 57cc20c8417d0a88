"""A limited store has so many sandboxes: one that nobody uses makes room for a new one."""

import pytest

from lib.sandbox.limits import Limits
from lib.sandbox.pipeline.iglu import METASCHEMA
from lib.sandbox.storage.limited_store import UNUSED_MS
from tests.support.limited import OTHER, SMALL, THIRD, TOKEN, Limited, many
from tests.support.sandbox import (
    TRACKER,
    HandClock,
    group,
    new_id,
    seen,
)


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
