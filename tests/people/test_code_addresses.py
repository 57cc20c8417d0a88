"""Who may send what to which sandbox with code of their own."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from lib.people.code_addresses import (
    EVENTS_ONLY,
    GUESTS_ARE_OFF,
    PAUSED,
    CodeAddress,
    CodeAddresses,
)
from lib.world.app_state import AppState

OWNER, GUEST = CodeAddress("p"), CodeAddress("p", "guest")


@pytest.fixture
def state() -> Iterator[AppState]:
    with closing(AppState(":memory:")) as state:
        yield state


@pytest.fixture
def addresses(state: AppState) -> CodeAddresses:
    return CodeAddresses(state)


def test_address_keeps_its_token_until_it_is_replaced(addresses: CodeAddresses) -> None:
    token = addresses.token(OWNER)
    assert (addresses.token(OWNER), addresses.find(token)) == (token, OWNER)
    addresses.replace(OWNER)
    assert (addresses.find(token), addresses.find(addresses.token(OWNER))) == (None, OWNER)


def test_tokens_cannot_be_guessed_and_are_not_the_sandbox_s_own(addresses: CodeAddresses) -> None:
    tokens = {addresses.token(each) for each in (OWNER, GUEST, CodeAddress("q"))}
    assert {len(each) for each in tokens} == {32} and len(tokens) == 3
    assert "p" not in tokens


def test_owner_of_the_sandbox_may_do_everything(addresses: CodeAddresses) -> None:
    assert [addresses.ban(OWNER, is_event=each) for each in (True, False)] == [None, None]


def test_guest_may_send_events_once_they_are_let(addresses: CodeAddresses) -> None:
    assert addresses.ban(GUEST, is_event=True) is GUESTS_ARE_OFF
    addresses.let_guests("p", True)
    assert addresses.ban(GUEST, is_event=True) is None
    assert addresses.ban(GUEST, is_event=False) is EVENTS_ONLY


def test_guest_waits_while_the_room_is_paused(state: AppState, addresses: CodeAddresses) -> None:
    addresses.let_guests("p", True)
    state.rooms.save_room("p", "a-b-c", "abc")
    state.rooms.pause_room("p", True)
    assert addresses.ban(GUEST, is_event=True) is PAUSED
    assert addresses.ban(OWNER, is_event=True) is None


def test_address_follows_a_guest_who_becomes_another_user(addresses: CodeAddresses) -> None:
    token = addresses.token(GUEST)
    addresses.follow("p", "guest", "somebody else")
    assert addresses.find(token) == CodeAddress("p", "somebody else")
