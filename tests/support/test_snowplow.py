"""The Snowplow of the tests: the SDKs, as they are, find in it what they find in the real one."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from snowplow_signals import InterventionInstance, Signals, SignalsAPIError
from snowplow_tracker import Emitter, Subject, Tracker

from lib.connection.settings import load_settings
from lib.snowplow.attributes import service_attributes
from lib.snowplow.definitions import COUNT, INTERVENTION, Plan
from lib.snowplow.publishing import publish, published
from tests.support.sandbox import new_id, targets, task_completed, thread_of
from tests.support.snowplow import CONSOLE, AnsweredRequest, Snowplow, running_snowplow
from tests.support.waiting import PATIENCE_SECONDS, eventually

REFUSED_BY_CONSOLE = {"message": "As told by the test"}
REFUSED_BY_API = {"detail": "As told by the test"}


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    before = set(threading.enumerate())
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running
    assert eventually(lambda: set(threading.enumerate()) <= before)


def plan_of(snowplow: Snowplow, threshold: int = 5) -> Plan:
    return Plan(snowplow.settings["OWNER"], "com.example", threshold)


def track(snowplow: Snowplow, user: str) -> str:
    """Complete a task, and say what became of the event. Nothing is tried again."""
    outcomes: list[str] = []
    emitter = Emitter(
        snowplow.settings["COLLECTOR_URL"],
        batch_size=1,
        request_timeout=10,
        on_success=lambda _: outcomes.append("sent"),
        on_failure=lambda *_: outcomes.append("failed"),
        custom_retry_codes={-1: False, 503: False},  # -1: no answer at all
    )
    Tracker("t", emitter, subject=Subject().set_user_id(user)).track(task_completed())
    return outcomes[0]


@contextmanager
def listening(snowplow: Snowplow, signals: Signals, user: str) -> Iterator[Any]:
    """The SDK's subscription, open. Its thread ends with the server."""
    others = snowplow.streams
    with signals.pull_interventions(targets(user_id=user)) as subscription:
        assert eventually(lambda: snowplow.streams == others + 1)
        yield subscription


def first_line(signals: Signals) -> str | None:
    """The first line of a stream of interventions; raises what the SDK's thread would."""
    users = {"user_id": [new_id()]}
    stream = signals.api_client.make_stream_request("GET", "interventions", params=users)
    line = next(stream)
    stream.close()
    return line


def get(host: str, path: str) -> int:
    return httpx.get(f"https://{host}{path}").status_code


# What works


def test_its_settings_pass_the_checks_of_the_app(snowplow):
    assert load_settings(snowplow.settings, {}, None).mode == "snowplow"


def test_a_tracked_task_is_counted(snowplow):
    signals, user = snowplow.signals(), new_id()
    assert publish(signals, plan_of(snowplow)).is_complete
    assert [track(snowplow, user) for _ in range(2)] == ["sent", "sent"]
    assert service_attributes(signals, user)[COUNT] == 2


def test_an_intervention_arrives_while_its_stream_is_open(snowplow):
    signals, user = snowplow.signals(), new_id()
    publish(signals, plan_of(snowplow, threshold=1))
    with listening(snowplow, signals, user) as subscription:
        track(snowplow, user)
        assert subscription.get(timeout=PATIENCE_SECONDS).name == INTERVENTION


def test_it_keeps_what_was_asked_and_the_token_is_fetched_once(snowplow):
    signals = snowplow.signals()
    published(signals)
    track(snowplow, new_id())
    token_path = f"/api/msc/v1/organizations/{snowplow.settings['ORG_ID']}/credentials/v3/token"
    assert snowplow.requests_to(CONSOLE) == [AnsweredRequest(CONSOLE, "GET", token_path, 200)]
    answers = [each.status for each in snowplow.requests_to(snowplow.signals_host)]
    assert answers == [404, 404, 404, 200]  # the three, and the list of all interventions
    assert snowplow.requests[-1] == AnsweredRequest(
        snowplow.collector_host, "POST", "/com.snowplowanalytics.snowplow/tp2", 200
    )
    assert snowplow.tokens == [signals.api_client.token]


def test_each_host_has_its_own_paths_alone(snowplow):
    services = "/api/v1/registry/services/"
    assert get(CONSOLE, services) == get(snowplow.collector_host, services) == 404
    assert get(snowplow.signals_host, "/health") == 404
    assert get(snowplow.collector_host, "/micro/all") == 404
    assert get(snowplow.collector_host, "/health") == 200
    assert get(snowplow.signals_host, services) == 401


# Tokens


@pytest.mark.parametrize("wrong", ["api_key", "api_key_id", "org_id"])
def test_the_console_refuses_what_it_does_not_know(snowplow, wrong):
    api_key, api_key_id, org_id = snowplow.secrets
    right = {"api_key": api_key, "api_key_id": api_key_id, "org_id": org_id}
    url = snowplow.settings["SIGNALS_API_URL"]
    signals = Signals(api_url=url, **{**right, wrong: new_id()})
    with pytest.raises(httpx.HTTPStatusError) as caught:
        published(signals)
    assert caught.value.response.status_code == 401
    assert caught.value.response.json() == {"message": "Authentication failed"}
    assert snowplow.tokens == []


@pytest.mark.parametrize("status", [401, 403, 500])
def test_the_console_answers_as_told(snowplow, status):
    snowplow.token_status = status
    with pytest.raises(httpx.HTTPStatusError) as caught:
        published(snowplow.signals())
    answer = caught.value.response
    assert (answer.status_code, answer.json()) == (status, REFUSED_BY_CONSOLE)


def test_revoked_tokens_are_refused_and_new_ones_accepted(snowplow):
    signals = snowplow.signals()
    published(signals)
    snowplow.revoke_tokens()
    for ask in (published, first_line):
        with pytest.raises(SignalsAPIError, match="401.*Invalid or expired token"):
            ask(signals)
    assert not published(snowplow.signals()).is_there
    assert first_line(snowplow.signals()) == ": connected"


def test_an_expired_token_is_refused_and_the_sdk_fetches_another(snowplow):
    snowplow.token_lifetime = -1
    signals = snowplow.signals()
    for fetched in (1, 2):
        with pytest.raises(SignalsAPIError, match="401.*Invalid or expired token"):
            published(signals)
        assert len(snowplow.requests_to(CONSOLE)) == len(set(snowplow.tokens)) == fetched


# Answers that fail or wait


@pytest.mark.parametrize("ask", [published, first_line])
def test_the_api_answers_as_told(snowplow, ask):
    snowplow.api_status = 500
    with pytest.raises(SignalsAPIError) as caught:
        ask(snowplow.signals())
    assert (caught.value.status_code, caught.value.message) == (500, REFUSED_BY_API)


@pytest.mark.parametrize("status", [400, 503])
def test_the_collector_answers_as_told_and_takes_no_event(snowplow, status):
    signals, user = snowplow.signals(), new_id()
    publish(signals, plan_of(snowplow))
    snowplow.collector_status = status
    assert track(snowplow, user) == "failed"
    snowplow.collector_status = 200
    assert track(snowplow, user) == "sent"
    assert service_attributes(signals, user)[COUNT] == 1


@pytest.mark.parametrize("delay", ["token_delay", "api_delay", "collector_delay"])
def test_a_delayed_request_waits_until_the_delay_is_taken_back(snowplow, delay):
    setattr(snowplow, delay, 3600)
    ask = {"collector_delay": lambda: track(snowplow, new_id())}.get(
        delay, lambda: published(snowplow.signals())
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)
        assert eventually(lambda: snowplow.waiting == 1)
        assert not answer.done()
        setattr(snowplow, delay, 0)
        assert answer.result(timeout=PATIENCE_SECONDS)
    assert snowplow.waiting == 0


def test_a_delayed_request_is_dropped_when_the_server_stops(snowplow):
    signals = snowplow.signals()
    published(signals)
    snowplow.api_delay = 3600
    asked = len(snowplow.requests)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(published, signals)
        assert eventually(lambda: snowplow.waiting == 1)
        snowplow.stop()
        assert isinstance(answer.exception(timeout=PATIENCE_SECONDS), httpx.TransportError)
    assert len(snowplow.requests) == asked


# Streams


def test_a_cut_stream_ends_the_thread_of_the_sdk(snowplow, monkeypatch):
    ends: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda end: ends.append(end.exc_type))
    with listening(snowplow, snowplow.signals(), new_id()) as subscription:
        snowplow.cut_streams()
        thread_of(subscription).join(PATIENCE_SECONDS)
        assert not thread_of(subscription).is_alive()
    assert issubclass(ends[0], httpx.TransportError)
    assert eventually(lambda: snowplow.streams == 0)


def test_a_muted_stream_stays_open_and_says_nothing(snowplow):
    signals, user = snowplow.signals(), new_id()
    with listening(snowplow, signals, user) as muted:
        snowplow.mute_streams()
        with listening(snowplow, signals, user) as heard:
            signals.push_intervention(
                targets(user_id=user), InterventionInstance(name="a", version=1)
            )
            assert heard.get(timeout=PATIENCE_SECONDS).name == "a"
            assert list(muted) == []
            assert snowplow.streams == 2
            assert thread_of(muted).is_alive()


# The network


def test_it_goes_away_and_comes_back_with_what_it_had(snowplow):
    signals, user = snowplow.signals(), new_id()
    publish(signals, plan_of(snowplow))
    track(snowplow, user)
    port = snowplow.port
    snowplow.stop()
    with pytest.raises(httpx.ConnectError, match="refused"):
        published(signals)
    assert track(snowplow, user) == "failed"
    snowplow.start()
    assert snowplow.port == port
    assert track(snowplow, user) == "sent"
    assert service_attributes(signals, user)[COUNT] == 2


def test_a_client_that_keeps_its_connection_does_not_keep_the_server(snowplow):
    with httpx.Client() as client:
        for _ in range(2):
            assert client.get(f"https://{snowplow.collector_host}/health").text == "ok"
            snowplow.stop()
            snowplow.start()


def test_a_name_can_stop_resolving(snowplow):
    snowplow.unresolvable = {snowplow.signals_host}
    with pytest.raises(httpx.ConnectError, match="not known"):
        published(snowplow.signals())
    assert track(snowplow, new_id()) == "sent"
    snowplow.unresolvable.clear()
    assert not published(snowplow.signals()).is_there


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ("wrong name", "Hostname mismatch"),
        ("untrusted", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
    ],
)
def test_a_wrong_certificate_is_refused(snowplow, certificate, reason):
    snowplow.certificate = certificate
    with pytest.raises(httpx.ConnectError, match=reason):
        published(snowplow.signals())
    assert track(snowplow, new_id()) == "failed"
    assert snowplow.requests == []
    snowplow.certificate = "valid"
    assert track(snowplow, new_id()) == "sent"


def test_nothing_resolves_but_its_names_and_this_machine(snowplow):
    for name in (CONSOLE, snowplow.signals_host, snowplow.collector_host):
        assert socket.getaddrinfo(name, 443)[0][4] == ("127.0.0.1", snowplow.port)
    for name in ("example.com", "next.console.snowplowanalytics.com", "snowplow.io", ""):
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo(name, 443)
    assert socket.getaddrinfo("127.0.0.1", 1)[0][4] == ("127.0.0.1", 1)
    assert "127.0.0.1" in {found[4][0] for found in socket.getaddrinfo("localhost", 1)}
