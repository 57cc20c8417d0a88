"""Requests are kept once each, the newest of each kind, and never shown with another's event."""

import pytest

from lib.sandbox.storage import sent_requests
from lib.sandbox.storage.store import Store


def count(store: Store) -> int:
    return int(store.db.execute("SELECT count(*) FROM request").fetchone()[0])


def test_the_same_request_is_kept_once(store):
    names = {store.keep_request(1, b'{"a": 1}', is_whole=False) for _ in range(5)}
    store.forget_requests()
    names.add(store.keep_request(1, b'{"a": 1}', is_whole=False))
    assert (len(names), count(store)) == (1, 1)
    assert store.request(1, names.pop()) == {"a": 1}


def test_a_sandbox_does_not_see_the_requests_of_another(store):
    name = store.keep_request(1, b"{}", is_whole=False)
    assert store.request(2, name) is None
    store.keep_request(2, b"{}", is_whole=False)
    store.delete_requests(2)
    assert (store.request(1, name), store.request(2, name)) == ({}, None)


def test_a_request_that_was_rolled_back_is_kept_the_next_time(store):
    with pytest.raises(ValueError, match="no"), store.transaction():
        store.keep_request(1, b"{}", is_whole=False)
        raise ValueError("no")
    store.forget_requests()
    assert store.request(1, store.keep_request(1, b"{}", is_whole=False)) == {}


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_oldest_leave_and_those_of_the_other_kind_stay(store, monkeypatch, is_whole):
    monkeypatch.setattr(sent_requests, "REQUESTS_KEPT", 20)
    other = store.keep_request(1, b"{}", is_whole=not is_whole)
    names = [store.keep_request(1, b"%d" % each, is_whole=is_whole) for each in range(99)]
    assert count(store) <= 20 + sent_requests.INSERTS_BETWEEN_TRIMS + 1
    assert store.request(1, other) == {}
    assert store.request(1, names[0]) is None
    assert store.request(1, names[-1]) == 98


def test_each_kind_of_each_sandbox_is_bounded_whatever_is_kept_in_between(store, monkeypatch):
    monkeypatch.setattr(sent_requests, "REQUESTS_KEPT", 20)
    for each in range(200):
        for sandbox_id in (1, 2):
            for is_whole in (False, True):
                content = b"[%d, %d]" % (each, is_whole)
                store.keep_request(sandbox_id, content, is_whole=is_whole)
    query = "SELECT count(*) FROM request GROUP BY sandbox_id, is_whole"
    kept = [number for (number,) in store.db.execute(query)]
    assert len(kept) == 4
    assert max(kept) <= 20 + sent_requests.INSERTS_BETWEEN_TRIMS


def test_requests_with_bodies_leave_with_a_user(store):
    sandbox_id = store.sandbox_id("token")
    headers = store.keep_request(sandbox_id, b'{"a": 1}', is_whole=False)
    whole = store.keep_request(sandbox_id, b'{"a": 2}', is_whole=True)
    store.delete_events_of_user(sandbox_id, "user")
    assert (store.request(sandbox_id, headers), store.request(sandbox_id, whole)) == (
        {"a": 1},
        None,
    )
