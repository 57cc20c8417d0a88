"""The access token of an account: fetched once for all, replaced when it is refused or expires."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from lib.connection.access_token import FAILURE_KEPT_SECONDS, AccessTokens, TokenError
from lib.connection.account import Account
from lib.connection.settings import load_settings
from tests.support.snowplow import CONSOLE, Snowplow, running_snowplow
from tests.support.waiting import ENDLESS_SECONDS, PATIENCE_SECONDS, eventually


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running


class HandClock:
    """Seconds that only pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def tokens(snowplow: Snowplow, clock: HandClock) -> AccessTokens:
    return AccessTokens(account_of(snowplow), clock)


def account_of(snowplow: Snowplow) -> Account:
    account = load_settings(snowplow.settings, {}, None).account
    assert account is not None
    return account


def asked(snowplow: Snowplow) -> int:
    """How often Console was asked for a token."""
    return len(snowplow.requests_to(CONSOLE))


def test_a_token_is_fetched_once_and_kept(snowplow, tokens):
    assert [tokens.get(), tokens.get()] == [snowplow.tokens[0]] * 2
    assert asked(snowplow) == 1


def test_threads_that_ask_at_once_share_one_token(snowplow, tokens):
    snowplow.token_delay = 3600
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(tokens.get) for _ in range(8)]
        assert eventually(lambda: snowplow.waiting == 1)
        snowplow.token_delay = 0
        assert {each.result(PATIENCE_SECONDS) for each in answers} == {*snowplow.tokens}
    assert asked(snowplow) == 1


def test_an_expired_token_is_replaced(snowplow, tokens):
    snowplow.token_lifetime = -1
    expired = tokens.get()
    snowplow.token_lifetime = 3600
    assert tokens.get() != expired
    assert tokens.get() == snowplow.tokens[-1]
    assert asked(snowplow) == 2


def test_a_refused_token_is_replaced_once_however_many_had_it(snowplow, tokens):
    refused = tokens.get()
    tokens.replace(refused)
    renewed = tokens.get()
    tokens.replace(refused)
    assert tokens.get() == renewed != refused
    assert asked(snowplow) == 2


def test_a_forgotten_token_is_fetched_again(snowplow, tokens):
    tokens.get()
    tokens.forget()
    tokens.get()
    assert asked(snowplow) == 2


def test_forgetting_a_token_does_not_wait_for_the_one_that_is_fetched(tokens, monkeypatch):
    asked, holds = threading.Event(), threading.Event()

    class SlowConsole:
        def access_token(self, known: str | None) -> str:
            asked.set()
            holds.wait(ENDLESS_SECONDS)
            return known or "fetched"

    monkeypatch.setattr(tokens, "_sdk_client", SlowConsole)
    with ThreadPoolExecutor(2) as pool:
        getting = pool.submit(tokens.get)
        assert asked.wait(PATIENCE_SECONDS)
        forgetting = pool.submit(tokens.forget)
        with suppress(TimeoutError):
            forgetting.result(PATIENCE_SECONDS)
        has_forgotten = forgetting.done()
        holds.set()
        assert has_forgotten
        assert getting.result(PATIENCE_SECONDS) == "fetched"
    assert "fetched" not in vars(tokens).values()


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refusal_by_console_has_its_status_and_no_organization(snowplow, tokens, status):
    snowplow.token_status = status
    with pytest.raises(TokenError) as caught:
        tokens.get()
    error = caught.value
    assert str(error) == f"Snowplow Console issued no access token: it answered {status}"
    assert (error.status, error.__cause__, error.__suppress_context__) == (status, None, True)


def test_a_console_without_an_address_has_no_status(snowplow, tokens):
    snowplow.unresolvable = {CONSOLE}
    with pytest.raises(TokenError, match="its name does not resolve") as caught:
        tokens.get()
    assert caught.value.status is None


def test_an_answer_without_a_readable_token_is_an_error(snowplow, tokens, monkeypatch):
    monkeypatch.setattr(snowplow, "issue_token", lambda: "no token")
    tokens.get()  # the SDK reads a token when it is asked for it again
    with pytest.raises(TokenError, match="its answer has no readable token"):
        tokens.get()


def test_a_failure_is_remembered_for_a_moment_so_that_not_everybody_asks(snowplow, tokens, clock):
    snowplow.token_status = 500
    for _ in range(3):
        with pytest.raises(TokenError, match="it answered 500"):
            tokens.get()
    assert asked(snowplow) == 1
    snowplow.token_status = 200
    clock.now += FAILURE_KEPT_SECONDS
    assert tokens.get() == snowplow.tokens[0]
    assert asked(snowplow) == 2


def test_a_forgotten_account_gets_no_token(snowplow, clock):
    account = account_of(snowplow)
    tokens = AccessTokens(account, clock)
    account.forget()
    with pytest.raises(TokenError, match="its answer has no readable token"):
        tokens.get()
    assert asked(snowplow) == 0
