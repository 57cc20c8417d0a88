"""Reads values before FastAPI routes a request and handles it, which takes longer than the reading.

This answers only with values, or why there are none. An invalid request goes on to the routes,
which say what is wrong with it.
"""

import re
import sqlite3

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.errors import ApiError, SandboxError
from lib.sandbox.limits import JSON_BYTES
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.json_answers import StrictJson, StrictRequest, stamped_by
from lib.sandbox.server.signals_routes import READ_PATH, ReadRequest, get_online_attributes

PATH = re.compile(f"(?:/sandbox/([^/]+))?/api/v1{READ_PATH}")
READ: TypeAdapter[ReadRequest] = TypeAdapter(ReadRequest)
REFUSALS = (SandboxError, HTTPException, ClientDisconnect, ValueError, sqlite3.Error)


class QuickRead:
    """Answers `get-online-attributes` if it can."""

    def __init__(self, app: ASGIApp, sandboxes: Sandboxes) -> None:
        self.app = app
        self._sandboxes = sandboxes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        path = PATH.fullmatch(scope["path"]) if is_post else None
        if path is None:
            await self.app(scope, receive, send)
            return
        request = StrictRequest(scope, receive)
        answer = await self._answer(request, path[1])
        await (answer or self.app)(scope, request.receive_again, send)

    async def _answer(self, request: StrictRequest, token: str | None) -> Response | None:
        """None if the request is wrong. `token` is what the path names."""
        headers = dict(reversed(request.scope["headers"]))  # the first of each name counts
        if headers.get(b"content-type", b"").split(b";")[0] != b"application/json":
            return None
        try:
            await request.refuse_large(JSON_BYTES)
            asked = READ.validate_python(await request.json())
            if token is None:
                bearer = headers.get(b"authorization", b"").decode("latin-1")
                sandbox = self._sandboxes.of_bearer(bearer)
            else:
                sandbox = self._sandboxes.of_token(token)
            return stamped_by(sandbox, await _values(asked, sandbox))
        except REFUSALS:
            return None


async def _values(asked: ReadRequest, sandbox: Sandbox) -> Response:
    """The values, or why there are none. That may take seconds, so no route repeats it."""
    try:
        return await get_online_attributes(asked, sandbox)
    except ApiError as error:
        return StrictJson({"detail": error.detail}, status_code=error.status)
