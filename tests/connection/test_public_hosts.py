"""Hosts that a stranger named: only public ones are talked to, whatever a name resolves to when.

No name is looked up for real. The certificates are real ones, of an authority that lives as long
as the tests.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

import httpx
import pytest
import requests
import trustme
from hypothesis import given
from hypothesis import strategies as st

from lib.connection import public_hosts
from lib.connection.public_hosts import (
    HostRefused,
    PublicAdapter,
    PublicTransport,
    check_public_url,
    is_public,
    public_address,
)

NAME = "collector.example.com"
OTHER_NAME = "signals.example.com"
PUBLIC = "93.184.216.34"
PUBLIC_IPV6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

NOT_A_PUBLIC_URL = (
    "The address is refused: it must be https and a host, like https://collector.example.com"
)

SPECIAL_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # shared by the customers of a provider
    "100.100.100.200",  # metadata at Alibaba
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # Azure's own services
    "169.254.169.254",  # metadata at most clouds
    "169.254.170.2",  # credentials of containers at Amazon
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.0.192",  # metadata at Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:5ef5:79fd::f5ff:fffe",  # Teredo
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata at Amazon
    "fd20:ce::254",  # metadata at Google
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]

HOSTILE_URLS = [
    "",
    "https://",
    "https:///",
    NAME,
    f"//{NAME}",
    f"http://{NAME}",
    f"HTTP://{NAME}",
    f"ftp://{NAME}",
    f"httpss://{NAME}",
    f"https:{NAME}",
    f"https:/{NAME}",
    f"https:\\\\{NAME}",
    "file:///etc/passwd",
    # a user, or what another parser may take for one
    f"https://user:pw@{NAME}",
    f"https://user@{NAME}",
    f"https://@{NAME}",
    f"https://{NAME}@evil.example.net",
    f"https://{NAME}#@evil.example.net",
    f"https://{NAME}?@evil.example.net",
    f"https://{NAME}\\@evil.example.net",
    f"https://{NAME}:443@evil.example.net",
    f"https://{NAME},evil.example.net",
    f"https://{NAME};evil.example.net",
    # more than a host
    f"https://{NAME}/",
    f"https://{NAME}/path",
    f"https://{NAME}?query",
    f"https://{NAME}#fragment",
    f"https://{NAME}:",
    f"https://{NAME}:0",
    f"https://{NAME}:65536",
    f"https://{NAME}:000443",
    f"https://{NAME}:+443",
    f"https://{NAME}:https",
    f"https://{NAME}:443:443",
    f"https://{NAME}:４４３",
    # IP addresses in every notation, public ones too
    "https://127.0.0.1",
    "https://127.0.0.1.",
    "https://127.0.0.1:8501",
    "https://127.1",
    "https://127.0.1",
    "https://2130706433",
    "https://017700000001",
    "https://0177.0.0.1",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0x7f.0x0.0x0.0x1",
    "https://127.0.0.0x1",
    "https://00000177.0.0.1",
    "https://0",
    "https://0.0.0.0",
    "https://169.254.169.254",
    "https://2852039166",
    f"https://{PUBLIC}",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[64:ff9b::127.0.0.1]",
    "https://[fd00:ec2::254]",
    "https://[fe80::1%25eth0]",
    f"https://[{PUBLIC_IPV6}]",
    "https://::1",
    # names that are none
    "https://localhost",
    "https://LOCALHOST",
    "https://localhost.",
    "https://metadata",
    f"https://{NAME}.",
    f"https://{NAME}..",
    f"https://.{NAME}",
    "https://collector..example.com",
    f"https://-{NAME}",
    "https://collector-.example.com",
    f"https://*.{NAME}",
    f"https://_dmarc.{NAME}",
    f"https://{'a' * 64}.example.com",
    f"https://{'a.' * 122}example.com",
    # characters that a later parser may drop, decode or take for others
    f" https://{NAME}",
    f"https://{NAME} ",
    f"https:// {NAME}",
    f"https://{NAME}\n",
    f"https://{NAME}\r\nHost: evil.example.net",
    f"https://\t{NAME}",
    "https://collector\x00.example.com",
    "https://collector\x7f.example.com",
    "https://collector%2eexample.com",
    f"https://{NAME}%00.evil.example.net",
    "https://%31%32%37.0.0.1",
    "https://ｃollector.example.com",
    "https://collector．example．com",
    "https://collector。example。com",
    "https://１２７.０.０.１",
    "https://①②⑦.⓪.⓪.①",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "https://collector.exаmple.com",  # a Cyrillic letter
    "https://\u212aollector.example.com",  # the Kelvin sign, a "k" in lower case
    "https://collector.example.\u017fe",  # a long "s"
    "https://collector.example\u200b.com",
    "https://collector\u00ad.example.com",
    "https://xn--80ak6aa92e.example.com",
    "https://XN--80ak6aa92e.example.com",
]


class Resolver:
    """The system's resolver, as far as the tests let it: `answers` has the addresses of each
    lookup of a name in turn, the last one for good. Connections to an address of `routes` go to a
    port here."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.routes: dict[str, int] = {}
        self.lookups: list[str] = []
        self.connections: list[tuple[str, int]] = []
        self._numeric = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host in self.routes:
            self.connections.append((host, port))
            return self._found("127.0.0.1", self.routes[host])
        self.lookups.append(host)
        answers = self.answers.get(host, [[host]])
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in addresses for found in self._found(address, port)]

    def _found(self, address: str, port: int) -> list[Any]:
        """As the system takes an IP address in any notation; no name resolves."""
        return self._numeric(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    return resolver


class Host(ThreadingHTTPServer):
    """A host with certificates for some names. It keeps each connection's name and each request's
    host and path, and answers from `answers`, by path."""

    daemon_threads = True

    def __init__(self, authority: trustme.CA, *names: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections: list[str | None] = []
        self.requests: list[tuple[str | None, str]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        context.sni_callback = lambda _, name, __: self.connections.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_GET(self) -> None:
        self.server.requests.append((self.headers["Host"], self.path))
        status, headers, body = self.server.answers.get(self.path, (200, {}, b"ok"))
        self.send_response(status)
        for header, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = "Connection" in headers

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@contextmanager
def running(server: Host) -> Iterator[Host]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def host(authority: trustme.CA, resolver: Resolver) -> Iterator[Host]:
    """Both names at one public address, with a certificate for each."""
    with running(Host(authority, NAME, OTHER_NAME)) as server:
        resolver.answers = {NAME: [[PUBLIC]], OTHER_NAME: [[PUBLIC]]}
        resolver.routes = {PUBLIC: server.server_port}
        yield server


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


def refusal_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(HostRefused) as caught:
        act()
    return caught.value.host, caught.value.reason


# One address


@pytest.mark.parametrize("address", SPECIAL_ADDRESSES)
def test_a_special_address_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, PUBLIC_IPV6, "1.1.1.1", "172.32.0.1", "2a00:1450::1", "64:ff9b::1.1.1.1"]
)
def test_an_address_on_the_internet_is_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_as_public_as_the_one_it_stands_for(ip: IPv4Address):
    assert is_public(f"64:ff9b::{ip}") == is_public(str(ip))


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["::", "::ffff:", "::ffff:0:", "64:ff9b:1::", "fe80::5efe:", "2001::"]),
)
def test_another_wrapping_of_an_ipv4_address_is_never_public(ip: IPv4Address, prefix: str):
    assert not is_public(f"{prefix}{ip}")


@given(st.ip_addresses(v=6, network="2002::/16") | st.ip_addresses(v=6, network="2001::/32"))
def test_a_tunnel_is_never_public(ip: IPv6Address):
    assert not is_public(str(ip))


@given(st.ip_addresses())
def test_what_is_public_is_public_by_the_standard_library_too(ip: IPv4Address | IPv6Address):
    if is_public(str(ip)) and ip not in IPv6Network("64:ff9b::/96"):
        assert (ip.is_global, ip.is_private, ip.is_multicast, ip.is_reserved) == (
            (True, False, False, False)
        )


def test_a_name_is_no_address():
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        is_public(NAME)


# One name


def test_the_address_of_a_name_is_the_first_that_the_system_gives(resolver: Resolver):
    resolver.answers[NAME] = [[PUBLIC_IPV6, PUBLIC]]
    assert public_address(NAME) == PUBLIC_IPV6


@pytest.mark.parametrize("address", [a for a in SPECIAL_ADDRESSES if "%" not in a])
def test_a_name_with_a_special_address_is_refused(address: str, resolver: Resolver):
    resolver.answers[NAME] = [[address]]
    assert refusal_of(lambda: public_address(NAME)) == (NAME, "its address is not public")


@pytest.mark.parametrize("addresses", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC]])
def test_a_name_is_refused_for_one_private_address_of_several(
    addresses: list[str], resolver: Resolver
):
    resolver.answers[NAME] = [addresses]
    assert refusal_of(lambda: public_address(NAME)) == (NAME, "its address is not public")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "::1", "0"])
def test_a_notation_that_the_system_takes_for_loopback_is_refused(host: str, resolver: Resolver):
    assert refusal_of(lambda: public_address(host)) == (host, "its address is not public")


def test_a_name_that_does_not_resolve_raises_what_the_system_says(resolver: Resolver):
    with pytest.raises(socket.gaierror):
        public_address("nowhere.example.com")


@pytest.mark.parametrize("host", ["a" * 64 + ".example.com", "a..example.com"])
def test_a_name_that_cannot_be_looked_up_is_refused(host: str):
    assert refusal_of(lambda: public_address(host)) == (host, "it is not a host name")


# One URL


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused_without_looking_it_up(url: str, resolver: Resolver):
    with pytest.raises(HostRefused) as caught:
        check_public_url(url)
    assert (str(caught.value), resolver.lookups) == (NOT_A_PUBLIC_URL, [])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (f"https://{NAME}", NAME),
        (f"https://{NAME}:8443", NAME),
        (f"https://{NAME}:65535", NAME),
        ("https://Collector.Example.COM", NAME),
        ("https://0-a.1.example.co.uk", "0-a.1.example.co.uk"),
        (f"https://{'a' * 63}.example.com", f"{'a' * 63}.example.com"),
    ],
)
def test_a_url_of_a_public_host_is_accepted(url: str, host: str, resolver: Resolver):
    resolver.answers[host] = [[PUBLIC]]
    check_public_url(url)
    assert resolver.lookups == [host]


@pytest.mark.parametrize("name", ["localhost.localdomain", "127.0.0.1.nip.io", "db.internal"])
def test_a_url_whose_name_leads_inside_is_refused(name: str, resolver: Resolver):
    resolver.answers[name] = [["127.0.0.1"]]
    refusal = refusal_of(lambda: check_public_url(f"https://{name}"))
    assert refusal == (name, "its address is not public")


def test_a_url_whose_name_does_not_resolve_is_refused(resolver: Resolver):
    refusal = refusal_of(lambda: check_public_url("https://nowhere.example.com"))
    assert refusal == ("nowhere.example.com", "its name does not resolve")


def test_a_refusal_does_not_repeat_a_password(resolver: Resolver):
    with pytest.raises(HostRefused) as caught:
        check_public_url("https://user:secret@collector.example.com")
    assert caught.value.host == ""
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.signals.example.com", "a.b.signals.example.com", OTHER_NAME])
def test_a_name_within_a_suffix_is_accepted(name: str, resolver: Resolver):
    resolver.answers[name] = [[PUBLIC]]
    check_public_url(f"https://{name}", ["other.example.net", OTHER_NAME])


@pytest.mark.parametrize(
    "name", ["evilsignals.example.com", "signals.example.com.evil.net", "example.com"]
)
def test_a_name_outside_of_every_suffix_is_refused(name: str, resolver: Resolver):
    refusal = refusal_of(lambda: check_public_url(f"https://{name}", [OTHER_NAME, "b.example.net"]))
    assert refusal == (name, "its name must end in signals.example.com or b.example.net")
    assert resolver.lookups == []


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


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"http://{NAME}/", f"{NAME} is refused: only https is allowed"),
        ("https://127.0.0.1/", "127.0.0.1 is refused: its address is not public"),
        ("https://[::1]/", "::1 is refused: its address is not public"),
        ("https://2130706433/", "2130706433 is refused: its address is not public"),
        ("https://nowhere.example/", "nowhere.example is refused: its name does not resolve"),
    ],
)
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
    monkeypatch.setattr(public_hosts, "HOSTS_KEPT", 1)
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


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"http://{NAME}/", f"{NAME} is refused: only https is allowed"),
        ("https://127.0.0.1/", "127.0.0.1 is refused: its address is not public"),
        ("https://[::1]/", "::1 is refused: its address is not public"),
        ("https://2130706433/", "2130706433 is refused: its address is not public"),
        ("https://nowhere.example/", "nowhere.example is refused: its name does not resolve"),
    ],
)
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
