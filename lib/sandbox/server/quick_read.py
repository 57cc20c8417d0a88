"""Reads values before FastAPI routes a request and handles it, which takes longer than the reading.

Only what can be answered is answered here. Everything else goes on to the routes, which say what is
wrong with it.
"""

import re
import sqlite3

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.errors import SandboxError
from lib.sandbox.limits import JSON_BYTES
from lib.sandbox.server.json_answers import StrictRequest, stamped
from lib.sandbox.server.request_sandbox import sandbox_of
from lib.sandbox.server.signals_routes import READ_PATH, ReadRequest, get_online_attributes

PATH = re.compile(f"(?:/sandbox/([^/]+))?/api/v1{READ_PATH}")
READ: TypeAdapter[ReadRequest] = TypeAdapter(ReadRequest)
REFUSALS = (SandboxError, HTTPException, ClientDisconnect, ValueError, sqlite3.Error)


class QuickRead:
    """Answers `get-online-attributes` if it can."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        asked = PATH.fullmatch(scope["path"]) if is_post else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        scope["path_params"] = {} if asked[1] is None else {"token": asked[1]}
        request = StrictRequest(scope, receive)
        answer = await _answer(request)
        await (answer or self.app)(scope, request.receive_again, send)


async def _answer(request: StrictRequest) -> Response | None:
    """None if there is something wrong."""
    try:
        await request.refuse_large(JSON_BYTES)
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return None
        asked = READ.validate_python(await request.json())
        return stamped(request, await get_online_attributes(asked, await sandbox_of(request)))
    except REFUSALS:
        return None
