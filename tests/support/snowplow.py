"""A customer's Snowplow, for tests: the console's token endpoint, the Signals API and a collector.

The sandbox answers behind TLS, under three names that resolve to this machine, so that the SDKs can
be used as they are: `Signals(api_url=..., api_key=...)` and a tracker with an https collector.
Nothing else resolves: no test can reach the network by name. Every way in which a customer's
Snowplow fails is an attribute or a method of `Snowplow`.

It differs from the real ones where the contract says nothing: tokens are signed with a key of its
own, and each of the three answers only what the app and the SDKs ask.
"""

import asyncio
import math
import re
import socket
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import jwt
import pytest
import trustme
from fastapi import FastAPI
from snowplow_signals import Signals
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.sandbox.server.serving import LOOPBACK, Server, listening_socket, sandbox_app
from tests.support.waiting import PATIENCE_SECONDS

CONSOLE = "console.snowplowanalytics.com"  # the SDK knows no other
TOKEN_PATH = re.compile("/api/msc/v1/organizations/([^/]+)/credentials/v3/token")
API = "/api/v1/"
NOT_OF_A_COLLECTOR = ("/api/", "/sandbox/", "/micro/", "/docs", "/redoc", "/openapi.json")
LOOK_AGAIN_SECONDS = 0.01

Client = tuple[str, int]
Certificate = Literal["valid", "wrong name", "untrusted", "expired"]


@dataclass(frozen=True)
class AnsweredRequest:
    """A request, noted when its answer began."""

    host: str
    method: str
    path: str
    status: int


class Snowplow:
    """The server and its knobs, which tests turn at any time.

    A knob does not touch connections that are already open, `certificate` and `unresolvable`
    included: a client that keeps its connections notices after `stop` and `start`.
    """

    def __init__(self, folder: Path) -> None:
        name = uuid.uuid4().hex
        self.signals_host = f"{name}.signals.snowplowanalytics.com"
        self.collector_host = f"collector.{name}.example.com"
        self.hosts = (CONSOLE, self.signals_host, self.collector_host)
        self.settings = {
            "COLLECTOR_URL": f"https://{self.collector_host}",
            "SIGNALS_API_URL": f"https://{self.signals_host}",
            "CONSOLE_API_KEY": str(uuid.uuid4()),
            "CONSOLE_API_KEY_ID": str(uuid.uuid4()),
            "ORG_ID": str(uuid.uuid4()),
            "OWNER": f"{name}@example.com",
        }
        self.port = 0
        self.ca_file = folder / "snowplow-ca.pem"
        self._database = folder / "snowplow.db"
        self._tls = _tls_context(self.ca_file, self.hosts, lambda: self.certificate)
        self._signing_key = uuid.uuid4().hex
        self._accepted: dict[str, int] = {}
        # What was issued and seen
        self.tokens: list[str] = []
        self.requests: list[AnsweredRequest] = []
        # The knobs
        self.token_status = 200
        self.token_lifetime = 3600.0  # seconds, rounded up to the whole ones of a token's `exp`
        self.api_status: int | None = None  # None: what the sandbox answers
        self.collector_status = 200  # no other lets the events through
        # Seconds before a request is answered. Setting one back, or stopping the server, ends it
        self.token_delay = 0.0
        self.api_delay = 0.0
        self.collector_delay = 0.0
        self.certificate: Certificate = "valid"
        self.unresolvable: set[str] = set()

    @property
    def secrets(self) -> list[str]:
        """The settings that must never be shown; tokens must not either."""
        return [self.settings[key] for key in ("CONSOLE_API_KEY", "CONSOLE_API_KEY_ID", "ORG_ID")]

    def signals(self) -> Signals:
        """A client of the SDK's own class, with the right credentials."""
        api_key, api_key_id, org_id = self.secrets
        return Signals(
            api_url=self.settings["SIGNALS_API_URL"],
            api_key=api_key,
            api_key_id=api_key_id,
            org_id=org_id,
        )

    def requests_to(self, host: str) -> list[AnsweredRequest]:
        """What was asked of one of the three, oldest first."""
        return [each for each in list(self.requests) if each.host == host]

    def issue_token(self) -> str:
        """A new access token, which the API accepts until it expires or is revoked."""
        expires = math.ceil(time.time() + self.token_lifetime)
        claims = {"exp": expires, "jti": str(uuid.uuid4())}
        token = jwt.encode(claims, self._signing_key, algorithm="HS256")
        self._accepted[token] = expires
        self.tokens.append(token)
        return token

    def accepts(self, authorization: str) -> bool:
        """Whether the API accepts a request with this header."""
        return self._accepted.get(authorization.removeprefix("Bearer "), 0) > time.time()

    def delay(self, host: str) -> float:
        """What the knob says now."""
        known = {CONSOLE: self.token_delay, self.signals_host: self.api_delay}
        return known.get(host, self.collector_delay)

    # What tests do to it

    @property
    def streams(self) -> int:
        """How many streams of interventions are open and subscribed."""
        return len(self._front.streams)

    @property
    def waiting(self) -> int:
        """How many requests a delay holds."""
        return self._front.waiting

    def revoke_tokens(self) -> None:
        """The API refuses every token issued so far. Open streams stay open."""
        self._accepted.clear()

    def cut_streams(self) -> None:
        """Drop the connections of all open streams, as a network does."""
        self._server.hang_up(set(self._front.streams))

    def mute_streams(self) -> None:
        """The streams that are open now stay open and send nothing more, not even comments."""
        self._front.muted |= self._front.streams

    def start(self) -> None:
        """Serve on the same port as before, with what was stored before."""
        listening = listening_socket(LOOPBACK, self.port)
        self.port = listening.getsockname()[1]
        self._front = Front(self, sandbox_app(self._database, isolated=False))
        self._server = TlsServer(self._front, self.port, self._tls)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="snowplow", daemon=True
        )
        self._thread.start()
        assert self._server.started_or_failed.wait(PATIENCE_SECONDS)
        assert self._server.started

    def stop(self) -> None:
        """Stop serving: connections are refused. Streams end properly; all else is dropped."""
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        self._front.state.sandboxes.store.close()


class Front:
    """In front of the sandbox: the three hosts, and the knobs."""

    def __init__(self, snowplow: Snowplow, sandbox: FastAPI) -> None:
        self.state = sandbox.state  # where `Server` finds the streams to end
        self.streams: set[Client] = set()
        self.muted: set[Client] = set()
        self.waiting = 0
        self.is_closed = False
        self._snowplow = snowplow
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._sandbox(scope, receive, send)
            return
        request = Request(scope)
        host = request.headers.get("host", "").partition(":")[0]
        await self._wait_as_told(host)
        if not self.is_closed:
            answer = self._answer(host, request)
            await answer(scope, receive, self._noting(host, request, send))

    async def _wait_as_told(self, host: str) -> None:
        """Poll the knob, so that turning it back takes effect at once."""
        since = time.monotonic()
        self.waiting += 1
        while time.monotonic() - since < self._snowplow.delay(host) and not self.is_closed:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        self.waiting -= 1

    def _answer(self, host: str, request: Request) -> ASGIApp:
        if host == CONSOLE:
            return self._console(request)
        if host == self._snowplow.signals_host:
            return self._signals(request)
        if host == self._snowplow.collector_host:
            return self._collector(request)
        return PlainTextResponse(f"Nobody here is called {host!r}.", 421)

    def _console(self, request: Request) -> ASGIApp:
        organization = TOKEN_PATH.fullmatch(request.url.path)
        if organization is None:
            return JSONResponse({"message": "Not found"}, 404)
        if self._snowplow.token_status != 200:
            return JSONResponse({"message": "As told by the test"}, self._snowplow.token_status)
        keys = [request.headers.get(name) for name in ("x-api-key", "x-api-key-id")]
        if [*keys, organization[1]] != self._snowplow.secrets:
            return JSONResponse({"message": "Authentication failed"}, 401)
        return JSONResponse({"accessToken": self._snowplow.issue_token()})

    def _signals(self, request: Request) -> ASGIApp:
        path = request.url.path
        authorization = request.headers.get("authorization")
        if not path.startswith(API):
            return JSONResponse({"detail": "Not Found"}, 404)
        if self._snowplow.api_status is not None:
            return JSONResponse({"detail": "As told by the test"}, self._snowplow.api_status)
        # Without any, the sandbox decides: subscribing is public.
        if authorization is not None and not self._snowplow.accepts(authorization):
            return JSONResponse({"detail": "Invalid or expired token"}, 401)
        is_stream = (request.method, path) == ("GET", API + "interventions")
        return self._stream if is_stream else self._sandbox

    def _collector(self, request: Request) -> ASGIApp:
        if request.url.path.startswith(NOT_OF_A_COLLECTOR):
            return PlainTextResponse("Not found", 404)
        if self._snowplow.collector_status != 200:
            return PlainTextResponse("As told by the test", self._snowplow.collector_status)
        return self._sandbox

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        client: Client = scope["client"]

        async def send_unless_muted(message: Message) -> None:
            is_line = message.get("more_body", False)
            if is_line:
                self.streams.add(client)  # the first comes once the sandbox has subscribed it
            if not (is_line and client in self.muted):
                await send(message)

        try:
            await self._sandbox(scope, receive, send_unless_muted)
        finally:
            self.streams.discard(client)
            self.muted.discard(client)

    def _noting(self, host: str, request: Request, send: Send) -> Send:
        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen = AnsweredRequest(host, request.method, request.url.path, message["status"])
                self._snowplow.requests.append(seen)
            await send(message)

        return send_noted


class TlsServer(Server):
    """The sandbox's server with TLS, which waits for nobody when it stops."""

    def __init__(self, front: Front, port: int, context: ssl.SSLContext) -> None:
        super().__init__(front, LOOPBACK, port)
        self.config.ssl_context_factory = lambda config, default: context
        self._front = front

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self._front.state.sandboxes.close_streams()
        await self._until_none_are_left(self._front.streams)
        # A client that keeps its connection would have half a minute to say goodbye in TLS.
        self._abort(self.server_state.connections)
        await self._until_none_are_left(self.server_state.connections)
        self._front.is_closed = True
        await super().shutdown(sockets)

    def hang_up(self, clients: set[Client]) -> None:
        """Drop the connections of these clients. Called from another thread."""

        async def abort() -> None:
            connections = self.server_state.connections
            self._abort({each for each in connections if each.client in clients})

        asyncio.run_coroutine_threadsafe(abort(), self._loop).result(PATIENCE_SECONDS)

    def _abort(self, connections: set[Any]) -> None:
        for connection in list(connections):
            connection.transport.abort()

    async def _until_none_are_left(self, things: set[Any]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS / 2
        while things and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


@contextmanager
def running_snowplow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """A Snowplow that this process reaches by its names, and trusts, and nothing beside it."""
    snowplow = Snowplow(folder)
    monkeypatch.setattr(socket, "getaddrinfo", _resolver(snowplow, socket.getaddrinfo))
    for setting in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):  # httpx reads one, requests the other
        monkeypatch.setenv(setting, str(snowplow.ca_file))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("BDP_NEXT", raising=False)  # would have the SDK ask another console
    forget_certificates()
    snowplow.start()
    try:
        yield snowplow
    finally:
        snowplow.stop()
        forget_certificates()


def forget_certificates() -> None:
    """The app loads the authorities that it trusts once; here each test has others."""
    certificates = getattr(sys.modules.get("lib.connection.clients"), "certificates", None)
    if certificates is not None:
        certificates.cache_clear()


def _resolver(snowplow: Snowplow, real: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(
        host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in snowplow.hosts and name not in snowplow.unresolvable:
            host, port = LOOPBACK, snowplow.port
        elif name not in (None, "localhost"):
            flags |= socket.AI_NUMERICHOST  # addresses pass, and names are not known
        return real(host, port, family, type, proto, flags)

    return getaddrinfo


def _tls_context(
    ca_file: Path, hosts: Iterable[str], kind: Callable[[], Certificate]
) -> ssl.SSLContext:
    """Presents, with each handshake, a certificate of the kind that `kind` returns then.

    The authority that signs all but the untrusted one is written to the file.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    certificates: dict[Certificate, trustme.LeafCert] = {
        "valid": authority.issue_cert(*hosts),
        "wrong name": authority.issue_cert("another.example.com"),
        "untrusted": trustme.CA().issue_cert(*hosts),
        "expired": authority.issue_cert(*hosts, not_after=datetime(2001, 1, 1, tzinfo=UTC)),
    }
    contexts = {each: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for each in certificates}
    for each, certificate in certificates.items():
        certificate.configure_cert(contexts[each])

    def choose(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = contexts[kind()]

    contexts["valid"].sni_callback = choose
    return contexts["valid"]
