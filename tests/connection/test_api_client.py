"""The Signals SDK's API client on pooled connections: its answers, its tokens, and its stream."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from snowplow_signals import SignalsAPIError

from lib.connection import api_client, clients
from lib.connection.access_token import AccessTokens, TokenError
from lib.connection.api_client import PooledApiClient
from lib.connection.backend import new_token
from lib.connection.settings import load_settings
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.signals import subscriptions
from tests.support.sandbox import new_id
from tests.support.servers import collector
from tests.support.snowplow import CONSOLE, Snowplow, running_snowplow
from tests.support.waiting import PATIENCE_SECONDS, eventually

SERVICES = "registry/services/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[PooledApiClient]:
    """A client of a sandbox."""
    client = PooledApiClient(server.url, sandbox_token=new_token())
    yield client
    client.close()


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def tokens(snowplow: Snowplow) -> AccessTokens:
    account = load_settings(snowplow.settings, {}, None).account
    assert account is not None
    return AccessTokens(account)


@pytest.fixture
def account_client(snowplow: Snowplow, tokens: AccessTokens) -> Iterator[PooledApiClient]:
    client = PooledApiClient(snowplow.settings["SIGNALS_API_URL"], tokens=tokens)
    yield client
    client.close()


class Listening:
    """A thread that reads a client's stream to its end."""

    def __init__(self, client: PooledApiClient) -> None:
        self.lines: list[str | None] = []
        self._client = client
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def has_ended(self) -> bool:
        self._thread.join(PATIENCE_SECONDS)
        return not self._thread.is_alive()

    def _read(self) -> None:
        users = {"user_id": [new_id()]}
        for line in self._client.make_stream_request("GET", "interventions", params=users):
            self.lines.append(line)


def is_live(client: PooledApiClient) -> bool:
    return client.stream_state.kind == "live"


def ended(client: PooledApiClient) -> tuple[str, str, int | None]:
    state = client.stream_state
    return state.kind, state.reason, state.status


# Requests


def test_an_answer_is_what_the_api_says(client):
    assert client.make_request("GET", SERVICES) == []


def test_a_refusal_has_the_status_and_the_words_of_the_api(client):
    with pytest.raises(SignalsAPIError) as caught:
        client.make_request("GET", f"{SERVICES}nothing")
    assert (caught.value.status_code, caught.value.message) == (
        404,
        {"detail": "Service 'nothing' does not exist"},
    )


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_is_not_json_is_an_error_with_its_start(status):
    with collector(status) as other:
        client = PooledApiClient(other.url, sandbox_token="token")
        with pytest.raises(SignalsAPIError) as caught:
            client.make_request("POST", SERVICES, data={})
        client.close()
    assert (caught.value.status_code, caught.value.message) == (
        status,
        "the answer is not JSON: ok",
    )


def test_a_sandbox_says_with_each_answer_how_far_ahead_its_clock_is(client, server):
    assert client.sandbox_ahead is None
    client.make_request("GET", SERVICES)
    assert client.sandbox_ahead == timedelta(0)
    clock = f"{server.url}/sandbox/{client.access_token()}/clock"
    httpx.post(clock, json={"seconds": 3600}, trust_env=False)
    client.make_request("GET", SERVICES)
    assert client.sandbox_ahead == timedelta(hours=1)


def test_a_refusal_of_text_has_the_status_and_the_words_of_the_api(client):
    with pytest.raises(SignalsAPIError) as refused:
        client.make_text_request("GET", "event_log", {"name": "missing", "identifier": new_id()})
    assert refused.value.status_code == 404
    assert "missing" in str(refused.value)


def test_text_is_asked_for_with_the_same_client_and_token(snowplow, account_client):
    before = account_client.access_token()
    snowplow.revoke_tokens()
    with pytest.raises(SignalsAPIError) as refused:
        account_client.make_text_request("GET", "event_log", {"name": "n", "identifier": new_id()})
    assert refused.value.status_code == 404
    assert account_client.access_token() != before
    assert account_client.token is None


def test_a_closed_client_asks_nothing_more(client):
    client.close()
    with pytest.raises(httpx.ConnectError, match="this connection was closed"):
        client.make_request("GET", SERVICES)


def test_closing_lets_a_request_that_is_under_way_come_to_its_end(snowplow, account_client):
    answers: list[Any] = []
    snowplow.api_delay = 3600
    asking = threading.Thread(
        target=lambda: answers.append(account_client.make_request("GET", SERVICES))
    )
    asking.start()
    assert eventually(lambda: snowplow.waiting == 1)
    account_client.close()
    snowplow.api_delay = 0.0
    asking.join(PATIENCE_SECONDS)
    assert answers == [[]]


# Tokens of an account


def test_a_refused_token_is_replaced_within_the_request(snowplow, account_client):
    account_client.make_request("GET", SERVICES)
    snowplow.revoke_tokens()
    assert account_client.make_request("GET", SERVICES) == []
    asked = [each.status for each in snowplow.requests_to(snowplow.signals_host)]
    assert asked == [200, 401, 200]
    assert account_client.access_token() == snowplow.tokens[-1]


def test_a_second_refusal_is_an_error_and_asks_no_more(snowplow, account_client):
    snowplow.api_status = 401
    with pytest.raises(SignalsAPIError, match="401"):
        account_client.make_request("GET", SERVICES)
    assert len(snowplow.requests_to(snowplow.signals_host)) == len(snowplow.tokens) == 2


def test_without_a_token_nothing_is_asked_of_the_api(snowplow, account_client):
    snowplow.token_status = 403
    with pytest.raises(TokenError, match="it answered 403"):
        account_client.make_request("GET", SERVICES)
    assert snowplow.requests_to(snowplow.signals_host) == []


def test_clients_of_an_account_share_its_token_until_one_forgets_it(snowplow, tokens):
    one, other = (
        PooledApiClient(snowplow.settings["SIGNALS_API_URL"], tokens=tokens) for _ in range(2)
    )
    assert one.access_token() == other.access_token()
    one.forget_token()
    assert other.access_token() == snowplow.tokens[-1]
    assert len(snowplow.requests_to(CONSOLE)) == 2
    one.close()
    other.close()


# The stream of interventions


def test_a_stream_is_closed_at_first_and_live_once_its_first_line_may_come(client):
    assert client.stream_state.kind == "closed"
    listening = Listening(client)
    assert eventually(lambda: is_live(client))
    assert eventually(lambda: listening.lines[:1] == [": connected"])
    client.close()
    assert listening.has_ended()


def test_closing_ends_a_stream_at_once_though_no_line_comes(client, monkeypatch):
    monkeypatch.setattr(subscriptions, "KEEP_ALIVE_SECONDS", 3600.0)
    listening = Listening(client)
    assert eventually(lambda: is_live(client) and bool(listening.lines))
    client.close()
    assert listening.has_ended()
    assert ended(client) == ("closed", "", None)


def test_a_stream_that_connects_after_closing_is_not_read(client):
    client.close()
    listening = Listening(client)
    assert listening.has_ended()
    assert (listening.lines, client.stream_state.kind) == ([], "closed")


def test_a_stream_that_is_refused_says_with_which_status(snowplow, account_client):
    snowplow.api_status = 403
    assert Listening(account_client).has_ended()
    assert ended(account_client) == ("ended", "Signals answered 403", 403)


def test_a_stream_that_is_refused_for_its_token_has_another_next_time(snowplow, account_client):
    account_client.access_token()
    snowplow.revoke_tokens()
    assert Listening(account_client).has_ended()
    assert ended(account_client) == ("ended", "Signals answered 401", 401)
    again = Listening(account_client)
    assert eventually(lambda: is_live(account_client))
    account_client.close()
    assert again.has_ended()
    assert len(snowplow.tokens) == 2


def test_a_stream_without_a_token_says_why(snowplow, account_client):
    snowplow.token_status = 500
    assert Listening(account_client).has_ended()
    reason = "Snowplow Console issued no access token: it answered 500"
    assert ended(account_client) == ("ended", reason, None)


def test_a_stream_that_falls_silent_ends_and_says_so(snowplow, tokens, monkeypatch):
    for module in (api_client, clients):
        monkeypatch.setattr(module, "SILENT_SECONDS", 1.5)
    client = PooledApiClient(snowplow.settings["SIGNALS_API_URL"], tokens=tokens)
    listening = Listening(client)
    assert eventually(lambda: snowplow.streams == 1)
    snowplow.mute_streams()
    assert listening.has_ended()
    assert ended(client) == ("ended", "nothing arrived for 1.5 seconds", None)
    client.close()


def test_a_stream_that_is_cut_ends_with_a_reason(snowplow, account_client):
    listening = Listening(account_client)
    assert eventually(lambda: snowplow.streams == 1)
    snowplow.cut_streams()
    assert listening.has_ended()
    kind, reason, status = ended(account_client)
    assert (kind, bool(reason), status) == ("ended", True, None)
