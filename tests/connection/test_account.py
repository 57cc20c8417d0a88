"""An account: its credentials show nowhere and can be forgotten."""

import copy

from pydantic import SecretStr

from lib.connection.account import Account

SECRETS = ("the api key", "its id", "the organization")


def an_account(**changes: str) -> Account:
    addresses = {
        "collector_url": "https://collector.acme.com",
        "signals_api_url": "https://abc.signals.snowplowanalytics.com",
    }
    return Account(**(addresses | changes), **secrets_of(*SECRETS))  # type: ignore[arg-type]


def secrets_of(*texts: str) -> dict[str, SecretStr]:
    return dict(zip(("api_key", "api_key_id", "org_id"), map(SecretStr, texts), strict=True))


def test_secrets_are_returned_on_request_and_never_printed():
    account = an_account()
    assert account.secrets == SECRETS
    assert not [each for each in SECRETS if each in f"{account!r} {account}"]


def test_an_account_that_forgets_has_addresses_and_no_secrets():
    account = an_account()
    account.forget()
    assert account.secrets == ("", "", "")
    assert account.collector_url == "https://collector.acme.com"


def test_a_copy_keeps_its_secrets_when_the_other_forgets():
    account = an_account()
    kept = copy.copy(account)
    account.forget()
    assert kept.secrets == SECRETS


def test_its_name_depends_on_both_addresses_and_on_no_secret():
    account = an_account()
    forgotten = an_account()
    forgotten.forget()
    assert forgotten.address_id == account.address_id
    assert len(account.address_id) == 16
    others = (
        an_account(collector_url="https://other.acme.com"),
        an_account(signals_api_url="https://other.signals.snowplowanalytics.com"),
    )
    assert len({each.address_id for each in (account, *others)}) == 3
