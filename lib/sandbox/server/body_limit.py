"""Limits on a request's body: its size, declared or not, and how long it may take to arrive.

Starlette limits the size too, but answers in plain text and bypasses exception handlers. Clients of
the API expect `{"detail": ...}` with every error.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.sandbox.server.json_answers import StrictJson

BODY_SECONDS = 30.0


class BodyLimit:
    """Answers 413 to a body over `max_bytes`, before reading it if it declares its size. Answers
    408 to a body that is not complete after BODY_SECONDS, and hangs up.

    Such a body never reaches a route.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = BODY_SECONDS
        self.too_large = f"The body is larger than {max_bytes:,} bytes."
        self.too_slow = f"The body did not arrive within {self.seconds:g} seconds."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self._says_too_much(scope):
            await StrictJson({"detail": self.too_large}, status_code=413)(scope, receive, send)
        else:
            await self.app(scope, self._limited(scope, receive), send)

    def _says_too_much(self, scope: Scope) -> bool:
        length = Headers(scope=scope).get("content-length", "")
        return length.isdecimal() and int(length) > self.max_bytes

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        received = 0
        deadline = asyncio.get_running_loop().time() + self.seconds
        is_complete = False

        async def limited() -> Message:
            nonlocal received, is_complete
            if is_complete:  # the next message is that the client has gone, whenever that is
                return await receive()
            # While FastAPI reads a body, it lets an HTTPException pass and turns others into a 400.
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                is_complete = True
                if scope["method"] == "GET":  # nobody reads its body, but the answer may be endless
                    return {"type": "http.disconnect"}
                raise HTTPException(408, self.too_slow, {"Connection": "close"}) from error
            is_complete = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(413, self.too_large)
            return message

        return limited
