"""The limit of a request's body, whether it says its size or not, with an answer in JSON.

Starlette has such a limit too, but answers in plain text, over the head of any exception handler;
clients of the API expect `{"detail": ...}` with every error.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.sandbox.answers import Json


class BodyLimit:
    """Answers 413 to a body over `max_bytes`: unread if it says its size, else when it is reached.

    Nothing of such a body is handed on as a whole.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.detail = f"The body is larger than {max_bytes:,} bytes."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self._says_too_much(scope):
            await Json({"detail": self.detail}, status_code=413)(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive), send)

    def _says_too_much(self, scope: Scope) -> bool:
        length = Headers(scope=scope).get("content-length", "")
        return length.isdecimal() and int(length) > self.max_bytes

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                # FastAPI lets this pass where it reads a body, and turns all others into a 400.
                raise HTTPException(413, self.detail)
            return message

        return counted
