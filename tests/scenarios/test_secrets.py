"""What is secret is told to nobody: no page, no log, no output, no exception and no address has it.

Secret are the API key, its ID, the organization's ID, the presenter's passphrase and every access
token. The two addresses are not: the connection page shows them, and problems name their hosts.
"""

import gc
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

import pytest
import requests
from streamlit.testing.v1 import AppTest

from lib.connection import access_token
from lib.connection.explanations import SDK_ERRORS, explained
from lib.snowplow import attributes, publishing
from lib.snowplow.interventions import push_test_intervention
from lib.ui import session
from lib.world import jobs, polling, settling
from lib.world.participant import Participant
from tests.support.account_steps import use_own_account
from tests.support.secret_values import error_text, given_away
from tests.support.snowplow import CONSOLE, LOOPBACK, Snowplow, running_snowplow
from tests.support.steps import click, complete, everything, go_to, has, publish, texts
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
PASSPHRASE = "Plumeria-Quetzal-48151623"
PUBLIC = "93.184.216.34"
# The buttons of each page that talk to Snowplow.
PAGES = {
    "board": ("complete_task", "why"),
    "definitions": ("publish",),
    "attributes": (),
    "interventions": ("push_intervention",),
    "connection": ("check_connection",),
}
# The app keeps three quiet, whatever the root logger says, and so does this: `httpx` logs the
# address of every request, `urllib3.connectionpool` its path, and `snowplow_tracker.emitters` the
# address of the collector.
LOGGERS = ("httpcore", "urllib3", "snowplow_tracker", "streamlit", "asyncio", "uvicorn")
KEPT_QUIET = ("snowplow_tracker.emitters", "urllib3.connectionpool")


# Each with what of the knobs of `Snowplow` it is. Tokens are revoked, streams cut and connections
# closed before each, so that it shows at once.
HEALTHY: dict[str, object] = {
    "token_status": 200,
    "api_status": None,
    "collector_status": 200,
    "certificate": "valid",
    "unresolvable": set(),
}
FAULTS: dict[str, dict[str, object]] = {
    "nothing": {},
    "console 401": {"token_status": 401},
    "console 500": {"token_status": 500},
    "console gone": {"unresolvable": {CONSOLE}},
    "API 401": {"api_status": 401},
    "API 403": {"api_status": 403},
    "API 500": {"api_status": 500},
    "collector 403": {"collector_status": 403},
    "collector 503": {"collector_status": 503},
    "certificate untrusted": {"certificate": "untrusted"},
}


def befall(snowplow: Snowplow, knobs: dict[str, object]) -> None:
    snowplow.cut_streams()
    snowplow.revoke_tokens()
    snowplow.stop()
    for knob, value in {**HEALTHY, **knobs}.items():
        setattr(snowplow, knob, value)
    snowplow.start()


# What is secret, and where it is looked for


def secrets_of(snowplow: Snowplow) -> dict[str, str]:
    """All that there are until now, by name."""
    names = ("CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID")
    tokens = {f"token {number}": token for number, token in enumerate(snowplow.tokens)}
    settings = dict(zip(names, snowplow.secrets, strict=True))
    return {**settings, "PRESENTER_PASSPHRASE": PASSPHRASE, **tokens}


def errors_of_calls(participant: Participant) -> list[Exception]:
    """What the SDKs' calls raise now, on the app's own connection."""
    connection, names = participant.connection, participant.names
    signals, user_id = participant.signals, participant.user_id
    collector = connection.collector_session()
    calls: tuple[Callable[[], object], ...] = (
        connection.api_client.access_token,
        lambda: publishing.published(signals, names),
        lambda: publishing.publish(signals, participant.plan),
        lambda: attributes.service_attributes(signals, user_id, names.service),
        lambda: push_test_intervention(signals, user_id),
        lambda: collector.get(f"{connection.collector_url}/health").raise_for_status(),
    )
    errors: list[Exception] = []
    for call in calls:
        try:
            call()
        except (*SDK_ERRORS, requests.RequestException) as error:
            errors.append(error)
    return errors


def paths_asked(snowplow: Snowplow) -> str:
    """The host and path of every request, without the one secret that Snowplow itself asks for in
    a path: its console's token endpoint is the organization's own."""
    paths = [f"{each.host} {each.path}" for each in list(snowplow.requests)]
    organization = f"{CONSOLE} /api/msc/v1/organizations/{snowplow.settings['ORG_ID']}/"
    return "\n".join(path.replace(organization, "") for path in paths)


@pytest.fixture
def heard(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Callable[[], str]:
    """All that was logged by anybody, at the level DEBUG, and printed."""
    records: list[logging.LogRecord] = []
    # Some loggers keep their records from the root logger's handlers.
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda _, record: records.append(record))
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in LOGGERS and name not in KEPT_QUIET:
            caplog.set_level(logging.DEBUG, logger=name)

    def all_heard() -> str:
        # What the servers were asked is looked at by itself: see `paths_asked`.
        said = [
            f"{logging.Formatter().format(each)} {each.args!r}"
            for each in list(records)
            if each.name != "uvicorn.access"
        ]
        assert said
        return "\n".join([*said, *capfd.readouterr()])

    return all_heard


# The app, on an account of its settings and on one that a participant brought


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def open_shared(
    snowplow: Snowplow, unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> Callable[[], AppTest]:
    """Opens the app on the account of its settings, as the presenter."""

    def opened() -> AppTest:
        for name, value in {**snowplow.settings, "PRESENTER_PASSPHRASE": PASSPHRASE}.items():
            unconfigured.setenv(name, value)
        at = go_to(open_app(), "connection")
        for given in (f"not {PASSPHRASE}", PASSPHRASE):
            at.text_input(key="passphrase").input(given)
            click(at, "enter_passphrase")
        return at

    return opened


@pytest.fixture
def open_own(
    snowplow: Snowplow, unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> Callable[[], AppTest]:
    """Opens the app on the sandbox, and enters an account, which is at a public address."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *options: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name == PUBLIC:
            return resolve(LOOPBACK, snowplow.port, *options, **more)
        is_shown = name in snowplow.hosts[1:] and name not in snowplow.unresolvable
        return resolve(PUBLIC if is_shown else host, port, *options, **more)

    unconfigured.setattr(socket, "getaddrinfo", getaddrinfo)
    return lambda: use_own_account(go_to(open_app(), "connection"), snowplow.settings)


@pytest.fixture(params=["open_shared", "open_own"])
def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on either account, all published and a task completed."""
    at: AppTest = request.getfixturevalue(request.param)()
    assert world_of(at).connection.mode == "snowplow"
    assert eventually(lambda: world_of(at).is_live)
    complete(publish(go_to(at, "board")), 1)
    monkeypatch.setattr(access_token, "FAILURE_KEPT_SECONDS", 0.0)
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 0.2)
    monkeypatch.setattr(polling, "FIRST_LOOK_SECONDS", 0.5)
    monkeypatch.setattr(jobs, "PAGE_WAITS_SECONDS", 2.0)
    return at


def world_of(at: AppTest) -> Participant:
    """The world that a session looks at, of whichever account."""
    user_id, token = at.session_state["world"]
    own = at.session_state.get("own_account", None)
    participants = session.process().participants
    found = participants.join(user_id, token, own)
    participants.leave(user_id, token, own)
    return found


def look_around(at: AppTest) -> str:
    """All that a person sees who tries everything on every page."""
    seen = []
    for page, buttons in PAGES.items():
        go_to(at, page)
        for button in buttons:
            if has(at, button) and not at.get_by_key(button).disabled:
                click(at, button)
        assert not at.exception
        seen.append(everything(at))
    return "\n".join(seen)


def test_no_secret_is_told_whatever_fails(snowplow, heard, opened):
    everywhere_lost = {"all names gone": {"unresolvable": set(snowplow.hosts)}}
    told: dict[tuple[str, str], str] = {}
    for name, knobs in (FAULTS | everywhere_lost).items():
        befall(snowplow, knobs)
        world = world_of(opened)
        world.refresh()
        told[name, "a page"] = look_around(opened)
        assert "••••" in texts(opened)  # on the last page, with the last four characters
        errors = errors_of_calls(world)
        assert bool(errors) == bool(knobs), name
        told[name, "an exception"] = "\n".join(map(error_text, errors))
        told[name, "an explanation"] = "\n".join(str(explained(error)) for error in errors)
        told[name, "a state"] = f"{world.listener.state} {world.emitter.delivery}"
        told[name, "a log or the output"] = heard()
    told["all", "a path"] = paths_asked(snowplow)
    assert len(snowplow.tokens) > len(FAULTS) / 2
    secrets = secrets_of(snowplow)
    away = {where: given_away(text, secrets) for where, text in told.items()}
    assert away == dict.fromkeys(told, set())


# The token of a sandbox


def test_token_of_a_sandbox_is_in_no_log_and_no_output(open_app, heard):
    at = open_app()
    world = world_of(at)
    assert world.connection.mode == "sandbox"
    assert eventually(lambda: world.is_live)
    complete(publish(go_to(at, "board")), 1)
    look_around(at)
    assert eventually(lambda: world.emitter.delivery.sent > 0)
    assert given_away(heard(), {"the token": world.connection.token}) == set()


@pytest.mark.parametrize("answered", ["nobody", "503"])
def test_token_of_a_sandbox_is_in_no_log_of_an_outage(open_app, heard, answered):
    at = complete(publish(go_to(open_app(), "board")), 1)
    world = world_of(at)
    backend = session.process().backend
    assert backend.sandbox is not None
    if answered == "nobody":
        backend.sandbox.stop()
    else:
        backend.sandbox.app.state.sandboxes.store.db.execute("PRAGMA query_only = 1")
    complete(at, 1)
    assert eventually(lambda: world.emitter.delivery.problem != "")
    look_around(at)
    told = f"{heard()}\n{world.emitter.delivery}\n{world.listener.state}"
    secret = {"the token": world.connection.token}
    assert [each for each in told.splitlines() if given_away(each, secret)] == []


# Forgetting


def texts_within(root: object) -> Iterator[str]:
    """Every text that can be reached from an object, other than through modules and classes."""
    found: dict[int, object] = {}
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) in found or isinstance(each, type | ModuleType):
            continue
        found[id(each)] = each
        if isinstance(each, str | bytes):
            yield str(each)
        elif isinstance(each, FunctionType):
            waiting += [each.__closure__, each.__defaults__, each.__kwdefaults__]
        elif isinstance(each, FrameType):
            waiting += [each.f_locals, each.f_back]
        else:
            waiting += gc.get_referents(each)


@dataclass(frozen=True)
class Forgotten:
    """A session that forgot its account, after all was tried with it, and what must be gone."""

    at: AppTest
    secrets: dict[str, str]

    def found_in(self, *texts: str) -> set[str]:
        return given_away("\n".join(texts), self.secrets)


@pytest.fixture
def forgotten(snowplow: Snowplow, open_own: Callable[[], AppTest]) -> Forgotten:
    at = open_own()
    assert eventually(lambda: world_of(at).is_live)
    complete(publish(go_to(at, "board")), 1)
    snowplow.collector_status = 503
    look_around(complete(at, 1))
    snowplow.api_status = 403
    click(go_to(at, "definitions"), "unpublish")  # which has the page tell of a refusal
    forgotten = Forgotten(at, secrets_of(snowplow) | snowplow.settings)
    del forgotten.secrets["PRESENTER_PASSPHRASE"]
    assert forgotten.found_in(*texts_within(at.session_state)) == set(forgotten.secrets)
    click(go_to(at, "connection"), "forget_account")
    assert not at.exception
    assert world_of(at).connection.mode == "sandbox"
    return forgotten


def test_an_account_that_is_forgotten_is_nowhere(snowplow, tmp_path, forgotten):
    assert forgotten.found_in(*texts_within(forgotten.at.session_state.to_dict())) == set()
    assert forgotten.found_in(everything(forgotten.at)) == set()
    files = {each.name: each.read_bytes() for each in tmp_path.glob("sandbox.app.db*")}
    assert files.keys() >= {"sandbox.app.db", "sandbox.app.db-wal"}
    assert forgotten.found_in(*(each.decode("latin-1") for each in files.values())) == set()
    assert eventually(lambda: snowplow.streams == 0)


def test_an_account_that_is_forgotten_is_not_kept_by_streamlit(forgotten):
    # A closed connection still knows where it led, which the page shows to everybody.
    addresses = {"COLLECTOR_URL", "SIGNALS_API_URL", "OWNER"}

    def kept() -> set[str]:
        return forgotten.found_in(*texts_within(forgotten.at.session_state)) - addresses

    assert eventually(lambda: kept() == set()), kept()  # a call under way still has its token
