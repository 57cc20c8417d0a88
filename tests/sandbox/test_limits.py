"""Limits: the defaults, and the rate of events of sandboxes and addresses."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lib.connection.backend import start_sandbox
from lib.people.crowd_progress import IN_THE_SANDBOX
from lib.sandbox import limits
from lib.sandbox.errors import TooMany
from lib.sandbox.limits import EventLimit, Limits, client_address
from lib.sandbox.pipeline.payload import MAX_EVENTS

# The defaults


def test_body_full_of_events_can_pass():
    assert Limits().events_at_once > MAX_EVENTS


def test_largest_simulated_team_is_far_within_the_limits():
    assert Limits().events_per_second >= 10 * IN_THE_SANDBOX.rate
    assert Limits().stored_events >= IN_THE_SANDBOX.events


def test_apps_own_server_limits_each_sandbox_and_no_address(tmp_path):
    server = start_sandbox(tmp_path / "sandbox.db")
    assert server.app.state.sandboxes.limits == Limits(per_address=False)
    server.stop()


# Of one address


@contextmanager
def from_address(address: str) -> Iterator[None]:
    """What is sent in the block comes from this address."""
    before = client_address.set(address)
    try:
        yield
    finally:
        client_address.reset(before)


def test_address_has_one_limit_for_all_its_sandboxes(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    with from_address("192.0.2.1"):
        events.take(5, 5, events.bucket())
        with pytest.raises(TooMany) as refusal:
            events.take(1, 1, events.bucket())
    detail = (
        "Your address sends too many events. The limit is 1 a second, after 5 at once."
        " Stored: none of 1. Send all again in 1 s."
    )
    assert (refusal.value.detail, refusal.value.retry_after) == (detail, 1)


def test_each_address_has_its_own_limit(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    for address in ("192.0.2.1", "192.0.2.2"):
        with from_address(address):
            events.take(5, 5, events.bucket())


def test_events_refused_for_an_address_do_not_count_for_the_sandbox(seconds):
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)
    sandbox = events.bucket()
    with from_address("192.0.2.1"):
        events.take(5, 5, events.bucket())
        with pytest.raises(TooMany, match="Your address sends too many events"):
            events.take(5, 5, sandbox)
    events.take(5, 5, sandbox)


def test_address_unused_for_longest_is_forgotten(seconds, monkeypatch):
    monkeypatch.setattr(limits, "ADDRESSES_KEPT", 2)
    events = EventLimit(Limits(events_per_second=1, events_at_once=5), seconds)

    def take(number: int) -> None:
        with from_address(f"192.0.2.{number}"):
            events.take(5, 5, events.bucket())

    for number in (1, 2, 3):
        take(number)
    for known in (3, 2):
        with pytest.raises(TooMany):
            take(known)
    take(1)
