"""Who may publish, who counts as local, and the gate that a passphrase opens."""

import hmac
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from lib.connection.explanations import Explanation
from lib.people.permission import (
    FORWARDED,
    VISITORS_KEPT,
    Attempt,
    PassphraseGate,
    is_local,
    publishing_problem,
)

PASSPHRASE = SecretStr("four words that fit")
RIGHT = PASSPHRASE.get_secret_value()
WRONG = "four words that do not"

FOR_THE_PRESENTER = Explanation(
    "Only the presenter publishes to this account.",
    "Everyone here shares it. Enter the presenter's passphrase on the connection page, or bring"
    " your own account.",
)
FOR_NOBODY = Explanation(
    "Publishing to this account is off.",
    "The app is not on localhost and no PRESENTER_PASSPHRASE is set, so anybody with the link could"
    " change the account that everyone here shares. The person who runs the app can set it. You"
    " can bring your own account on the connection page.",
)


# Who may publish


@pytest.mark.parametrize("is_local", [True, False])
@pytest.mark.parametrize("is_presenter", [True, False])
@pytest.mark.parametrize("passphrase", [PASSPHRASE, None])
def test_everybody_publishes_to_what_nobody_else_uses(passphrase, is_presenter, is_local):
    problem = publishing_problem(
        is_shared_account=False,
        passphrase=passphrase,
        is_presenter=is_presenter,
        is_local=is_local,
    )
    assert problem is None


@pytest.mark.parametrize(
    ("passphrase", "is_presenter", "is_local", "problem"),
    [
        (PASSPHRASE, True, True, None),
        (PASSPHRASE, True, False, None),
        (PASSPHRASE, False, True, FOR_THE_PRESENTER),  # a passphrase counts at the machine too
        (PASSPHRASE, False, False, FOR_THE_PRESENTER),
        (None, True, True, None),
        (None, True, False, None),
        (None, False, True, None),
        (None, False, False, FOR_NOBODY),
    ],
)
def test_shared_account_is_changed_by_presenters_and_without_a_passphrase_by_the_local_one(
    passphrase, is_presenter, is_local, problem
):
    found = publishing_problem(
        is_shared_account=True,
        passphrase=passphrase,
        is_presenter=is_presenter,
        is_local=is_local,
    )
    assert found == problem


# Who is local


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8501",
        "localhost",
        "127.0.0.1:8501",
        "127.0.0.1",
        "127.1.2.3:8501",
        "[::1]:8501",
    ],
)
@pytest.mark.parametrize("address", [None, "::1", "127.0.0.1", "::ffff:127.0.0.1"])
def test_browser_that_names_this_machine_and_comes_from_it_is_local(host, address):
    assert is_local({"Host": host}, address)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com:8501",
        "localhost.evil.com",
        "localhost.evil.com:8501",
        "evil.com:localhost",
        "evil-localhost:8501",
        "127.0.0.1.evil.com",
        "127.0.0.1.evil.com:8501",
        "127.0.0.1.:8501",
        "2130706433:8501",  # 127.0.0.1 to some
        "0.0.0.0:8501",
        "10.0.0.5:8501",
        "[2001:db8::1]:8501",
        "localhost@evil.com:8501",
        "localhost, evil.com",
        "",
        ":8501",
    ],
)
def test_browser_that_names_another_host_is_not_local(host):
    assert not is_local({"Host": host}, None)


@pytest.mark.parametrize("address", [None, "::1", "127.0.0.1", "10.0.0.5"])
def test_browser_that_has_just_left_is_not_local(address):
    assert not is_local({}, address)


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "192.168.1.7", "93.184.216.34", "::ffff:10.0.0.5", "", "nonsense"]
)
def test_browser_from_another_machine_is_not_local_whatever_it_names(address):
    assert not is_local({"Host": "localhost:8501"}, address)


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_browser_behind_a_proxy_is_not_local_however_the_proxy_spells_it(
    header: str, spelled: Callable[[str], str]
):
    assert header.lower() in FORWARDED
    assert not is_local({"Host": "localhost:8501", spelled(header): "127.0.0.1"}, None)


@pytest.mark.parametrize("header", sorted(FORWARDED))
def test_header_of_a_proxy_counts_without_a_value_too(header: str):
    assert not is_local({"Host": "localhost:8501", header: ""}, "127.0.0.1")


@pytest.mark.parametrize("name", ["host", "HOST", "Host"])
def test_host_is_found_however_it_is_spelled(name: str):
    assert not is_local({name: "example.com"}, None)


# The gate


class HandClock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def gate(clock: HandClock) -> PassphraseGate:
    return PassphraseGate(PASSPHRASE, clock)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was compared with the passphrase, in constant time."""
    seen: list[bytes] = []
    compare = hmac.compare_digest

    def compare_digest(given: bytes, right: bytes) -> bool:
        seen.append(given)
        return compare(given, right)

    monkeypatch.setattr(hmac, "compare_digest", compare_digest)
    return seen


def test_right_one_opens_at_once(gate):
    assert gate.enter(RIGHT, "10.0.0.5") == Attempt(True, 0.0)


def test_it_is_compared_in_constant_time(gate, clock, compared):
    gate.enter(WRONG, None)
    clock.now += 60
    gate.enter(RIGHT, None)
    assert compared == [WRONG.encode(), RIGHT.encode()]


def test_each_wrong_one_doubles_the_wait_up_to_half_a_minute(gate, clock):
    waits = []
    for _ in range(8):
        attempt = gate.enter(WRONG, "10.0.0.5", "session")
        assert not attempt.is_right
        waits.append(attempt.wait)
        clock.now += attempt.wait
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_wait_stays_half_a_minute_after_any_number_of_wrong_ones(gate, clock):
    for _ in range(2_000):
        attempt = gate.enter(WRONG, None)
        clock.now += 30
    assert attempt.wait == 30


@pytest.mark.parametrize(
    ("address", "session"),
    [
        ("10.0.0.5", "another"),
        ("10.0.0.5", "attacker"),
        ("10.0.0.6", "another"),
        (None, "another"),
        (None, ""),
    ],
)
def test_right_one_opens_whatever_others_or_oneself_entered_before(gate, address, session):
    for number in range(100):
        gate.enter(WRONG, "10.0.0.5", "attacker")
        gate.enter(WRONG, None, f"session {number}")
    assert gate.enter(RIGHT, address, session) == Attempt(True)


def test_within_the_wait_the_rest_of_it_is_told(gate, clock):
    gate.enter(WRONG, None)
    clock.now += 1
    gate.enter(WRONG, None)
    clock.now += 0.5
    assert gate.enter(WRONG, None) == Attempt(False, 1.5)
    clock.now += 1.25
    assert gate.enter(WRONG, None) == Attempt(False, 0.25)


def test_new_session_of_the_same_address_waits_as_long(gate, clock):
    for number in range(4):
        clock.now += gate.enter(WRONG, "10.0.0.5", f"session {number}").wait
    assert gate.enter(WRONG, "10.0.0.5", "session 5").wait == 16
    assert gate.enter(WRONG, "10.0.0.6", "session 6").wait == 1


def test_right_one_forgets_the_wrong_ones(gate, clock):
    for _ in range(3):
        clock.now += gate.enter(WRONG, None).wait
    assert gate.enter(RIGHT, None).is_right
    assert gate.enter(WRONG, None).wait == 1


def test_no_more_visitors_are_remembered_than_have_a_place(gate):
    for number in range(VISITORS_KEPT + 50):
        gate.enter(WRONG, f"2001:db8::{number:x}", f"session {number}")
    assert len(gate._failures) == 2 * VISITORS_KEPT


@pytest.mark.parametrize("passphrase", ["Grüße, 世界 🎉", "naïve", "a\udce9b"])
def test_passphrase_of_any_characters_opens(passphrase: str):
    gate = PassphraseGate(SecretStr(passphrase))
    assert gate.enter(passphrase, None) == Attempt(True)


@pytest.mark.parametrize(
    ("passphrase", "given"),
    [
        ("what?", "what\ud800"),
        ("what\ufffd", "what\ud800"),
        ("Grüße", "Grusse"),
        ("Grüße", "Gru\u0308ße"),
        ("secret", "secret\x00"),
        ("secret", "secret "),
        ("secret", "SECRET"),
        ("secret", ""),
        ("secret", "secret" * 10_000),
    ],
)
def test_another_passphrase_is_wrong_whatever_it_is_made_of(passphrase: str, given: str):
    assert not PassphraseGate(SecretStr(passphrase)).enter(given, None).is_right
