"""Settings: where they come from, what they default to, and what they never show."""

import stat
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr
from snowplow_signals import AttributeGroup, user_id

from lib.connection.account import Account
from lib.connection.settings import (
    DEFAULT_OWNER,
    KEYS,
    SIGNALS_DOMAIN,
    SNOWPLOW_KEYS,
    Settings,
    load_settings,
    masked,
    temporary_folder,
)
from tests.support.own_accounts import GIVEN, SECRETS
from tests.support.settings import loaded, problems

ROOT = Path(__file__).parent.parent.parent
KEY, KEY_ID, ORG = SECRETS.values()


def test_nothing_configured_means_the_sandbox():
    settings = loaded()
    assert settings == Settings()
    assert settings.mode == "sandbox"
    assert (settings.owner, settings.vendor) == ("demo@example.com", "com.example")


def test_everything_configured_means_snowplow():
    settings = loaded(GIVEN)
    assert settings.mode == "snowplow"
    assert settings == Settings(
        account=Account(
            collector_url="https://collector.acme.com",
            signals_api_url="https://abc.signals.snowplowanalytics.com",
            api_key=SecretStr(KEY),
            api_key_id=SecretStr(KEY_ID),
            org_id=SecretStr(ORG),
        )
    )


def test_secrets_win_over_the_environment_and_that_over_the_env_file(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("OWNER=file@acme.com\nVENDOR=com.file\nPRESENTER_PASSPHRASE=from file\n")
    settings = load_settings(
        {"OWNER": "secrets@acme.com"},
        {"OWNER": "environment@acme.com", "VENDOR": "com.environment"},
        env_file,
    )
    assert settings.owner == "secrets@acme.com"
    assert settings.vendor == "com.environment"
    assert settings.presenter_passphrase == SecretStr("from file")


def test_a_blank_value_gives_way_to_the_next_place():
    settings = loaded({"OWNER": "  ", "VENDOR": ""}, {"OWNER": " ann@acme.com\n"})
    assert (settings.owner, settings.vendor) == ("ann@acme.com", "com.example")


def test_the_environment_is_the_process_s_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("OWNER", "ann@acme.com")
    assert load_settings(env_file=tmp_path / "none").owner == "ann@acme.com"


def test_tables_of_the_secrets_file_are_not_settings_and_numbers_are():
    settings = loaded({"OWNER": {"email": "ann@acme.com"}, "PRESENTER_PASSPHRASE": 483920})
    assert settings.owner == DEFAULT_OWNER
    assert settings.presenter_passphrase == SecretStr("483920")


def test_a_dollar_in_the_env_file_is_a_dollar(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("PRESENTER_PASSPHRASE=four${HOME}words\n")
    assert loaded(env_file=env_file).presenter_passphrase == SecretStr("four${HOME}words")


def test_a_trailing_slash_is_forgiven():
    settings = loaded({**GIVEN, "COLLECTOR_URL": "https://collector.acme.com/"})
    assert (
        settings.account is not None
        and settings.account.collector_url == "https://collector.acme.com"
    )


def test_plain_http_is_accepted_on_this_machine_only():
    settings = loaded({**GIVEN, "COLLECTOR_URL": "http://127.0.0.1:8085"})
    assert (
        settings.account is not None and settings.account.collector_url == "http://127.0.0.1:8085"
    )


def test_the_default_owner_is_accepted_by_the_signals_sdk():
    group = AttributeGroup(
        name="a", version=1, attribute_key=user_id, attributes=[], owner=DEFAULT_OWNER
    )
    assert group.owner == DEFAULT_OWNER


def test_the_apps_own_file_lies_beside_the_sandbox_s(tmp_path):
    settings = loaded({"SANDBOX_DB": str(tmp_path / "demo.db")})
    assert settings.sandbox_db == tmp_path / "demo.db"
    assert settings.app_db == tmp_path / "demo.app.db"


def test_a_relative_sandbox_file_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert loaded({"SANDBOX_DB": "demo.db"}).sandbox_db == tmp_path / "demo.db"


def test_without_a_sandbox_file_the_app_s_lies_in_one_private_folder():
    assert Settings().app_db == Settings().app_db
    assert Settings().app_db.parent == temporary_folder()
    assert stat.S_IMODE(temporary_folder().stat().st_mode) == 0o700


def test_secrets_are_in_no_repr_and_no_text():
    settings = loaded({**GIVEN, "PRESENTER_PASSPHRASE": "correct horse"})
    shown = f"{settings!r} {settings}"
    for secret in (KEY, KEY_ID, ORG, "correct horse"):
        assert secret not in shown


def test_a_masked_secret_shows_its_end_only_if_it_is_long():
    assert masked(SecretStr(KEY)) == "••••0001"
    assert masked("twelve chars") == "••••hars"
    assert masked("hunter22") == "••••"
    assert masked(None) == masked("") == ""


def test_the_example_names_every_setting_and_sets_none():
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text()
    assert tomllib.loads(text) == {}
    uncommented = "\n".join(
        line.removeprefix("# ")
        for line in text.splitlines()
        if line.startswith("# ") and " = " in line
    )
    assert tuple(tomllib.loads(uncommented)) == KEYS


def test_the_unchanged_example_is_recognized_as_placeholders():
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text()
    lines = (line.removeprefix("# ") for line in text.splitlines() if " = " in line)
    found = problems(**tomllib.loads("\n".join(lines)))
    assert {problem.setting for problem in found} >= {*SNOWPLOW_KEYS, "PRESENTER_PASSPHRASE"}


@pytest.mark.parametrize("suffix", ["_emea", "2", "A_1", "a" * 40])
def test_suffix_ends_the_names_of_the_definitions(suffix: str):
    assert load_settings({"DEFINITIONS_SUFFIX": suffix}, {}, None).definitions_suffix == suffix


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ("", ()),
        (" , ,", ()),
        ("signals.acme.com", ("signals.acme.com",)),
        (" Signals.ACME.com ,b.example.org,", ("signals.acme.com", "b.example.org")),
        (".signals.acme.com.", ("signals.acme.com",)),  # a dot at either end means the same
    ],
)
def test_domains_of_the_setting_come_after_snowplow_s_own(given: str, added: tuple[str, ...]):
    settings = load_settings({"SIGNALS_HOSTS": given}, {}, None)
    assert settings.signals_hosts == (SIGNALS_DOMAIN, *added)
