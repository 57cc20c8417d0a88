"""Settings: where they come from, what is wrong with them, and what they never give away."""

import stat
import tomllib
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from snowplow_signals import AttributeGroup, user_id

from lib.connection.account import Account
from lib.connection.settings import (
    DEFAULT_OWNER,
    KEYS,
    SNOWPLOW_KEYS,
    Problem,
    Settings,
    SettingsError,
    load_settings,
    masked,
    temporary_folder,
)

ROOT = Path(__file__).parent.parent.parent
KEY = "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0001"
KEY_ID = "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0002"
ORG = "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0003"
SNOWPLOW = {
    "COLLECTOR_URL": "https://collector.acme.com",
    "SIGNALS_API_URL": "https://abc.signals.snowplowanalytics.com",
    "CONSOLE_API_KEY": KEY,
    "CONSOLE_API_KEY_ID": KEY_ID,
    "ORG_ID": ORG,
}


def loaded(secrets=None, environ=None, env_file=None):
    return load_settings(secrets or {}, environ or {}, env_file)


def problems(**values):
    with pytest.raises(SettingsError) as caught:
        loaded(values)
    return caught.value.problems


def test_nothing_configured_means_the_sandbox():
    settings = loaded()
    assert settings == Settings()
    assert settings.mode == "sandbox"
    assert (settings.owner, settings.vendor) == ("demo@example.com", "com.example")


def test_everything_configured_means_snowplow():
    settings = loaded(SNOWPLOW)
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


@pytest.mark.parametrize("missing", SNOWPLOW_KEYS)
def test_a_missing_setting_is_named(missing):
    present = {key: value for key, value in SNOWPLOW.items() if key != missing}
    assert problems(**present) == [
        Problem(
            missing,
            f"{missing} is missing, while {next(iter(present))} is set.",
            "Set all of COLLECTOR_URL, SIGNALS_API_URL, CONSOLE_API_KEY, CONSOLE_API_KEY_ID, "
            "ORG_ID for Snowplow, or none for the sandbox.",
        )
    ]


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


def test_an_unreadable_env_file_is_reported(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"OWNER=\xff\xfe\n")
    with pytest.raises(SettingsError) as caught:
        loaded(env_file=env_file)
    assert caught.value.problems == [
        Problem(".env", ".env cannot be read.", "Check that it is text in UTF-8, or remove it.")
    ]


@pytest.mark.parametrize(
    ("url", "message", "fix"),
    [
        (
            "collector.acme.com",
            "COLLECTOR_URL does not start with https:// (collector.acme.com).",
            'Write "https://collector.acme.com".',
        ),
        (
            "http://collector.acme.com",
            "COLLECTOR_URL does not start with https:// (collector.acme.com).",
            'Write "https://collector.acme.com".',
        ),
        (
            "localhost:8085",
            "COLLECTOR_URL does not start with http:// (localhost).",
            'Write "http://localhost:8085".',
        ),
        (
            "https://collector.acme.com/com.snowplowanalytics.snowplow/tp2",
            "COLLECTOR_URL has a path after the address (collector.acme.com). The tracker adds it.",
            'Write "https://collector.acme.com" alone.',
        ),
        (
            "https://collector.acme.com:8443/events",
            "COLLECTOR_URL has a path after the address (collector.acme.com).",
            'Write "https://collector.acme.com:8443" alone.',
        ),
        (
            "https://collector.acme.com?key=hunter22",
            "COLLECTOR_URL has a path after the address (collector.acme.com).",
            'Write "https://collector.acme.com" alone.',
        ),
        (
            "https://ann:hunter22@collector.acme.com",
            "COLLECTOR_URL holds a user name or password (collector.acme.com).",
            'Write "https://collector.acme.com" alone.',
        ),
        *(
            (
                url,
                "COLLECTOR_URL is not a web address.",
                'It should look like "https://collector.your-company.com".',
            )
            for url in (KEY, "ftp://acme.com", "https://", "https://a b.com", "https://a.com:x")
        ),
    ],
)
def test_a_wrong_address_is_explained_by_its_host(url, message, fix):
    assert problems(**{**SNOWPLOW, "COLLECTOR_URL": url}) == [
        Problem("COLLECTOR_URL", message, fix)
    ]


def test_the_signals_address_is_checked_like_the_collector_s():
    [problem] = problems(**{**SNOWPLOW, "SIGNALS_API_URL": "https://s.acme.com/api/v1"})
    assert problem.message == "SIGNALS_API_URL has a path after the address (s.acme.com)."


def test_a_trailing_slash_is_forgiven():
    settings = loaded({**SNOWPLOW, "COLLECTOR_URL": "https://collector.acme.com/"})
    assert (
        settings.account is not None
        and settings.account.collector_url == "https://collector.acme.com"
    )


def test_plain_http_is_accepted_on_this_machine_only():
    settings = loaded({**SNOWPLOW, "COLLECTOR_URL": "http://127.0.0.1:8085"})
    assert (
        settings.account is not None and settings.account.collector_url == "http://127.0.0.1:8085"
    )


@pytest.mark.parametrize("setting", ["CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID"])
def test_a_key_that_is_no_uuid_is_refused_without_showing_it(setting):
    assert problems(**{**SNOWPLOW, setting: "hunter22"}) == [
        Problem(
            setting,
            f"{setting} is not a UUID (8 characters).",
            "Copy it again from Snowplow Console: 32 hexadecimal digits in five groups.",
        )
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("COLLECTOR_URL", "https://YOUR-COLLECTOR.com"),
        ("COLLECTOR_URL", "https://<your collector>"),
        ("SIGNALS_API_URL", "https://xxx.signals.snowplowanalytics.com"),
        ("CONSOLE_API_KEY", "YOUR_API_KEY"),
        ("CONSOLE_API_KEY_ID", "<API key ID>"),
        ("ORG_ID", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
        ("OWNER", "you@your-company.com"),
        ("PRESENTER_PASSPHRASE", "changeme"),
        ("PRESENTER_PASSPHRASE", "..."),
    ],
)
def test_a_placeholder_is_reported_as_one(setting, value):
    assert problems(**{**SNOWPLOW, setting: value}) == [
        Problem(
            setting,
            f"{setting} still holds a placeholder.",
            f"Put the real value in its place, or remove {setting}.",
        )
    ]


@pytest.mark.parametrize("owner", ["bob", "bob@acme.test", "bob@localhost", "Bob <bob@acme.com>"])
def test_an_owner_that_signals_would_refuse_is_refused_first(owner):
    assert problems(OWNER=owner) == [
        Problem(
            "OWNER",
            f"OWNER is not an email address ('{owner}').",
            "Use one like you@your-company.com; Snowplow refuses reserved domains such as .test.",
        )
    ]


def test_the_default_owner_is_accepted_by_the_signals_sdk():
    group = AttributeGroup(
        name="a", version=1, attribute_key=user_id, attributes=[], owner=DEFAULT_OWNER
    )
    assert group.owner == DEFAULT_OWNER


def test_a_vendor_that_iglu_cannot_name_is_refused():
    assert problems(VENDOR="com/example") == [
        Problem(
            "VENDOR",
            "VENDOR is not a schema vendor ('com/example').",
            'Use letters, digits, dots, hyphens and underscores, like "com.example".',
        )
    ]


def test_a_sandbox_file_that_is_a_folder_or_in_none_is_refused(tmp_path):
    assert problems(SANDBOX_DB=str(tmp_path))[0].fix == "Name a file, like sandbox.db in it."
    [problem] = problems(SANDBOX_DB=str(tmp_path / "no" / "x.db"))
    assert problem.message.startswith("The folder of SANDBOX_DB does not exist ('")
    assert problem.fix == "Create it, or name a file in one that exists."


def test_every_mistake_is_found_at_once():
    found = problems(COLLECTOR_URL="collector.acme.com", ORG_ID="hunter22", OWNER="bob")
    assert [problem.setting for problem in found] == [
        "SIGNALS_API_URL",
        "CONSOLE_API_KEY",
        "CONSOLE_API_KEY_ID",
        "COLLECTOR_URL",
        "ORG_ID",
        "OWNER",
    ]


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
    settings = loaded({**SNOWPLOW, "PRESENTER_PASSPHRASE": "correct horse"})
    shown = f"{settings!r} {settings}"
    for secret in (KEY, KEY_ID, ORG, "correct horse"):
        assert secret not in shown


@given(st.sampled_from(KEYS), st.text("abcdef0123456789:/@-", min_size=1, max_size=12))
def test_no_mistake_repeats_a_secret(setting, tail):
    secret = "Hunter22Hunter22"
    values = {key: f"{secret}{tail}" for key in SNOWPLOW_KEYS}
    with pytest.raises(SettingsError) as caught:
        loaded({**values, "PRESENTER_PASSPHRASE": f"<{secret}>", setting: f"<{secret}>"})
    printed = "".join(traceback.format_exception(caught.value, chain=True))
    if setting not in ("OWNER", "VENDOR", "SANDBOX_DB"):
        assert secret not in f"{caught.value!r} {caught.value} {caught.value.problems} {printed}"


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
