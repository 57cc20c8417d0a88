"""Which sandbox a request belongs to.

The embedded server holds many, one for each token; a token is at least 128 random bits in URL-safe
characters, and the first use of one creates its sandbox. A server of its own (`python -m
lib.sandbox`) has a single sandbox for everyone and takes any bearer token, as Snowplow Micro does.
"""

import re
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from lib.sandbox.clock import Clock
from lib.sandbox.errors import NotFound, Unauthorized
from lib.sandbox.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.store import Store

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")
SINGLE = "single"
OPEN_AT_MOST = 1_000


class Sandboxes:
    """All sandboxes of one server. `isolated` keeps one for each token."""

    def __init__(self, store: Store, iglu: Iglu, clock: Clock, *, isolated: bool) -> None:
        self.store = store
        self.clock = clock
        self._iglu = iglu
        self._isolated = isolated
        self._sandboxes: OrderedDict[str, Sandbox] = OrderedDict()

    def of_token(self, token: str) -> Sandbox:
        """The sandbox that a path or bearer token names; raises NotFound if it is no token."""
        if not self._isolated:
            return self._open(SINGLE)
        if not TOKEN.fullmatch(token):
            raise NotFound("This is not a sandbox token: it needs 22 or more URL-safe characters.")
        return self._open(token)

    def of_bearer(self, authorization: str | None) -> Sandbox:
        """The sandbox that an `Authorization` header names; raises Unauthorized without one."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Not authenticated: send 'Authorization: Bearer <token>'.")
        if self._isolated and not TOKEN.fullmatch(token.strip()):
            raise Unauthorized("This bearer token is not a sandbox token.")
        return self.of_token(token.strip())

    def of_everyone(self) -> Sandbox:
        """The single sandbox of a server that is not isolated; raises NotFound on one that is."""
        if self._isolated:
            raise NotFound("This server holds many sandboxes: use the path /sandbox/<token>.")
        return self._open(SINGLE)

    def close_streams(self) -> None:
        """End all subscriptions, so that a server that stops need not wait for them."""
        for sandbox in self._sandboxes.values():
            sandbox.subscriptions.close()

    @property
    def isolated(self) -> bool:
        """Whether every token has a sandbox of its own."""
        return self._isolated

    def _open(self, token: str) -> Sandbox:
        if token in self._sandboxes:
            self._sandboxes.move_to_end(token)
            return self._sandboxes[token]
        self._close_idle()
        self._sandboxes[token] = Sandbox(token, self.store, self._iglu, self.clock)
        return self._sandboxes[token]

    def _close_idle(self) -> None:
        """Make room by closing those unused for longest; the database has all that they held."""
        excess = len(self._sandboxes) - OPEN_AT_MOST + 1
        idle = [token for token, sandbox in self._sandboxes.items() if sandbox.is_idle]
        for token in idle[: max(0, excess)]:
            del self._sandboxes[token]


async def sandbox_of(request: Request) -> Sandbox:
    """The sandbox that the path or else the bearer token names."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    token = request.path_params.get("token")
    if token is not None:
        return sandboxes.of_token(token)
    return sandboxes.of_bearer(request.headers.get("authorization"))


async def listening_sandbox_of(request: Request) -> Sandbox:
    """As `sandbox_of`; subscribing is public where there is only one sandbox."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    is_named = "token" in request.path_params or "authorization" in request.headers
    if is_named or sandboxes.isolated:
        return await sandbox_of(request)
    return sandboxes.of_everyone()


InSandbox = Annotated[Sandbox, Depends(sandbox_of)]
