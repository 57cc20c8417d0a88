"""Where the app's data of an account belongs: its place."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from lib.connection.account import OwnAccount
from lib.connection.backend import Backend
from lib.connection.settings import SIGNALS_DOMAIN, load_settings
from tests.support.own_accounts import GIVEN, OWN, SECRETS


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
