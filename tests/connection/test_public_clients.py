"""Clients that reach public hosts only, whatever a name resolves to when."""

import ssl
from collections.abc import Iterator

import httpx
import pytest
import requests

from lib.connection import public_clients
from lib.connection.public_clients import PublicAdapter, PublicTransport
from lib.connection.public_hosts import HostRefused, check_public_url
from tests.support.tls_hosts import (
    NAME,
    OTHER_NAME,
    PUBLIC,
    PUBLIC_IPV6,
    Host,
    Resolver,
    authority,  # noqa: F401 (a fixture)
    host,  # noqa: F401 (a fixture)
    resolver,  # noqa: F401 (a fixture)
    trust,  # noqa: F401 (a fixture)
)

REFUSED = [
    (f"http://{NAME}/", f"{NAME} is refused: only https is allowed"),
    ("https://127.0.0.1/", "127.0.0.1 is refused: its address is not public"),
    ("https://[::1]/", "::1 is refused: its address is not public"),
    ("https://2130706433/", "2130706433 is refused: its address is not public"),
    ("https://nowhere.example/", "nowhere.example is refused: its name does not resolve"),
]


@pytest.fixture
def client(host: Host, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    with httpx.Client(transport=PublicTransport(trust)) as client:
        yield client


@pytest.fixture
def session(host: Host, trust: ssl.SSLContext) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", PublicAdapter(trust))
        session.mount("http://", PublicAdapter(trust))
        yield session


# The transport of httpx


def test_a_request_of_httpx_goes_to_the_checked_address_under_its_name(
    client: httpx.Client, host: Host, resolver: Resolver
):
    response = client.post(f"https://{NAME}/a%20b?c=%2F", content=b"{}")
    assert (response.status_code, response.text) == (200, "ok")
    assert str(response.request.url) == f"https://{NAME}/a%20b?c=%2F"
    assert host.requests == [(NAME, "/a%20b?c=%2F")]
    assert host.connections == [NAME]
    assert resolver.connections == [(PUBLIC, 443)]


def test_httpx_names_the_port_in_the_host_header(
    client: httpx.Client, host: Host, resolver: Resolver
):
    client.get(f"https://{NAME}:8443/")
    assert host.requests == [(f"{NAME}:8443", "/")]
    assert resolver.connections == [(PUBLIC, 8443)]


def test_httpx_connects_to_an_ipv6_address(client: httpx.Client, host: Host, resolver: Resolver):
    resolver.answers[NAME] = [[PUBLIC_IPV6]]
    resolver.routes = {PUBLIC_IPV6: host.server_port}
    client.get(f"https://{NAME}/")
    assert host.requests == [(NAME, "/")]
    assert resolver.connections == [(PUBLIC_IPV6, 443)]


def test_httpx_looks_a_name_up_once_for_each_request(client: httpx.Client, resolver: Resolver):
    resolver.answers[NAME] = [[PUBLIC], ["127.0.0.1"]]
    assert client.get(f"https://{NAME}/").status_code == 200
    assert resolver.lookups == [NAME]


def test_httpx_refuses_a_name_that_was_public_when_it_was_entered(
    client: httpx.Client, host: Host, resolver: Resolver
):
    resolver.answers[NAME] = [[PUBLIC], ["169.254.169.254"]]
    check_public_url(f"https://{NAME}")
    with pytest.raises(httpx.ConnectError) as caught:
        client.get(f"https://{NAME}/")
    assert str(caught.value) == f"{NAME} is refused: its address is not public"
    assert isinstance(caught.value.__cause__, HostRefused)
    assert (host.requests, resolver.connections) == ([], [])


@pytest.mark.parametrize(("url", "message"), REFUSED)
def test_httpx_says_why_it_refuses(url: str, message: str, client: httpx.Client):
    with pytest.raises(httpx.ConnectError) as caught:
        client.get(url)
    assert str(caught.value) == message


def test_httpx_refuses_a_certificate_for_another_name(client: httpx.Client, resolver: Resolver):
    resolver.answers["else.example.com"] = [[PUBLIC]]
    with pytest.raises(httpx.ConnectError, match="certificate is not valid for 'else.example.com'"):
        client.get("https://else.example.com/")


def test_httpx_refuses_a_certificate_of_an_unknown_authority(host: Host):
    transport = PublicTransport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    with (
        httpx.Client(transport=transport) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get(f"https://{NAME}/")


def test_httpx_keeps_connections_and_shares_none_between_names(client: httpx.Client, host: Host):
    for name in (NAME, OTHER_NAME, NAME, OTHER_NAME):
        client.get(f"https://{name}/")
    assert [name for name, _ in host.requests] == [NAME, OTHER_NAME, NAME, OTHER_NAME]
    assert host.connections == [NAME, OTHER_NAME]


def test_httpx_does_not_follow_a_name_to_another_address_on_an_old_connection(
    client: httpx.Client, host: Host, resolver: Resolver
):
    resolver.answers[NAME] = [[PUBLIC], [PUBLIC_IPV6]]
    resolver.routes[PUBLIC_IPV6] = host.server_port
    client.get(f"https://{NAME}/")
    client.get(f"https://{NAME}/")
    assert resolver.connections == [(PUBLIC, 443), (PUBLIC_IPV6, 443)]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://inside.example.com/", "inside.example.com is refused: its address is not public"),
        ("https://169.254.169.254/", "169.254.169.254 is refused: its address is not public"),
        (f"http://{NAME}/", f"{NAME} is refused: only https is allowed"),
    ],
)
def test_httpx_refuses_a_redirect_like_an_address(
    location: str, message: str, client: httpx.Client, host: Host, resolver: Resolver
):
    resolver.answers["inside.example.com"] = [["10.0.0.5"]]
    host.answers["/"] = (307, {"Location": location}, b"")
    with pytest.raises(httpx.ConnectError) as caught:
        client.get(f"https://{NAME}/", follow_redirects=True)
    assert str(caught.value) == message
    assert host.requests == [(NAME, "/")]


def test_httpx_passes_traces_on(client: httpx.Client):
    steps: list[str] = []
    client.get(f"https://{NAME}/", extensions={"trace": lambda step, _: steps.append(step)})
    assert steps[0] == "connection.connect_tcp.started"
    assert "http11.receive_response_headers.complete" in steps


def test_httpx_streams_an_answer(client: httpx.Client, host: Host):
    host.answers["/stream"] = (200, {}, b"one\ntwo\n")
    with client.stream("GET", f"https://{NAME}/stream") as response:
        assert list(response.iter_lines()) == ["one", "two"]


def test_httpx_keeps_its_own_errors(client: httpx.Client, host: Host):
    host.answers["/"] = (200, {"Content-Length": "9", "Connection": "close"}, b"cut")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get(f"https://{NAME}/")


def test_closing_the_transport_closes_its_connections(host: Host, trust: ssl.SSLContext):
    transport = PublicTransport(trust)
    with httpx.Client(transport=transport) as client:
        stream = client.get(f"https://{NAME}/").extensions["network_stream"]
    assert stream.get_extra_info("socket").fileno() == -1


def test_the_transport_keeps_the_hosts_used_last(
    client: httpx.Client, host: Host, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(public_clients, "HOSTS_KEPT", 1)
    for name in (NAME, NAME, OTHER_NAME, NAME):
        client.get(f"https://{name}/")
    assert host.connections == [NAME, OTHER_NAME, NAME]


# The adapter of requests


def test_a_request_of_requests_goes_to_the_checked_address_under_its_name(
    session: requests.Session, host: Host, resolver: Resolver
):
    response = session.post(f"https://{NAME}/a%20b?c=%2F", data=b"{}")
    assert (response.status_code, response.text) == (200, "ok")
    assert response.url == f"https://{NAME}/a%20b?c=%2F"
    assert host.requests == [(NAME, "/a%20b?c=%2F")]
    assert host.connections == [NAME]
    assert resolver.connections == [(PUBLIC, 443)]


def test_requests_names_the_port_in_the_host_header_and_no_user(
    session: requests.Session, host: Host, resolver: Resolver
):
    session.get(f"https://user:pw@{NAME}:8443/")
    assert host.requests == [(f"{NAME}:8443", "/")]
    assert resolver.connections == [(PUBLIC, 8443)]


def test_requests_connects_to_an_ipv6_address(
    session: requests.Session, host: Host, resolver: Resolver
):
    resolver.answers[NAME] = [[PUBLIC_IPV6]]
    resolver.routes = {PUBLIC_IPV6: host.server_port}
    session.get(f"https://{NAME}/")
    assert host.requests == [(NAME, "/")]
    assert resolver.connections == [(PUBLIC_IPV6, 443)]


def test_requests_looks_a_name_up_once_for_each_request(
    session: requests.Session, resolver: Resolver
):
    resolver.answers[NAME] = [[PUBLIC], ["127.0.0.1"]]
    assert session.get(f"https://{NAME}/").status_code == 200
    assert resolver.lookups == [NAME]


def test_requests_refuses_a_name_that_was_public_when_it_was_entered(
    session: requests.Session, host: Host, resolver: Resolver
):
    resolver.answers[NAME] = [[PUBLIC], ["169.254.169.254"]]
    check_public_url(f"https://{NAME}")
    with pytest.raises(requests.ConnectionError) as caught:
        session.get(f"https://{NAME}/")
    assert str(caught.value) == f"{NAME} is refused: its address is not public"
    assert isinstance(caught.value.__cause__, HostRefused)
    assert (host.requests, resolver.connections) == ([], [])


@pytest.mark.parametrize(("url", "message"), REFUSED)
def test_requests_says_why_it_refuses(url: str, message: str, session: requests.Session):
    with pytest.raises(requests.ConnectionError) as caught:
        session.get(url)
    assert str(caught.value) == message


@pytest.mark.parametrize("verify", [True, False])
def test_requests_refuses_a_certificate_for_another_name(
    verify: bool, session: requests.Session, resolver: Resolver
):
    resolver.answers["else.example.com"] = [[PUBLIC]]
    with pytest.raises(requests.exceptions.SSLError, match="is not valid for 'else.example.com'"):
        session.get("https://else.example.com/", verify=verify)


def test_requests_refuses_a_certificate_of_an_unknown_authority(host: Host):
    with requests.Session() as session:
        session.mount("https://", PublicAdapter(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)))
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            session.get(f"https://{NAME}/", verify=False)


def test_requests_leaves_the_context_as_it_was(session: requests.Session, trust: ssl.SSLContext):
    before = (trust.check_hostname, trust.verify_mode, trust.cert_store_stats())
    session.get(f"https://{NAME}/", verify=False)
    session.get(f"https://{OTHER_NAME}/")
    assert (trust.check_hostname, trust.verify_mode, trust.cert_store_stats()) == before
    assert trust.check_hostname


def test_requests_keeps_connections_and_shares_none_between_names(
    session: requests.Session, host: Host
):
    for name in (NAME, OTHER_NAME, NAME, OTHER_NAME):
        session.get(f"https://{name}/")
    assert [name for name, _ in host.requests] == [NAME, OTHER_NAME, NAME, OTHER_NAME]
    assert host.connections == [NAME, OTHER_NAME]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://inside.example.com/", "inside.example.com is refused: its address is not public"),
        ("https://inside.example.com./", "inside.example.com. is refused: its address is not pub"),
        ("https://169.254.169.254/", "169.254.169.254 is refused: its address is not public"),
        ("https://[fd00:ec2::254]/", "fd00:ec2::254 is refused: its address is not public"),
        (f"http://{NAME}/", f"{NAME} is refused: only https is allowed"),
        ("http://169.254.169.254/", "169.254.169.254 is refused: only https is allowed"),
    ],
)
def test_requests_refuses_a_redirect_like_an_address(
    location: str, message: str, session: requests.Session, host: Host, resolver: Resolver
):
    inside = [["10.0.0.5"]]
    resolver.answers |= {"inside.example.com": inside, "inside.example.com.": inside}
    host.answers["/"] = (307, {"Location": location}, b"")
    with pytest.raises(requests.ConnectionError) as caught:
        session.get(f"https://{NAME}/")
    assert str(caught.value).startswith(message)
    assert host.requests == [(NAME, "/")]


def test_requests_follows_a_redirect_to_a_public_host_under_its_name(
    session: requests.Session, host: Host
):
    host.answers["/"] = (307, {"Location": f"https://{OTHER_NAME}/there"}, b"")
    assert session.get(f"https://{NAME}/").url == f"https://{OTHER_NAME}/there"
    assert host.requests == [(NAME, "/"), (OTHER_NAME, "/there")]
    assert host.connections == [NAME, OTHER_NAME]


def test_no_proxy_of_the_environment_is_used(
    client: httpx.Client,
    session: requests.Session,
    host: Host,
    resolver: Resolver,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    client.get(f"https://{NAME}/httpx")
    session.get(f"https://{NAME}/requests")
    assert host.requests == [(NAME, "/httpx"), (NAME, "/requests")]
    assert resolver.connections == [(PUBLIC, 443), (PUBLIC, 443)]
