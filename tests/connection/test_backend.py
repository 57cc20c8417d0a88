"""From settings to connections: to a sandbox of this process, to the app's account, or to one that
somebody brought."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lib.connection.account import Account, OwnAccount
from lib.connection.backend import (
    Backend,
    new_token,
    sandbox_collector,
    sandbox_connection,
)
from lib.connection.settings import SIGNALS_DOMAIN, load_settings
from lib.snowplow.publishing import published
from tests.support.account import ACCOUNT
from tests.support.own_accounts import GIVEN, OWN, SECRETS


@pytest.fixture
def on_sandbox(tmp_path: Path) -> Iterator[Backend]:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    yield backend
    backend.close()


@pytest.fixture
def on_snowplow() -> Iterator[Backend]:
    backend = Backend(load_settings(ACCOUNT, {}, None))
    yield backend
    backend.close()


def brought(backend: Backend) -> OwnAccount:
    account = backend.settings.account
    assert account is not None
    return OwnAccount(account, "ann@acme.com", "com.acme")


def secrets_of(account: Account | None) -> tuple[str, ...]:
    assert account is not None
    return account.secrets


def test_without_an_account_a_connection_is_to_a_sandbox_of_its_token(on_sandbox):
    assert on_sandbox.sandbox is not None
    token = new_token()
    connection = on_sandbox.connect(token)
    assert (connection.mode, connection.token, connection.place) == ("sandbox", token, token)
    assert connection.collector_url == f"{on_sandbox.sandbox.url}/sandbox/{token}"
    assert (connection.account, connection.is_own) == (None, False)
    assert connection.inspector is not None and connection.inspector.events() == []
    assert not published(connection.signals).is_there
    connection.close()


def test_with_an_account_a_connection_is_to_it_and_there_is_no_sandbox(on_snowplow):
    connection = on_snowplow.connect()
    assert on_snowplow.sandbox is None
    assert (connection.mode, connection.token, connection.inspector) == ("snowplow", "", None)
    assert connection.collector_url == ACCOUNT["COLLECTOR_URL"]
    assert connection.signals.api_client.api_url == ACCOUNT["SIGNALS_API_URL"]
    assert connection.account is on_snowplow.settings.account
    connection.close()


def test_closing_a_connection_to_the_app_s_account_leaves_its_secrets(on_snowplow):
    before = secrets_of(on_snowplow.settings.account)
    on_snowplow.connect().close()
    assert secrets_of(on_snowplow.settings.account) == before != ("", "", "")


def test_closing_a_connection_to_an_account_somebody_brought_forgets_its_copy_alone(on_snowplow):
    own = brought(on_snowplow)
    one, other = on_snowplow.connect(own=own), on_snowplow.connect(own=own)
    assert one.is_own and one.place == other.place
    one.close()
    assert secrets_of(one.account) == ("", "", "")
    assert secrets_of(other.account) == secrets_of(own.account) != ("", "", "")
    other.close()


def test_an_account_somebody_brought_comes_before_the_sandbox(on_sandbox, on_snowplow):
    connection = on_sandbox.connect("token", brought(on_snowplow))
    assert (connection.mode, connection.is_own, connection.token) == ("snowplow", True, "")
    connection.close()


def test_no_tracker_of_an_account_somebody_brought_uses_a_proxy(on_snowplow):
    own, shared = on_snowplow.connect(own=brought(on_snowplow)), on_snowplow.connect()
    assert [each.collector_session().trust_env for each in (own, shared)] == [False, True]
    own.close()
    shared.close()


def test_leftover_events_of_a_sandbox_go_to_it_and_those_of_other_accounts_nowhere(
    on_sandbox, on_snowplow
):
    assert on_sandbox.sandbox is not None and on_snowplow.settings.account is not None
    url = sandbox_collector(on_sandbox.sandbox.url, "token")
    assert on_sandbox.collector_url("token") == url
    assert on_sandbox.collector_url("own-0123") is None
    place = on_snowplow.settings.account.address_id
    assert on_snowplow.collector_url(place) == ACCOUNT["COLLECTOR_URL"]
    assert on_snowplow.collector_url("0123456789abcdef") is None


def test_a_sandbox_token_is_new_each_time_and_fits_an_address():
    tokens = {new_token() for _ in range(20)}
    assert len(tokens) == 20
    assert all(
        len(each) == 32 and each.replace("-", "").replace("_", "").isalnum() for each in tokens
    )


def test_two_tokens_of_a_server_are_two_sandboxes(on_sandbox):
    assert on_sandbox.sandbox is not None
    url = on_sandbox.sandbox.url
    one, other = (sandbox_connection(url, new_token()) for _ in range(2))
    assert one.inspector is not None and other.inspector is not None
    one.inspector.forward(timedelta(hours=1))
    assert other.inspector.clock().ahead == timedelta(0)
    one.close()
    other.close()


def test_closing_the_backend_stops_its_sandbox(tmp_path):
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    assert backend.sandbox is not None and backend.sandbox.is_alive
    backend.close()
    assert not backend.sandbox.is_alive


def test_the_sandbox_s_file_is_the_one_in_the_settings(on_sandbox, tmp_path):
    assert (tmp_path / "sandbox.db").exists()


# Where the app's data of an account belongs: its place


@pytest.fixture
def backend() -> Iterator[Backend]:
    """Of an app with an account of its own, so that no sandbox is started."""
    backend = Backend(load_settings(GIVEN, {}, None))
    yield backend
    backend.close()


def another(**changes: Any) -> OwnAccount:
    return OwnAccount(
        replace(OWN.account, **{k: v for k, v in changes.items() if hasattr(OWN.account, k)}),
        **{k: changes.get(k, getattr(OWN, k)) for k in ("owner", "vendor", "suffix")},
    )


def test_same_account_has_the_same_place(backend):
    assert backend.own_place(another()) == backend.own_place(OWN)


@pytest.mark.parametrize(
    "change",
    [
        {"collector_url": "https://other.acme.com"},
        {"signals_api_url": f"https://other.{SIGNALS_DOMAIN}"},
        {"api_key": SecretStr(SECRETS["ORG_ID"])},
        {"api_key_id": SecretStr(SECRETS["ORG_ID"])},
        {"org_id": SecretStr(SECRETS["CONSOLE_API_KEY"])},
        {"owner": "bob@acme.com"},
        {"vendor": "com.other"},
        {"suffix": ""},
    ],
)
def test_account_that_differs_in_anything_has_another_place(backend, change: dict[str, Any]):
    assert backend.own_place(another(**change)) != backend.own_place(OWN)


def test_place_is_another_in_another_process(backend):
    later = Backend(backend.settings)
    assert later.own_place(OWN) != backend.own_place(OWN)


def test_place_tells_nothing_of_the_account(backend):
    assert re.fullmatch("own-[0-9a-f]{64}", backend.own_place(OWN))


def test_place_is_not_that_of_the_app_s_own_account(backend):
    assert backend.settings.account == OWN.account
    assert backend.connect(own=OWN).place != backend.connect().place


def test_events_left_over_in_it_are_sent_to_nobody(backend):
    assert backend.collector_url(backend.own_place(OWN)) is None
    assert backend.collector_url(backend.connect().place) == GIVEN["COLLECTOR_URL"]


# A sandbox beside the app's account


def test_sandbox_beside_an_account_is_for_those_with_a_token(on_snowplow):
    on_snowplow.start_sandbox()
    token = new_token()
    with_token, without = on_snowplow.connect(token), on_snowplow.connect()
    assert (with_token.mode, with_token.place) == ("sandbox", token)
    assert (without.mode, without.account) == ("snowplow", on_snowplow.settings.account)


def test_sandbox_is_started_once(on_snowplow):
    on_snowplow.start_sandbox()
    first = on_snowplow.sandbox
    on_snowplow.start_sandbox()
    assert on_snowplow.sandbox is first and first.is_alive


def test_leftover_events_beside_an_account_go_where_they_belong(on_snowplow):
    on_snowplow.start_sandbox()
    account, token = on_snowplow.settings.account, new_token()
    assert on_snowplow.collector_url(account.address_id) == account.collector_url
    assert on_snowplow.collector_url(token) == f"{on_snowplow.sandbox.url}/sandbox/{token}"
