"""An account that a participant brought: only public addresses, and no secret in a message.

No name is looked up for real.
"""

import socket
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from lib.connection.account import OwnAccount
from lib.connection.settings import (
    SIGNALS_DOMAIN,
    SNOWPLOW_KEYS,
    Problem,
    Settings,
    SettingsError,
    load_settings,
)
from lib.people.own_account import PATIENCE_SECONDS, checked_account
from tests.support.internet import PUBLIC
from tests.support.own_accounts import COLLECTOR, GIVEN, OWN, SECRETS, SIGNALS

NO_ADDRESS = "{} is not a web address."
NOT_PUBLIC = "{} cannot be used here: its address is not public."
NOT_PLAIN = (
    "{} cannot be used here: it must be https and a host, like https://collector.example.com."
)
USE_SNOWPLOWS = "Use the address that Snowplow gave you."


# What is checked


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What every name that there is resolves to."""
    known = {COLLECTOR: [PUBLIC], SIGNALS: [PUBLIC]}
    numeric = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [
            found
            for address in known.get(host, [host])
            for found in numeric(
                address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def problems(settings: Settings | None = None, **given: str) -> list[Problem]:
    """What is wrong with an account that is otherwise right."""
    with pytest.raises(SettingsError) as caught:
        checked_account({**GIVEN, **given}, settings or Settings())
    return caught.value.problems


@pytest.mark.usefixtures("names")
def test_account_that_is_right_is_taken_as_it_was_given():
    given = {
        **GIVEN,
        "OWNER": "ann@acme.com",
        "VENDOR": "com.acme",
        "DEFINITIONS_SUFFIX": "_ann",
    }
    assert checked_account(given, Settings()) == OWN


@pytest.mark.usefixtures("names")
def test_space_around_what_was_typed_and_a_slash_at_the_end_do_no_harm():
    typed = {key: f" {value}\n" for key, value in GIVEN.items()}
    typed["COLLECTOR_URL"] = f" {GIVEN['COLLECTOR_URL']}/ "
    assert checked_account(typed, Settings()).account == OWN.account


@pytest.mark.usefixtures("names")
def test_options_that_were_not_given_are_the_app_s_own():
    settings = Settings(owner="host@acme.com", vendor="com.host", definitions_suffix="_emea")
    own = checked_account({**GIVEN, "OWNER": " ", "VENDOR": ""}, settings)
    assert (own.owner, own.vendor, own.suffix) == ("host@acme.com", "com.host", "_emea")


def test_every_missing_setting_is_named_and_what_is_wrong_beside_it():
    with pytest.raises(SettingsError) as caught:
        checked_account({"OWNER": "nobody", "ORG_ID": "  "}, Settings())
    assert caught.value.problems == [
        *(Problem(key, f"{key} is missing.", "All five are needed.") for key in SNOWPLOW_KEYS),
        Problem(
            "OWNER",
            "OWNER is not an email address ('nobody').",
            "Use one like you@your-company.com; Snowplow refuses reserved domains such as .test.",
        ),
    ]


@pytest.mark.parametrize("missing", SNOWPLOW_KEYS)
def test_one_missing_setting_is_named_alone(missing: str):
    assert problems(**{missing: ""}) == [
        Problem(missing, f"{missing} is missing.", "All five are needed.")
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("OWNER", "the growth team", "OWNER is not an email address ('the growth team')."),
        ("VENDOR", "com acme", "VENDOR is not a schema vendor ('com acme')."),
        ("DEFINITIONS_SUFFIX", "-ann", "DEFINITIONS_SUFFIX cannot end a name ('-ann')."),
        ("DEFINITIONS_SUFFIX", "a" * 41, f"DEFINITIONS_SUFFIX cannot end a name ('{'a' * 41}')."),
        ("CONSOLE_API_KEY", "nothing", "CONSOLE_API_KEY is not a UUID (7 characters)."),
        ("CONSOLE_API_KEY_ID", "<key id>", "CONSOLE_API_KEY_ID still holds a placeholder."),
    ],
)
def test_mistake_in_what_was_given_is_named(key: str, value: str, message: str):
    assert [(each.setting, each.message) for each in problems(**{key: value})] == [(key, message)]


@pytest.mark.parametrize("key", ["COLLECTOR_URL", "SIGNALS_API_URL"])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        # this machine
        ("https://localhost", NOT_PLAIN),
        ("http://localhost:8501", NOT_PLAIN),
        ("https://127.0.0.1", NOT_PLAIN),
        ("http://127.0.0.1:8501", NOT_PLAIN),
        ("https://[::1]:8501", NOT_PLAIN),
        ("https://[::ffff:127.0.0.1]", NO_ADDRESS),
        ("https://0.0.0.0", NO_ADDRESS),
        ("https://0", NO_ADDRESS),
        ("https://2130706433", NO_ADDRESS),
        ("https://0x7f000001", NO_ADDRESS),
        ("https://0x7f.1", NO_ADDRESS),
        ("https://0177.0.0.1", NO_ADDRESS),
        ("https://127.1", NO_ADDRESS),
        ("https://①②⑦.⓪.⓪.①", NO_ADDRESS),
        # its network
        ("https://10.0.0.1", NO_ADDRESS),
        ("https://172.16.0.1", NO_ADDRESS),
        ("https://192.168.1.1:443", NO_ADDRESS),
        ("https://[fd00::1]", NO_ADDRESS),
        ("https://[fe80::1%25eth0]", NO_ADDRESS),
        ("https://intranet", NO_ADDRESS),
        # what a cloud tells its machines
        ("http://169.254.169.254", NO_ADDRESS),
        ("https://169.254.169.254", NO_ADDRESS),
        ("https://100.100.100.200", NO_ADDRESS),
        ("https://[fd00:ec2::254]", NO_ADDRESS),
        ("https://metadata", NO_ADDRESS),
        # no name at all
        (f"https://{PUBLIC}", NO_ADDRESS),
        ("", "{} is missing."),
        ("https://", NO_ADDRESS),
        ("file:///etc/passwd", NO_ADDRESS),
        ("gopher://collector.acme.com", NO_ADDRESS),
        ("https://collector.acme.com.", NO_ADDRESS),
        ("https://collector.acme.com\r\nX: y", NO_ADDRESS),
        ("https://collector.exаmple.com", NO_ADDRESS),  # a Cyrillic letter
        ("https://xn--e1afmkfd.example.com", NOT_PLAIN),
        # more than a name
        ("http://collector.acme.com", "{} does not start with https:// (collector.acme.com)."),
        ("https://collector.acme.com:0", NOT_PLAIN),
        ("https://collector.acme.com:65536", NO_ADDRESS),
        ("https://collector.acme.com:http", NO_ADDRESS),
        (
            "https://ann:pw@collector.acme.com",
            "{} holds a user name or password (collector.acme.com).",
        ),
        (
            "https://collector.acme.com@evil.com",
            "{} holds a user name or password (evil.com).",
        ),
        (
            "https://collector.acme.com\\@evil.com",
            "{} holds a user name or password (evil.com).",
        ),
        (
            "https://collector.acme.com/latest/meta-data",
            "{} has a path after the address (collector.acme.com).",
        ),
        (
            "https://collector.acme.com#@evil.com",
            "{} has a path after the address (collector.acme.com).",
        ),
    ],
)
@pytest.mark.usefixtures("names")
def test_hostile_address_is_refused(key: str, url: str, message: str):
    found = problems(**{key: url})
    assert [(each.setting, each.message) for each in found] == [(key, message.format(key))]
    assert "pw@" not in str(found)


LEADS_INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::169.254.169.254",
    "fd00:ec2::254",
    "fe80::1",
]


@pytest.mark.parametrize("address", LEADS_INSIDE)
@pytest.mark.parametrize(
    ("key", "name"), [("COLLECTOR_URL", COLLECTOR), ("SIGNALS_API_URL", SIGNALS)]
)
def test_name_that_leads_inside_is_refused(key: str, name: str, address: str, names):
    names[name] = [address]
    assert problems() == [Problem(key, NOT_PUBLIC.format(key), USE_SNOWPLOWS)]


def test_both_addresses_are_named_when_both_lead_inside(names):
    names[COLLECTOR], names[SIGNALS] = [PUBLIC, "10.0.0.1"], ["10.0.0.2"]
    assert [each.setting for each in problems()] == ["COLLECTOR_URL", "SIGNALS_API_URL"]


def test_name_that_does_not_resolve_is_reported(names):
    del names[COLLECTOR]
    message = "COLLECTOR_URL cannot be used here: its name does not resolve."
    assert problems() == [Problem("COLLECTOR_URL", message, USE_SNOWPLOWS)]


@pytest.mark.parametrize(
    "host",
    [
        "signals.acme.com",
        f"{SIGNALS_DOMAIN}.evil.com",
        f"abc.{SIGNALS_DOMAIN}.evil.com",
        f"evil{SIGNALS_DOMAIN}",
        f"evil-{SIGNALS_DOMAIN}",
        "abc.signals.snowplowanalytics.com.co",
        "abc.signa1s.snowplowanalytics.com",
        "abc-signals.snowplowanalytics.com",
        "console.snowplowanalytics.com",
        "snowplowanalytics.com",
        COLLECTOR,
    ],
)
def test_signals_api_outside_snowplow_s_domain_is_refused(host: str, names):
    names[host] = [PUBLIC]
    message = f"SIGNALS_API_URL cannot be used here: its name must end in {SIGNALS_DOMAIN}."
    assert problems(SIGNALS_API_URL=f"https://{host}") == [
        Problem("SIGNALS_API_URL", message, USE_SNOWPLOWS)
    ]


@pytest.mark.parametrize(
    "host", ["signals.acme.com", "a.b.signals.acme.com", "SIGNALS.acme.com", SIGNALS]
)
def test_signals_api_in_a_domain_that_the_app_allows_is_taken(host: str, names):
    names[host] = names[host.lower()] = [PUBLIC]
    settings = load_settings({"SIGNALS_HOSTS": "signals.acme.com"}, {}, None)
    url = f"https://{host}"
    assert checked_account({**GIVEN, "SIGNALS_API_URL": url}, settings) == (
        OwnAccount(
            replace(OWN.account, signals_api_url=url), settings.owner, settings.vendor, suffix=""
        )
    )


@pytest.mark.parametrize(
    "host", ["evilsignals.acme.com", "signals.acme.com.evil.com", "acme.com", "signals-acme.com"]
)
def test_lookalike_of_a_domain_that_the_app_allows_is_refused(host: str, names):
    names[host] = [PUBLIC]
    settings = load_settings({"SIGNALS_HOSTS": "signals.acme.com"}, {}, None)
    message = (
        f"SIGNALS_API_URL cannot be used here: its name must end in {SIGNALS_DOMAIN} or"
        " signals.acme.com."
    )
    found = problems(settings, SIGNALS_API_URL=f"https://{host}")
    assert found == [Problem("SIGNALS_API_URL", message, USE_SNOWPLOWS)]


def test_allowed_domain_that_leads_inside_is_refused_all_the_same(names):
    names["signals.acme.com"] = ["10.0.0.1"]
    settings = load_settings({"SIGNALS_HOSTS": "signals.acme.com"}, {}, None)
    found = problems(settings, SIGNALS_API_URL="https://signals.acme.com")
    assert [each.message for each in found] == [NOT_PUBLIC.format("SIGNALS_API_URL")]


def test_resolver_that_hangs_is_given_two_seconds_at_most(monkeypatch):
    release = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        release.wait()
        raise socket.gaierror("released")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    started = time.monotonic()
    try:
        found = problems()
        seconds = time.monotonic() - started
    finally:
        release.set()
    assert found == [
        Problem(
            "COLLECTOR_URL",
            "The host names do not resolve in time.",
            "Try again. If this lasts, check them for typing mistakes.",
        )
    ]
    assert seconds > 0.9 * PATIENCE_SECONDS
    assert PATIENCE_SECONDS <= 2


@pytest.mark.parametrize(
    "mistakes",
    [
        {},
        {"COLLECTOR_URL": "https://nowhere.acme.com"},
        {"COLLECTOR_URL": SECRETS["CONSOLE_API_KEY"]},
        {"SIGNALS_API_URL": f"https://{SECRETS['CONSOLE_API_KEY']}"},
        {"SIGNALS_API_URL": f"https://ann:{SECRETS['CONSOLE_API_KEY']}@{SIGNALS}"},
        {key: f"{secret}x" for key, secret in SECRETS.items()},
        {key: f"<{secret}>" for key, secret in SECRETS.items()},
    ],
)
def test_no_message_repeats_a_secret(mistakes: dict[str, str], names):
    del names[SIGNALS]
    with pytest.raises(SettingsError) as caught:
        checked_account({**GIVEN, **mistakes}, Settings())
    told = f"{caught.value} {caught.value.problems}"
    assert [secret for secret in SECRETS.values() if secret in told] == []


def test_account_does_not_print_its_secrets():
    assert [secret for secret in SECRETS.values() if secret in f"{OWN} {OWN!r}"] == []
