"""Limits on a request's body: its size, declared or not, and how long it may take to arrive; and on
all bodies together: see `bodies`.

Starlette limits the size too, but answers in plain text and bypasses exception handlers. Clients of
the API expect `{"detail": ...}` with every error.
"""

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.sandbox.limits import BODY_SECONDS, LARGE_BODY_BYTES, SMALL_BODY_BYTES
from lib.sandbox.server.bodies import Bodies, Body
from lib.sandbox.server.json_answers import StrictJson

TOO_MANY = "The bodies of all requests under way are too large together. Send this one again."
HAS_ARRIVED = "sandbox.has_arrived"  # in the scope of a request that is here to its end
OF_A_SANDBOX = re.compile(r"/sandbox/([^/]+)/")


class BodyLimit:
    """Answers 413 to a body over `max_bytes`, before reading it if it declares its size. Answers
    408 to a body that is not complete after BODY_SECONDS, and 503 to one for which there is no
    room, and hangs up.

    Such a body never reaches a route. Sandboxes have a share each of what all bodies may hold if
    `is_shared`, and so have addresses if `per_address`.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, *, is_shared: bool = False, per_address: bool = False
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = BODY_SECONDS
        self.bodies = Bodies()
        self._is_shared, self._per_address = is_shared, per_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        declared = int(length) if length.isdigit() else None
        if declared is not None and declared > self.max_bytes:
            await StrictJson({"detail": self.too_large}, status_code=413)(scope, receive, send)
            return
        is_packed = b"content-encoding" in headers
        is_small = declared is not None and declared <= SMALL_BODY_BYTES and not is_packed
        if is_small and HAS_ARRIVED in scope:
            await self.app(scope, receive, send)
            return
        body = Body(self._owners(scope, headers))
        arrival = _Arrival(self, body, scope, receive, is_packed=is_packed)

        async def answer(message: Message) -> None:
            self.bodies.end_turn(body)  # a client that does not read must not make others wait
            await send(message)

        try:
            await self.app(scope, arrival.receive, answer)
        finally:
            self.bodies.gone(body)

    @property
    def too_large(self) -> str:
        """The message for a body over the limit."""
        return f"The body is larger than {self.max_bytes:,} bytes."

    def _owners(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[str, ...]:
        owners: tuple[str, ...] = ()
        if self._is_shared:
            named = OF_A_SANDBOX.match(scope["path"])
            owners = (named[1] if named else headers.get(b"authorization", b"").decode("latin-1"),)
        if self._per_address and scope["client"]:
            owners += (f"address {scope['client'][0]}",)
        return owners


class _Arrival:
    """How the body of one request arrives."""

    def __init__(
        self, limit: BodyLimit, body: Body, scope: Scope, receive: Receive, *, is_packed: bool
    ) -> None:
        self._limit = limit
        self._is_packed = is_packed
        self._body = body
        self._scope = scope
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + limit.seconds
        self._received = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """The next part, once there is room for it."""
        if self._is_complete:  # the next message is that the client has gone, whenever that is
            return await self._receive()
        # While FastAPI reads a body, it lets an HTTPException pass and turns others into a 400.
        try:
            async with asyncio.timeout_at(self._deadline) as self._body.wait:
                message = await self._receive()
        except TimeoutError as error:
            return self._given_up(error)
        finally:
            self._body.wait = None
        if self._body.gave_way:
            return self._given_up()
        size = len(message.get("body", b""))
        self._received += size
        if self._received > self._limit.max_bytes:
            raise HTTPException(413, self._limit.too_large)
        if size and not self._limit.bodies.add(self._body, size):
            return self._given_up()
        self._is_complete = not message.get("more_body", False)
        if self._is_complete:
            await self._complete()
        return message

    async def _complete(self) -> None:
        self._limit.bodies.arrived(self._body)
        if self._received > LARGE_BODY_BYTES or self._is_packed:
            await self._limit.bodies.take_turn(self._body)

    def _given_up(self, error: TimeoutError | None = None) -> Message:
        """What is done about a body that will not be complete."""
        self._is_complete = True
        if self._scope["method"] == "GET":  # nobody reads its body, but the answer may be endless
            return {"type": "http.disconnect"}
        if error is None or self._body.gave_way:
            raise HTTPException(503, TOO_MANY, {"Retry-After": "1", "Connection": "close"})
        detail = f"The body did not arrive within {self._limit.seconds:g} seconds."
        raise HTTPException(408, detail, {"Connection": "close"}) from error
