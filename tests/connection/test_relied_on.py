"""What lib/connection relies on in other people's code without their promise, and what they log.

Each test names what an upgrade took away, and which module of ours needs another way.
"""

import inspect
import logging
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from requests import utils
from requests.adapters import HTTPAdapter
from snowplow_signals.api_client import ApiClient
from snowplow_tracker import Emitter
from urllib3.poolmanager import PoolKey

from lib.connection import clients  # noqa: F401 (it keeps loggers quiet)
from lib.connection.sdk_internals import OpenApiClient
from tests.support.servers import collector
from tests.support.tls_hosts import (
    NAME,
    Host,
    authority,  # noqa: F401 (a fixture)
    host,  # noqa: F401 (a fixture)
    resolver,  # noqa: F401 (a fixture)
    trust,  # noqa: F401 (a fixture)
)


def takes(method: Callable[..., Any], *names: str) -> bool:
    """Whether a method takes arguments of these names, in this order, and needs no others."""
    found = [*inspect.signature(method).parameters.values()][1:]  # without self
    parameters = [each for each in found if each.kind is not inspect.Parameter.VAR_KEYWORD]
    needed = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    known = tuple(each.name for each in parameters)
    return known[: len(names)] == names and set(needed) <= set(names)


def calls(method: Callable[..., Any], name: str) -> bool:
    return name in method.__code__.co_names  # type: ignore[attr-defined]


# The Signals SDK


@pytest.mark.parametrize(
    ("name", "arguments"), [("_check_token", ("token",)), ("_get_headers", ("token", "custom"))]
)
def test_the_signals_sdk_has_the_steps_of_a_request(name: str, arguments: tuple[str, ...]):
    method = getattr(ApiClient, name, None)
    assert method is not None and takes(method, *arguments), (
        f"The Signals SDK's ApiClient has no {name}({', '.join(arguments)}) any more:"
        " lib/connection/sdk_internals.py calls it."
    )


def test_the_signals_sdk_asks_for_the_token_of_the_requests_that_it_makes_itself():
    class Shared(OpenApiClient):
        def access_token(self, known: str | None = None) -> str:
            raise PermissionError("asked")

    client = Shared("http://127.0.0.1:1", auth_mode="sandbox", sandbox_token="t")
    try:
        client.make_text_request("GET", "anything")
    except PermissionError:
        return
    except httpx.HTTPError:
        pass
    pytest.fail(
        "The Signals SDK's ApiClient does not ask _check_token for the token of a text request:"
        " PooledApiClient in lib/connection/api_client.py must make those requests itself."
    )


# requests and urllib3


@pytest.mark.parametrize(
    ("name", "arguments", "caller"),
    [
        (
            "build_connection_pool_key_attributes",
            ("request", "verify", "cert"),
            "get_connection_with_tls_context",
        ),
        ("get_connection_with_tls_context", ("request", "verify", "proxies", "cert"), "send"),
        ("cert_verify", ("conn", "url", "verify", "cert"), "send"),
        ("add_headers", ("request",), "send"),
    ],
)
def test_requests_lets_an_adapter_choose_the_address(
    name: str, arguments: tuple[str, ...], caller: str
):
    method = getattr(HTTPAdapter, name, None)
    is_called = calls(getattr(HTTPAdapter, caller), name)
    assert method is not None and takes(method, *arguments) and is_called, (
        f"HTTPAdapter.{caller} of requests does not call {name}({', '.join(arguments)}) any more:"
        " PublicAdapter in lib/connection/public_clients.py would connect to an unchecked address."
    )


@pytest.mark.parametrize("option", ["ssl_context", "cert_reqs", "server_hostname"])
def test_urllib3_tells_connections_apart_by_their_tls_options(option: str):
    assert f"key_{option}" in PoolKey._fields, (
        f"urllib3's pools do not know the option {option} any more: PublicAdapter in"
        " lib/connection/public_clients.py would share connections between names."
    )


def test_requests_asks_the_session_where_a_redirect_leads():
    method = getattr(requests.Session, "get_redirect_target", None)
    assert method is not None and calls(requests.Session.resolve_redirects, method.__name__), (
        "Session.resolve_redirects of requests does not call get_redirect_target any more:"
        " CollectorSession in lib/connection/clients.py would follow redirects."
    )


def test_requests_tells_which_proxy_it_would_use():
    chosen = (
        hasattr(utils, "select_proxy")
        and hasattr(utils, "get_environ_proxies")
        and utils.select_proxy("https://a.example.com", {"https": "http://proxy"})
    )
    assert chosen == "http://proxy", (
        "requests.utils has no get_environ_proxies and select_proxy as before:"
        " lib/diagnosis/connection_checks.py asks them whether there is a proxy."
    )


# httpx


def test_httpx_tells_of_the_socket_when_it_has_connected(host: Host, trust: ssl.SSLContext):
    sockets: dict[str, Any] = {}

    def note(event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            sockets[event] = info["return_value"].get_extra_info("socket")

    with httpx.Client(verify=trust) as client:
        client.get(
            f"https://127.0.0.1:{host.server_port}/",
            extensions={"trace": note, "sni_hostname": NAME},
        )
    assert len(sockets) == 2 and all(hasattr(each, "shutdown") for each in sockets.values()), (
        "httpx's trace does not tell of the socket any more: PooledApiClient in"
        " lib/connection/api_client.py cannot end a stream that is silent."
    )


def test_httpx_checks_the_certificate_for_the_name_that_it_is_told(
    host: Host, trust: ssl.SSLContext
):
    with httpx.Client(verify=trust) as client:
        client.get(f"https://127.0.0.1:{host.server_port}/", extensions={"sni_hostname": NAME})
    assert host.connections == [NAME], (
        "httpx does not heed the extension sni_hostname any more: PublicTransport in"
        " lib/connection/public_clients.py cannot connect to an address that it has checked."
    )


# What they log


@pytest.mark.parametrize(
    ("logger", "ask"),
    [
        ("httpx", lambda url: httpx.post(url, trust_env=False)),
        ("urllib3.connectionpool", lambda url: requests.post(url, data=b"")),
        ("snowplow_tracker.emitters", lambda url: Emitter(url, batch_size=1).input({"e": "pv"})),
    ],
)
def test_addresses_are_logged_where_the_app_silences_them(
    logger: str, ask: Callable[[str], object], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger=logger)
    with collector() as server:
        ask(f"{server.url}/secret-path")
    named = {each.name for each in caplog.records if "secret-path" in each.getMessage()}
    assert named == {logger}, (
        f"{logger} is not the logger of addresses any more, but {sorted(named)}:"
        " lib/connection/clients.py or lib/world/emitter.py must keep that one quiet, as addresses"
        " have secrets in them."
    )
