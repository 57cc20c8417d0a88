"""What one address may do where addresses have limits."""

from contextlib import ExitStack

import pytest

from lib.sandbox import limits
from lib.sandbox.errors import TooMany
from lib.sandbox.limits import EventLimit, Limits, client_address
from tests.support.limited_worlds import (
    OTHER,
    limited,  # noqa: F401 (a fixture)
    many,
    open_stream,
    seconds,  # noqa: F401 (a fixture)
    server_with,  # noqa: F401 (a fixture)
)
from tests.support.sandbox import (
    HTTP,
    World,
)
from tests.support.waiting import eventually


def test_address_has_one_limit_for_all_its_sandboxes(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    client_address.set("192.0.2.1")
    events.take(5, 5, events.bucket())
    with pytest.raises(TooMany) as refusal:
        events.take(1, 1, events.bucket())
    client_address.set("")
    detail = (
        "Your address sends too many events. The limit is 1 a second, after 5 at once."
        " None of these 1 were stored. Send them again in 1 s."
    )
    assert (refusal.value.detail, refusal.value.retry_after) == (detail, 1)


def test_addresses_have_a_limit_each(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    for address in ("192.0.2.1", "192.0.2.2"):
        client_address.set(address)
        events.take(5, 5, events.bucket())
    client_address.set("")


def test_what_an_address_may_not_send_does_not_count_for_the_sandbox(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    sandbox = events.bucket()
    client_address.set("192.0.2.1")
    events.take(5, 5, events.bucket())
    with pytest.raises(TooMany, match="Your address sends too many events"):
        events.take(5, 5, sandbox)
    client_address.set("")
    events.take(5, 5, sandbox)


def test_only_so_many_addresses_are_kept(seconds, monkeypatch):
    monkeypatch.setattr(limits, "ADDRESSES_KEPT", 2)
    events = EventLimit(Limits(), seconds)
    for number in range(5):
        client_address.set(f"192.0.2.{number}")
        events.take(1, 1, events.bucket())
    client_address.set("")
    assert list(events._addresses) == ["192.0.2.3", "192.0.2.4"]


def test_address_of_a_request_counts_where_it_is_to(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5, per_address=True))
    server.post(*many(5))
    answer = server.post(*many(1), token=OTHER)
    assert answer.json()["detail"].startswith("Your address sends too many events")


def test_address_can_keep_only_so_many_requests_open(server_with):
    url = server_with(Limits(subscriptions=2, per_address=True)).url
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(open_stream(World(url)))  # each in a sandbox of its own
        answer = HTTP.get(f"{url}/health")
        detail = "Your address has 2 open requests, which is the limit."
        assert (answer.status_code, answer.json()) == (429, {"detail": detail})
        assert answer.headers["Retry-After"] == "1"
    assert eventually(lambda: HTTP.get(f"{url}/health").status_code == 200)
