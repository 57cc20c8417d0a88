"""The store: what is kept of a sandbox is read back, in order, and nothing of another one."""

import sqlite3

import orjson
import pytest

from lib.sandbox.storage import store as store_module
from lib.sandbox.storage.rows import NewFailedEvent
from lib.sandbox.storage.store import EventRow, FailedEventRow, Store, StoredEvent
from tests.support.sandbox import NOW, new_id

RECEIVED = {"collector_tstamp": NOW}


def row(number: int, user: str | None = None, session: str | None = None) -> EventRow:
    """An event that was collected at this second."""
    payload = orjson.dumps({"number": str(number)})
    return EventRow(new_id(), NOW + 1_000 * number, user, session, payload, orjson.dumps(RECEIVED))


def numbers(found: list[StoredEvent]) -> list[int]:
    return [int(orjson.loads(each.payload)["number"]) for each in found]


# Sandboxes


def test_token_has_one_sandbox(store: Store, mine: int, theirs: int) -> None:
    assert (store.sandbox_id("mine"), store.sandbox_id("theirs")) == (mine, theirs)
    assert mine != theirs


def test_sandbox_of_a_file_that_counted_them_keeps_its_id(store: Store) -> None:
    store.db.execute("INSERT INTO sandbox (id, token) VALUES (7, 'old')")
    store.add_sandbox(store.sandbox_id("old"), "old")
    assert store.db.execute("SELECT id, token FROM sandbox").fetchall() == [(7, "old")]


def test_two_tokens_never_share_a_sandbox(store: Store, mine: int) -> None:
    store.db.execute("UPDATE sandbox SET token = 'somebody else' WHERE id = ?", (mine,))
    with pytest.raises(sqlite3.IntegrityError, match="two tokens have the same id"):
        store.sandbox_id("mine")


def test_clock_of_a_sandbox_is_moved_alone(store: Store, mine: int, theirs: int) -> None:
    store.set_clock_offset(mine, 60_000)
    assert (store.clock_offset(mine), store.clock_offset(theirs)) == (60_000, 0)


# Events


def test_events_get_ascending_numbers_and_known_ones_none(
    store: Store, mine: int, theirs: int
) -> None:
    first, second, third = row(1), row(2), row(3)
    one, two = store.add_events(mine, [first, second])
    again, new, twice = store.add_events(mine, [second, third, third])
    elsewhere = store.add_events(theirs, [first])
    assert one is not None and two is not None and new is not None
    assert one < two < new
    assert (again, twice) == (None, None)
    assert elsewhere != [None]
    assert (store.counts(mine), store.counts(theirs)) == ((3, 0), (1, 0))


def test_number_of_a_deleted_event_is_never_used_again(store: Store, mine: int) -> None:
    [before] = store.add_events(mine, [row(1)])
    store.delete_events(mine)
    [after] = store.add_events(mine, [row(1)])
    assert before is not None and after is not None and after > before


def test_events_are_read_newest_first(store: Store, mine: int) -> None:
    store.add_events(mine, [row(each, session="s" if each % 2 else None) for each in range(6)])
    assert numbers(store.events_before(mine, None, 3)) == [5, 4, 3]
    assert numbers(store.events_before(mine, None, 10, since=NOW + 4_000)) == [5, 4]
    assert numbers(store.events_before(mine, None, 10, session_id="s")) == [5, 3, 1]
    assert orjson.loads(store.events_before(mine, None, 1)[0].received) == RECEIVED


def test_events_of_a_user_are_among_the_newest_that_are_looked_through(
    store: Store, mine: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_events(mine, [row(each, "odd" if each % 2 else "even") for each in range(6)])
    assert numbers(store.events_of_user(mine, "odd", 2)) == [5, 3]
    monkeypatch.setattr(store_module, "LOOKED_THROUGH", 2)
    assert numbers(store.events_of_user(mine, "odd", 2)) == [5]


def test_failed_events_are_read_newest_first(store: Store, mine: int, theirs: int) -> None:
    reasons = orjson.dumps([{"schema": None, "path": "$", "message": "no"}])
    store.add_failed_events(
        mine, [NewFailedEvent(each, NOW, None, b'"raw"', reasons) for each in ("a", "b")]
    )
    store.add_failed_events(theirs, [NewFailedEvent(None, NOW, "user", b"{}", b"[]")])
    assert store.failed_events(mine, 1) == [
        FailedEventRow("b", NOW, None, "raw", [{"schema": None, "path": "$", "message": "no"}])
    ]
    assert (store.counts(mine), store.counts(theirs)) == ((0, 2), (0, 1))


def test_what_is_deleted_of_a_user_is_named(store: Store, mine: int) -> None:
    theirs, own = row(1, "other"), row(2, "user")
    store.add_events(mine, [theirs, own])
    store.add_failed_events(
        mine, [NewFailedEvent(each, NOW, "user", b"{}", b"[]") for each in ("broken", None)]
    )
    assert store.delete_events_of_user(mine, "user") == [own.event_id, "broken"]
    assert store.counts(mine) == (1, 0)


# Interventions


def test_intervention_fires_once_for_a_target(store: Store, mine: int, theirs: int) -> None:
    target = ("nudge", 1, "user_id", "a")
    assert [store.mark_fired(mine, *target) for _ in range(2)] == [True, False]
    assert store.mark_fired(theirs, *target)
    assert store.mark_fired(mine, "nudge", 2, "user_id", "a")


def test_what_fired_can_be_forgotten_for_one_identifier_or_for_all(store: Store, mine: int) -> None:
    targets = [("nudge", 1, key, who) for key in ("user_id", "device") for who in ("a", "b")]
    for each in targets:
        store.mark_fired(mine, *each)
    store.delete_fired_for(mine, "a")
    assert [store.mark_fired(mine, *each) for each in targets] == [True, False, True, False]
    store.delete_fired(mine)
    assert all(store.mark_fired(mine, *each) for each in targets)
