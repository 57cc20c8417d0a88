"""Forwards requests below `/sandbox/<token>/` of the app's own address to the sandbox.

This way people's own code, and pages of other origins, reach a sandbox from anywhere. Only requests
of trackers and the Signals SDKs pass: no reset, no clock, no list of events. The token in the
address is not the sandbox's own: it works here only, and no longer once it is replaced. See
`lib/people/code_addresses.py`. On an account, nothing is served here.

The sandbox runs in a thread and an event loop of its own. An HTTP client between the two keeps the
loops apart, so that a slow client waits alone, and the sandbox's own limits and checks all apply.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import httpx
import streamlit as st
from cachetools.func import ttl_cache
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.people.code_addresses import PAUSED, CodeAddress
from lib.people.visits import Kind
from lib.ui.open_files import files_left
from lib.ui.process import Process, running
from lib.ui.route_limits import RouteLimits

MAX_BODY_BYTES = 2 * 1024 * 1024  # the sandbox's own; checked here, it costs no connection
BODY_SECONDS = 30.0
UNREAD_SECONDS = 60.0  # for a part of an answer
SILENT_SECONDS = 60.0  # the sandbox's streams send something every ten seconds
PAUSED_SECONDS = 5
FILES_FREE = 60  # more than visitors need: they come first
FILES_SECONDS = 0.5  # counting them takes a millisecond with a thousand open
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FAILED = "X-Sandbox-Failed"  # how many events of a request failed: for the page
COOKIE = re.compile(rb"(?:^|;)\s*(sp=[^;]*)")  # the collector's; the others are the app's

# These match the path as it was sent: nothing in it is decoded, so nothing can be smuggled.
ADDRESS = re.compile(rb"/sandbox/([A-Za-z0-9_-]{22,128})(/.*)")
EVENTS = re.compile(rb"/(i|ice\.png|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+/[A-Za-z0-9_-]+)")
API = re.compile(rb"/api/v1(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?")
STREAM = b"/api/v1/interventions"
HEALTH = b"/health"

# Headers that concern one connection only, or identify the client.
# Source: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
NOT_HANDED_ON = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding")
    + (b"upgrade", b"host", b"expect", b"cookie", b"forwarded", b"x-forwarded-for")
)
NOT_HANDED_BACK = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"date", b"server", b"set-cookie")
    + (FAILED.lower().encode(),)
)
Headers = list[tuple[bytes, bytes]]


class Refused(Exception):
    """A request that is not forwarded: the status, what to say, and when to retry."""

    def __init__(self, status: int, detail: str, retry_after: float = 0) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after

    def response(self, request: Request) -> Response:
        """The answer, in the shape of the sandbox's own refusals. A page may read it."""
        response = JSONResponse({"detail": self.detail}, self.status)
        if self.retry_after > 0:
            response.headers["Retry-After"] = str(max(1, round(self.retry_after)))
        if origin := request.headers.get("origin"):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Vary"] = "Origin"
        return response


@dataclass(frozen=True)
class Asked:
    """What a request asks for, and of which sandbox. `process` is the app's, which owns it."""

    process: Process
    url: str
    base: bytes
    token: bytes
    path: bytes
    kind: Kind | None  # None: whether anything answers
    address: CodeAddress

    @property
    def target(self) -> str:
        return f"{self.url}/sandbox/{self.address.place}{self.path.decode()}"

    @property
    def is_valid(self) -> bool:
        """Whether the token has not been replaced since."""
        return self.process.code_addresses.find(self.token.decode()) == self.address

    @property
    def cookie_path(self) -> bytes:
        return self.base + b"/sandbox/" + self.token + b"/"


_served: list[bool] = []


def is_served() -> bool:
    """Whether this server has the route: a host that runs frame.py does not."""
    return bool(_served)


class SandboxRoute:
    """Pure ASGI middleware before all others; `app` gets every request that is not for a
    sandbox."""

    def __init__(self, app: ASGIApp, find: Callable[[], Process | None] = running) -> None:
        self.app = app
        self._find = find
        self._limits = RouteLimits()
        self._client: httpx.AsyncClient | None = None
        self._files_left = ttl_cache(maxsize=1, ttl=FILES_SECONDS)(lambda: files_left())
        _served.append(True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = _base()
        if scope["type"] != "http" or not _raw_path(scope).startswith(base + b"/sandbox/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            await self._admit(_asked(scope, base, self._find()), request, send)
        except Refused as refused:
            with self._limits.refusal(_sender(request)) as seconds, suppress(ClientDisconnect):
                await asyncio.sleep(seconds)
                await refused.response(request)(scope, receive, send)
        except ClientDisconnect:
            return

    async def close(self) -> None:
        """Close the connections to the sandbox."""
        if self._client is not None:
            await self._client.aclose()

    async def _admit(self, asked: Asked, request: Request, send: Send) -> None:
        """Forward a request if it may pass, and record the result for the page."""
        try:
            with self._limits.request(_sender(request), asked.token) as wait:
                if wait > 0:
                    raise Refused(429, "Too many requests at once. Wait, and try again.", wait)
                if self._files_left() < FILES_FREE:
                    raise Refused(503, "This app is full. Try again later.", 10)
                if asked.kind is None:
                    await JSONResponse({"status": "ok"})(request.scope, request.receive, send)
                    return
                _check_ban(asked, request.method)
                _check_size(request.scope)
                await self._hand_on(asked, request, _impatient(send))
        except Refused as refused:
            _note(asked, request, refused.status)
            raise

    async def _hand_on(self, asked: Asked, request: Request, send: Send) -> None:
        answer = await self._answer(asked, request)
        visits, token = asked.process.visits, asked.token.decode()
        kind = asked.kind
        _note(asked, request, answer.status_code, int(answer.headers.get(FAILED, "0")))
        try:
            response = StreamingResponse(_parts(answer, asked), answer.status_code)
            response.raw_headers = _headers_back(answer.headers.raw, asked)
            if kind == "stream" and answer.is_success:
                with visits.streaming(token):
                    await response(request.scope, request.receive, send)
            else:
                await response(request.scope, request.receive, send)
        finally:
            await answer.aclose()

    async def _answer(self, asked: Asked, request: Request) -> httpx.Response:
        """The sandbox's answer, of which only the head has been read."""
        if self._client is None:  # in the loop that uses it
            self._client = _client()
        query = request.scope["query_string"]
        url = httpx.URL(asked.target).copy_with(query=query or None)
        content = _body(request.receive) if _has_body(request) else None
        headers = _headers_on(request)
        try:
            sent = httpx.Request(request.method, url, headers=headers, content=content)
            return await self._client.send(sent, stream=True)
        except TimeoutError as error:
            raise Refused(408, f"The body did not arrive in {BODY_SECONDS:.0f} seconds.") from error
        except (httpx.LocalProtocolError, httpx.InvalidURL, ValueError) as error:
            raise Refused(400, "This request is not valid HTTP.") from error
        except httpx.HTTPError as error:
            raise Refused(503, "The sandbox does not answer. Try again.", 1) from error


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(SILENT_SECONDS, connect=5.0),
        # The sandbox closes connections that are idle for five seconds.
        limits=httpx.Limits(max_keepalive_connections=20, keepalive_expiry=2.0),
        trust_env=False,
    )


def _sender(request: Request) -> str:
    return request.client.host if request.client else ""


def _base() -> bytes:
    """The path that the app is served below, as `/app`; empty for none."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}".encode() if base else b""


def _raw_path(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path


def _asked(scope: Scope, base: bytes, process: Process | None) -> Asked:
    """What is asked for; raises `Refused` if it may not pass."""
    if process is None:
        raise Refused(
            503,
            "The app has not started. Try again, or open it in a browser to see why.",
            2,
        )
    sandbox = process.backend.sandbox
    if sandbox is None:
        raise Refused(404, "This app is connected to Snowplow: it has no sandbox.")
    match = ADDRESS.fullmatch(_raw_path(scope).removeprefix(base))
    kind = _kind(match[2], scope["method"]) if match else None
    is_health = match is not None and match[2] == HEALTH and scope["method"] == "GET"
    if match is None or (kind is None and not is_health):
        raise Refused(
            404,
            "There is nothing here. A sandbox's address is /sandbox/<token>, and accepts what"
            " trackers and the Signals SDKs send.",
        )
    address = process.code_addresses.find(match[1].decode())
    if address is None:
        raise Refused(
            404,
            "No sandbox has this address. It may have been replaced: copy it again from the app.",
        )
    return Asked(process, sandbox.url, base, match[1], match[2], kind, address)


def _check_ban(asked: Asked, method: str) -> None:
    if method == "OPTIONS":  # a preflight: the browser shows only the answer to the request itself
        return
    ban = asked.process.code_addresses.ban(asked.address, is_event=asked.kind == "events")
    if ban is PAUSED:  # trackers retry
        raise Refused(503, f"{ban.message} {ban.advice}", PAUSED_SECONDS)
    if ban is not None:
        raise Refused(403, f"{ban.message} {ban.advice}")


def _note(asked: Asked, request: Request, status: int, failed: int = 0) -> None:
    if request.method != "OPTIONS" and asked.kind is not None:
        asked.process.visits.note(asked.token.decode(), asked.kind, status, failed)


def _kind(path: bytes, method: str) -> Kind | None:
    if method not in METHODS:
        return None
    if EVENTS.fullmatch(path):
        return "events"
    if path.rstrip(b"/") == STREAM and method == "GET":
        return "stream"
    return "api" if API.fullmatch(path) else None


def _check_size(scope: Scope) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > MAX_BODY_BYTES:
            raise _too_large()


def _too_large() -> Refused:
    return Refused(413, f"A body has at most {MAX_BODY_BYTES:,} bytes.")


def _has_body(request: Request) -> bool:
    return (
        request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    )


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    """What the client sends. Raises `TimeoutError`, `ClientDisconnect` and `Refused`."""
    until = asyncio.get_running_loop().time() + BODY_SECONDS
    size, has_more = 0, True
    while has_more:
        left = until - asyncio.get_running_loop().time()
        message = await asyncio.wait_for(receive(), max(0.0, left))
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, has_more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        yield part


def _impatient(send: Send) -> Send:
    """Sends, but gives up on a client that does not read: it would keep its place forever."""

    async def send_in_time(message: Message) -> None:
        try:
            await asyncio.wait_for(send(message), UNREAD_SECONDS)
        except TimeoutError as error:
            raise ClientDisconnect from error

    return send_in_time


async def _parts(answer: httpx.Response, asked: Asked) -> AsyncIterator[bytes]:
    """An answer as it comes, still encoded. It ends if the sandbox dies, or if the token is
    replaced: otherwise a stream would continue with the old one."""
    with suppress(httpx.HTTPError):
        async for part in answer.aiter_raw():
            if asked.kind == "stream" and not asked.is_valid:
                return
            yield part


def _headers_on(request: Request) -> Headers:
    """What the sandbox sees: not the app's cookies, and whom the request came from."""
    raw: Headers = request.headers.raw
    headers = [(name, value) for name, value in raw if name.lower() not in NOT_HANDED_ON]
    cookies = (COOKIE.search(value) for name, value in raw if name.lower() == b"cookie")
    headers.extend((b"cookie", found[1]) for found in cookies if found)
    via = [request.headers.get("x-forwarded-for", "")]
    via.append(_sender(request).removeprefix("::ffff:"))
    headers.append((b"x-forwarded-for", ", ".join(filter(None, via)).encode("latin-1")))
    return headers


def _headers_back(raw: Iterable[tuple[bytes, bytes]], asked: Asked) -> Headers:
    """What the client sees: a cookie is for this sandbox only, not for the whole app."""
    named = [(name.lower(), value) for name, value in raw]
    headers = [each for each in named if each[0] not in NOT_HANDED_BACK]
    for name, value in named:
        if name == b"set-cookie":
            headers.append((name, value.replace(b"Path=/", b"Path=" + asked.cookie_path)))
    headers.append((b"x-content-type-options", b"nosniff"))
    return headers
