"""The HTTP clients of the SDKs: what they keep, what they do not follow, and errors in words."""

import socket
import ssl
from contextlib import closing

import httpx
import pytest
import requests

from lib.connection import clients
from lib.connection.clients import (
    Clients,
    CollectorAnswer,
    CollectorSession,
    certificates,
    signals_client,
    stream_client,
    unanswered,
)
from lib.connection.public_hosts import HostRefused
from tests.support.servers import collector, free_port, silent_server

SECRET = "http://127.0.0.1/sandbox/secret"


def caused_by(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def session(url: str, *, only_public: bool = False) -> CollectorSession:
    return CollectorSession(url, only_public=only_public)


def test_the_session_notes_the_status_and_the_start_of_each_answer(monkeypatch):
    monkeypatch.setattr(clients, "ANSWER_KEPT", 1)
    with collector() as server, session(server.url) as asked:
        assert asked.answer is None
        asked.post(server.url, data=b"{}")
        assert asked.answer == CollectorAnswer(200, "o")
        server.status = 503
        asked.post(server.url, data=b"{}")
        assert asked.answer == CollectorAnswer(503, "o")


def test_the_session_notes_why_there_was_no_answer_and_raises():
    url = f"http://127.0.0.1:{free_port()}"
    with session(url) as asked, pytest.raises(requests.ConnectionError):
        asked.post(url, data=b"{}")
    assert asked.answer == CollectorAnswer(None, "it cannot be reached")


def test_the_session_does_not_follow_a_redirect():
    with collector() as other, collector(302) as server, session(server.url) as asked:
        server.location = other.url
        assert asked.post(server.url, data=b"{}").status_code == 302
        assert (asked.answer, other.bodies) == (CollectorAnswer(302, "ok"), [])


def test_more_connections_to_the_collector_than_are_kept_are_nothing_to_warn_of(
    monkeypatch, caplog
):
    monkeypatch.setattr(clients, "KEPT", 1)
    with collector() as server, closing(Clients(server.url)) as shared, requests.Session() as asked:
        asked.mount("http://", shared.collector)
        at_once = [asked.post(server.url, data=b"", stream=True) for _ in range(3)]
        assert [each.content for each in at_once] == [b"ok"] * 3
    assert [each.getMessage() for each in caplog.records] == []


@pytest.mark.parametrize(
    ("url", "only_public", "expected"),
    [
        ("http://127.0.0.1:8085", False, False),
        ("https://collector.example.com", False, True),
        ("https://collector.example.com", True, False),
    ],
)
def test_the_environment_s_proxy_is_for_servers_elsewhere_and_not_for_strangers_hosts(
    url, only_public, expected
):
    with session(url, only_public=only_public) as asked:
        assert asked.trust_env is expected


@pytest.mark.parametrize("client", [signals_client, stream_client])
def test_a_stranger_s_host_is_asked_over_https_only(client):
    with (
        client("https://signals.example.com", only_public=True) as asked,
        pytest.raises(httpx.ConnectError, match="is refused: only https is allowed"),
    ):
        asked.get("http://signals.example.com/")


def test_a_stranger_s_collector_is_asked_over_https_only():
    with (
        session("https://collector.example.com", only_public=True) as asked,
        pytest.raises(requests.ConnectionError, match="is refused: only https is allowed"),
    ):
        asked.post("http://collector.example.com/", data=b"{}")


def test_a_client_waits_for_an_answer_only_so_long(monkeypatch):
    monkeypatch.setattr(clients, "READ_SECONDS", 0.05)
    with (
        silent_server() as url,
        signals_client(url, only_public=False) as asked,
        pytest.raises(httpx.ReadTimeout),
    ):
        asked.get(url)


def test_a_silent_stream_ends(monkeypatch):
    monkeypatch.setattr(clients, "SILENT_SECONDS", 0.05)
    with (
        silent_server() as url,
        stream_client(url, only_public=False) as asked,
        pytest.raises(httpx.ReadTimeout),
    ):
        asked.get(url)


def test_certificates_are_loaded_once():
    assert certificates() is certificates()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, SECRET), "its name does not resolve"),
        (ssl.SSLCertVerificationError(SECRET), "its certificate is not trusted"),
        (ssl.SSLError(SECRET), "no secure connection can be made to it"),
        (httpx.ReadTimeout(SECRET), "it did not answer in time"),
        (httpx.ConnectTimeout(SECRET), "it did not answer in time"),
        (requests.ReadTimeout(SECRET), "it did not answer in time"),
        (HostRefused("a.example.com", "its address is not public"), "its address is not public"),
        (ConnectionRefusedError(SECRET), "it cannot be reached"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_or_its_cause_says_why_there_was_no_answer(error, words):
    assert unanswered(error) == words
    assert unanswered(caused_by(httpx.ConnectError(SECRET), error)) == words
    assert unanswered(caused_by(requests.ConnectionError(SECRET), error)) == words
