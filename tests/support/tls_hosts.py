"""Hosts that a stranger named: a resolver that the test plays, and servers with certificates.

No name is looked up for real. The certificates are real ones, of an authority that lives as long
as the tests.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

NAME = "collector.example.com"
OTHER_NAME = "signals.example.com"
PUBLIC = "93.184.216.34"
PUBLIC_IPV6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


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
