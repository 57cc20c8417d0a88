"""Settings that cannot be used: each mistake is named with its correction, and no secret."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.connection.settings import KEYS, SNOWPLOW_KEYS, Problem, SettingsError, load_settings
from tests.support.own_accounts import GIVEN, SECRETS
from tests.support.settings import loaded, problems


@pytest.mark.parametrize("missing", SNOWPLOW_KEYS)
def test_a_missing_setting_is_named(missing):
    present = {key: value for key, value in GIVEN.items() if key != missing}
    assert problems(**present) == [
        Problem(
            missing,
            f"{missing} is missing, while {next(iter(present))} is set.",
            "Set all of COLLECTOR_URL, SIGNALS_API_URL, CONSOLE_API_KEY, CONSOLE_API_KEY_ID, "
            "ORG_ID for Snowplow, or none for the sandbox.",
        )
    ]


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
            for url in (
                SECRETS["CONSOLE_API_KEY"],
                "ftp://acme.com",
                "https://",
                "https://a b.com",
                "https://a.com:x",
            )
        ),
    ],
)
def test_a_wrong_address_is_explained_by_its_host(url, message, fix):
    assert problems(**{**GIVEN, "COLLECTOR_URL": url}) == [Problem("COLLECTOR_URL", message, fix)]


def test_the_signals_address_is_checked_like_the_collector_s():
    [problem] = problems(**{**GIVEN, "SIGNALS_API_URL": "https://s.acme.com/api/v1"})
    assert problem.message == "SIGNALS_API_URL has a path after the address (s.acme.com)."


@pytest.mark.parametrize("setting", ["CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID"])
def test_a_key_that_is_no_uuid_is_refused_without_showing_it(setting):
    assert problems(**{**GIVEN, setting: "hunter22"}) == [
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
    assert problems(**{**GIVEN, setting: value}) == [
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


@pytest.mark.parametrize("key", ["schl\u00fcssel", "sk-\u201cabc\u201d", "sk-a\nb"])
def test_a_key_that_no_request_can_carry_is_refused_without_showing_it(key):
    model = {"ASSISTANT_URL": "https://api.example.com/v1", "ASSISTANT_MODEL": "small-1"}
    assert problems(**model, ASSISTANT_KEY=key) == [
        Problem(
            "ASSISTANT_KEY",
            f"ASSISTANT_KEY has a character that no key has ({len(key)} characters).",
            "Copy it again: HTTP headers take letters without accents, digits and punctuation.",
        )
    ]


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


@given(st.sampled_from(KEYS), st.text("abcdef0123456789:/@-", min_size=1, max_size=12))
def test_no_mistake_repeats_a_secret(setting, tail):
    secret = "Hunter22Hunter22"
    values = {key: f"{secret}{tail}" for key in SNOWPLOW_KEYS}
    with pytest.raises(SettingsError) as caught:
        loaded({**values, "PRESENTER_PASSPHRASE": f"<{secret}>", setting: f"<{secret}>"})
    printed = "".join(traceback.format_exception(caught.value, chain=True))
    if setting not in ("OWNER", "VENDOR", "SANDBOX_DB"):
        assert secret not in f"{caught.value!r} {caught.value} {caught.value.problems} {printed}"


@pytest.mark.parametrize("suffix", ["-emea", "e mea", "é", "a.b", "a/b", "a" * 41, "`rm`", "_\n_"])
def test_suffix_that_cannot_end_a_name_is_refused(suffix: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({"DEFINITIONS_SUFFIX": suffix}, {}, None)
    assert caught.value.problems == [
        Problem(
            "DEFINITIONS_SUFFIX",
            f"DEFINITIONS_SUFFIX cannot end a name ({ascii(suffix)}).",
            'Use at most 40 letters, digits and underscores, like "_emea".',
        )
    ]


@pytest.mark.parametrize(
    "domain",
    [
        "com",
        "localhost",
        "*",
        "*.acme.com",
        "https://signals.acme.com",
        "signals.acme.com:443",
        "signals.acme.com/api",
        "signals acme.com",
        "signals.acme.com;b.example.org",
        "10.0.0.1",
        "::1",
        "-a.acme.com",
        "a..acme.com",
    ],
)
def test_what_is_not_a_domain_is_refused(domain: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({"SIGNALS_HOSTS": f"signals.acme.com, {domain}"}, {}, None)
    assert caught.value.problems == [
        Problem(
            "SIGNALS_HOSTS",
            f"SIGNALS_HOSTS names something that is not a domain ({ascii(domain)}).",
            'List domains with commas between them, like "signals.your-company.com".',
        )
    ]
