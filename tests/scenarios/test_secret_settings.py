"""A setting with a mistake is named without its value, in an error and on every page."""

import pytest

from lib.connection.settings import OWN_KEYS, SettingsError, load_settings
from tests.support.account import ACCOUNT
from tests.support.account_steps import use_own_account
from tests.support.secret_values import error_text, given_away
from tests.support.steps import alerts, everything, go_to

ADDRESSES = ("COLLECTOR_URL", "SIGNALS_API_URL")
SECRET = "d1ce0b5c-4e1a-4b6e-9f3a-7a5e0c2b9d48"
MISTAKES = {
    "COLLECTOR_URL": f"https://{SECRET}@collector.example.com",
    "SIGNALS_API_URL": f"https://abc.signals.snowplowanalytics.com/{SECRET}",
    "CONSOLE_API_KEY": f"{SECRET}x",
    "CONSOLE_API_KEY_ID": f'"{SECRET}"',
    "ORG_ID": f"organizations/{SECRET}",
    "OWNER": SECRET,
    "VENDOR": f"com.example {SECRET}",
    "DEFINITIONS_SUFFIX": SECRET,
    "SIGNALS_HOSTS": SECRET,
    "PRESENTER_PASSPHRASE": f"<your passphrase> {SECRET}",
    "SANDBOX_DB": f"no such folder/{SECRET}",
}


@pytest.mark.parametrize("setting", MISTAKES)
@pytest.mark.parametrize("mistake", [SECRET, None], ids=["a key", "nearly right"])
def test_a_mistake_in_a_setting_is_named_without_its_value(setting, mistake):
    given = {**ACCOUNT, setting: mistake or MISTAKES[setting]}
    try:
        load_settings(given, {}, None)
    except SettingsError as error:
        assert [each.setting for each in error.problems] == [setting]
        assert given_away(error_text(error), {**ACCOUNT, setting: SECRET}) <= {*ADDRESSES}
    else:
        assert mistake == SECRET  # which has the form that this setting must have


def test_no_page_shows_the_value_of_a_setting_with_a_mistake(unconfigured, open_app):
    for setting, value in MISTAKES.items():
        unconfigured.setenv(setting, value)
    at = open_app()
    assert not at.exception
    ((_, problems),) = alerts(at.error)
    assert [setting for setting in MISTAKES if setting not in problems] == []
    assert given_away(everything(at), {"the value": SECRET}) == set()


def test_no_page_shows_the_value_of_an_own_account_with_a_mistake(open_app):
    at = go_to(open_app(), "connection")
    use_own_account(at, {name: value for name, value in MISTAKES.items() if name in OWN_KEYS})
    assert not at.exception
    assert len(at.error) == len(OWN_KEYS)
    assert given_away(everything(at), {"the value": SECRET}) == set()
