"""Refuses requests that no page of this app makes, before Streamlit sees them.

Streamlit serves more than this app uses: it accepts uploads from any session, whether or not a page
has an uploader, and it has metrics, components and a login. Whatever no page offers is blocked, so
one visitor cannot fill the memory that all of them share. While the process is almost out of files,
newcomers are turned away, and everybody who is in stays.

Source of the paths: `create_streamlit_routes` in `streamlit/web/server/starlette/starlette_app.py`.
"""

from contextlib import suppress

import streamlit as st
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected

from lib.ui.open_files import files_left

MAX_MESSAGE_BYTES = 256 * 1024  # from a browser: the text of every field on a page, and more
MESSAGE_TOO_BIG = 1009  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
READING = ("GET", "HEAD", "OPTIONS")

# Files to keep free. Opening a page takes a dozen for a moment, and the sandbox needs a few.
FOR_PAGES = 40
FOR_CONNECTIONS = 20  # those of open pages reconnect after a break
FULL_SECONDS = 20
FULL = f"""<!doctype html><html lang="en"><head><title>This app is full</title>
<meta http-equiv="refresh" content="{FULL_SECONDS}">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
</head><body style="font: 1.1rem sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem">
<h1>This app is full</h1>
<p>This machine cannot serve more visitors now. People who are already here can continue.</p>
<p>This page tries again every {FULL_SECONDS} seconds. You can also run the app on your own
machine: download its repository and run <code>make demo</code>.</p></body></html>"""

# The only paths under `_stcore` that the pages of this app use.
USED = ("_stcore/health", "_stcore/host-config", "_stcore/stream")
NOT_USED = ("_stcore/", "component/", "auth/", "oauth2callback", "app/static/")
AGENT = "_stcore/agent/"


class Doorkeeper:
    """Pure ASGI middleware: 404 for what no page uses, 405 for methods that do more than read,
    503 for newcomers while the app is full, and a limit on the size of each message from a browser.

    Streamlit's agent API passes if the server's owner turned it on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and files_left() < FOR_CONNECTIONS:
            await receive()  # the request to connect
            await send({"type": "websocket.close"})  # before accepting: the answer is 403
        elif scope["type"] == "websocket":
            with suppress(WebSocketDisconnected):  # Streamlit may close what a browser just left
                await self.app(scope, _bounded(receive), send)
        elif scope["type"] != "http" or (refusal := _refusal(scope)) is None:
            await self.app(scope, receive, send)
        else:
            await refusal(scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    """The answer to a request that no page makes, or while the app is full; None for others."""
    path = _path(scope["path"])
    if path.startswith(AGENT) and st.get_option("server.enableAgentApi"):
        return None
    if path not in USED and path.startswith(NOT_USED):
        return PlainTextResponse("This app has no such page.", 404)
    if scope["method"] not in READING:
        return PlainTextResponse("This app is read-only.", 405, {"Allow": ", ".join(READING)})
    is_page = "." not in path and not path.startswith(("_stcore/", "media/"))
    if is_page and files_left() < FOR_PAGES:
        return HTMLResponse(FULL, 503, {"Retry-After": str(FULL_SECONDS)})
    return None


def _path(path: str) -> str:
    """The path as Streamlit's routes see it: without the base URL, and without a leading slash."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return path.strip("/").removeprefix(f"{base}/" if base else "")


def _bounded(receive: Receive) -> Receive:
    """What a browser sends, until the first message that is too large."""

    async def bounded() -> Message:
        message = await receive()
        if len(message.get("bytes") or message.get("text") or b"") > MAX_MESSAGE_BYTES:
            return {"type": "websocket.disconnect", "code": MESSAGE_TOO_BIG}
        return message

    return bounded
