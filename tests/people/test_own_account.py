"""An account that a participant brought: only public addresses, kept apart, and forgotten at once.

No name is looked up for real. Where a Snowplow is needed it is the one of the tests, at a public
address that leads to this machine.
"""

import re
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from snowplow_signals import SignalsAPIError
from starlette.responses import RedirectResponse

from lib.connection.account import Account, OwnAccount
from lib.connection.backend import Backend, new_token
from lib.connection.clients import CollectorAnswer
from lib.connection.settings import (
    SIGNALS_DOMAIN,
    SNOWPLOW_KEYS,
    Problem,
    Settings,
    SettingsError,
    load_settings,
)
from lib.people import participants as participants_module
from lib.people.own_account import PATIENCE_SECONDS, checked_account
from lib.people.participants import Participants
from lib.snowplow.definitions import COUNT, Plan
from lib.world import settling
from lib.world.app_state import AppState
from lib.world.history import Mark, Reading
from lib.world.participant import Participant
from tests.support.internet import PUBLIC, Internet
from tests.support.snowplow import CONSOLE, Front, Snowplow, running_snowplow
from tests.support.waiting import eventually

COLLECTOR = "collector.acme.com"
SIGNALS = f"abc.{SIGNALS_DOMAIN}"
SECRETS = {
    "CONSOLE_API_KEY": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0001",
    "CONSOLE_API_KEY_ID": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0002",
    "ORG_ID": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0003",
}
GIVEN = {
    "COLLECTOR_URL": f"https://{COLLECTOR}",
    "SIGNALS_API_URL": f"https://{SIGNALS}",
    **SECRETS,
}
OWN = OwnAccount(
    Account(
        GIVEN["COLLECTOR_URL"],
        GIVEN["SIGNALS_API_URL"],
        *(SecretStr(secret) for secret in SECRETS.values()),
    ),
    owner="ann@acme.com",
    vendor="com.acme",
    suffix="_ann",
)

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


def test_both_addresses_are_told_when_both_lead_inside(names):
    names[COLLECTOR], names[SIGNALS] = [PUBLIC, "10.0.0.1"], ["10.0.0.2"]
    assert [each.setting for each in problems()] == ["COLLECTOR_URL", "SIGNALS_API_URL"]


def test_name_that_does_not_resolve_is_told(names):
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


# The settings of the app that are about it


@pytest.mark.parametrize("suffix", ["_emea", "2", "A_1", "a" * 40])
def test_suffix_ends_the_names_of_the_definitions(suffix: str):
    assert load_settings({"DEFINITIONS_SUFFIX": suffix}, {}, None).definitions_suffix == suffix


@pytest.mark.parametrize("suffix", ["-emea", "e mea", "é", "a.b", "a/b", "a" * 41, "`rm`", "_\n_"])
def test_suffix_that_cannot_end_a_name_is_told(suffix: str):
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
def test_domain_that_is_none_is_told(domain: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({"SIGNALS_HOSTS": f"signals.acme.com, {domain}"}, {}, None)
    assert caught.value.problems == [
        Problem(
            "SIGNALS_HOSTS",
            f"SIGNALS_HOSTS names something that is not a domain ({ascii(domain)}).",
            'List domains with commas between them, like "signals.your-company.com".',
        )
    ]


# Its place


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


# Worlds in it


def own_account_of(snowplow: Snowplow) -> OwnAccount:
    return checked_account(snowplow.settings, Settings())


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def internet(snowplow: Snowplow, monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(snowplow, monkeypatch)


@dataclass
class App:
    """What all sessions of a process share, without a browser."""

    state: AppState
    participants: Participants

    def rows(self, world: str) -> int:
        """How much the app's file has of a world."""
        lists = (
            self.state.readings(world),
            self.state.marks(world),
            self.state.inbox(world),
            self.state.outbox(world),
            self.state.missed(world),
        )
        return sum(map(len, lists)) + (self.state.project(world) is not None)


@pytest.fixture
def app(
    internet: Internet, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)  # however busy the machine is
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 60.0)
    state = AppState(tmp_path / "app.db")
    participants = Participants(backend, state, Plan("host@acme.com", "com.host"))
    yield App(state, participants)
    participants.close()
    state.close()


def complete_one(participant: Participant) -> None:
    task = participant.project.next_open
    assert task is not None
    participant.complete_task(task.id)


def new_user() -> str:
    return str(uuid.uuid4())


def test_own_account_works_end_to_end_at_its_public_address(app, snowplow, internet):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    participant.publish(participant.plan)
    for _ in range(5):
        complete_one(participant)
    assert participant.seen.current[COUNT] == 5
    assert participant.is_nudged
    assert participant.last_event.state == "sent"
    assert participant.plan.owner == snowplow.settings["OWNER"]
    assert internet.elsewhere == []


def test_two_who_bring_the_same_account_as_the_same_user_share_a_world(app, snowplow):
    user = new_user()
    one = app.participants.join(user, own=own_account_of(snowplow))
    other = app.participants.join(user, own=own_account_of(snowplow))
    assert one is other
    assert app.participants.join(new_user(), own=own_account_of(snowplow)) is not one
    assert eventually(lambda: snowplow.streams == 2)


def test_forgetting_closes_the_world_at_once_and_deletes_all_that_is_known_of_it(app, snowplow):
    own, user = own_account_of(snowplow), new_user()
    participant = app.participants.join(user, own=own)
    assert eventually(lambda: snowplow.streams == 1)
    participant.publish(participant.plan)
    complete_one(participant)
    snowplow.collector_status = 503
    complete_one(participant)
    assert participant.emitter.delivery.waiting == 1
    assert app.rows(participant.world) > 3

    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert app.rows(participant.world) == 0
    assert app.state.worlds_with_outbox() == []
    assert eventually(lambda: snowplow.streams == 0, seconds=3)
    assert participant.connection.api_client.stream_state.kind == "closed"
    with pytest.raises(httpx.ConnectError, match="this connection was closed"):
        participant.connection.signals.get_attribute_group(participant.names.group)
    asked = len(snowplow.requests)
    assert app.participants.join(user, own=own) is not participant
    assert eventually(lambda: len(snowplow.requests) > asked)


def test_forgetting_leaves_open_what_another_session_looks_at(app, snowplow):
    own, user = own_account_of(snowplow), new_user()
    participant = app.participants.join(user, own=own)
    app.participants.join(user, own=own)
    assert eventually(lambda: participant.is_live)
    complete_one(participant)

    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert participant.is_live
    assert app.rows(participant.world) > 0
    assert app.participants.join(user, own=own) is participant


def test_forgetting_leaves_other_users_and_accounts_alone(app, snowplow):
    own = own_account_of(snowplow)
    suffixed = replace(own, suffix="_other")
    mine, theirs, elses = (new_user() for _ in range(3))
    gone = app.participants.join(mine, own=own)
    others = [
        app.participants.join(theirs, own=own),
        app.participants.join(elses, own=suffixed),
        app.participants.join(mine),
    ]
    app.participants.leave(mine, own=own)
    app.participants.leave(elses, own=suffixed)  # a reload comes back
    app.participants.forget(own)
    assert gone.connection.api_client.stream_state.kind == "closed"
    assert [each.connection.api_client.stream_state.kind == "closed" for each in others] == (
        [False] * 3
    )


def test_forgetting_deletes_what_was_closed_before_too(app, snowplow, monkeypatch):
    own, earlier, user = own_account_of(snowplow), new_user(), new_user()
    before = app.participants.join(earlier, own=own)
    complete_one(before)
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 0.0)
    app.participants.leave(earlier, own=own)
    assert eventually(lambda: before.connection.api_client.stream_state.kind == "closed")
    assert app.rows(before.world) > 0  # the user could come back

    app.participants.join(user, own=own)
    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert app.rows(before.world) == 0


def test_forgetting_what_nobody_opened_does_nothing(app, snowplow):
    app.participants.forget(own_account_of(snowplow))


def test_worlds_of_an_earlier_process_are_deleted_at_start(backend, tmp_path):
    state = AppState(tmp_path / "app.db")
    now = datetime.now(UTC)
    own, shared, sandbox = (
        f"{place}:{new_user()}"
        for place in (Backend(backend.settings).own_place(OWN), "0123456789abcdef", new_token())
    )
    for world in (own, shared, sandbox):
        state.save_project(world, "{}")
        state.add_reading(world, Reading(now, {COUNT: 1}))
        state.add_mark(world, Mark(now, "event", "a task"))
        state.add_intervention(world, "i", now, {"name": "nudge"})
        state.add_to_outbox(world, "e", {"eid": "e"})
        state.add_missed(world, "nudge", 1, now)
    participants = Participants(backend, state, Plan("host@acme.com", "com.host"))
    rows = App(state, participants).rows
    assert [rows(world) for world in (own, shared, sandbox)] == [0, 6, 6]
    participants.close()
    state.close()


# Names that lead inside after they were checked, and redirects


def test_name_that_leads_inside_later_is_not_followed_there(app, snowplow, internet):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    participant.refresh()
    asked = len(snowplow.requests)
    internet.moved = dict.fromkeys((snowplow.collector_host, snowplow.signals_host), "10.0.0.1")

    complete_one(participant)
    participant.refresh()
    snowplow.cut_streams()

    event, problem = participant.last_event, participant.seen.problem
    assert (event.state, event.reason) == ("waiting", "its address is not public")
    assert problem.message == "Signals cannot be reached: its address is not public."
    assert eventually(lambda: participant.listener.state.reason == "its address is not public")
    assert [each for each in snowplow.requests[asked:] if each.host != CONSOLE] == []
    assert internet.elsewhere == []


INSIDE = ["http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "http://127.0.0.1:8501/"]


@pytest.mark.parametrize("target", INSIDE)
def test_collector_that_redirects_gets_no_second_request(
    app, snowplow, internet, monkeypatch, target: str
):
    monkeypatch.setattr(Front, "_collector", lambda *_: RedirectResponse(target, 302))
    connection = app.participants.join(new_user(), own=own_account_of(snowplow)).connection
    session = connection.collector_session()
    with session:
        answer = session.post(f"{connection.collector_url}/com.snowplowanalytics.snowplow/tp2")
    assert (answer.status_code, answer.headers["location"]) == (302, target)
    assert session.answer == CollectorAnswer(302, "")
    assert [each.status for each in snowplow.requests_to(snowplow.collector_host)] == [302]
    assert internet.elsewhere == []


def test_event_waits_at_a_collector_that_redirects_and_says_what_it_answered(
    app, snowplow, internet, monkeypatch
):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    monkeypatch.setattr(Front, "_collector", lambda *_: RedirectResponse(INSIDE[0], 302))
    complete_one(participant)
    event, delivery = participant.last_event, participant.emitter.delivery
    assert (event.state, event.status, event.reason) == ("waiting", 302, "it answered 302")
    assert (delivery.waiting, delivery.problem) == (1, "it answered 302")
    asked = snowplow.requests_to(snowplow.collector_host)
    assert {(each.method, each.status) for each in asked} == {("POST", 302)}
    assert internet.elsewhere == []


@pytest.mark.parametrize("target", INSIDE)
def test_signals_api_that_redirects_gets_no_second_request(
    app, snowplow, internet, monkeypatch, target: str
):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    asked = len(snowplow.requests_to(snowplow.signals_host))
    monkeypatch.setattr(Front, "_signals", lambda *_: RedirectResponse(target, 307))
    with pytest.raises(SignalsAPIError) as caught:
        participant.signals.get_attribute_group(participant.names.group)
    assert caught.value.status_code == 307
    assert len(snowplow.requests_to(snowplow.signals_host)) == asked + 1
    assert internet.elsewhere == []
