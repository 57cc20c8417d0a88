"""How many requests one address may keep open *(ours)*."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.limits import client_address
from lib.sandbox.server.json_answers import StrictJson


class AddressLimit:
    """Middleware that notes the client's address, and answers 429 if it has too many open requests.

    Streams count too.
    """

    def __init__(self, app: ASGIApp, at_most: int) -> None:
        self.app = app
        self._at_most = at_most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["client"]:
            await self.app(scope, receive, send)
            return
        address = scope["client"][0]
        if self._open[address] >= self._at_most:
            await self._refusal(scope, receive, send)
            return
        client_address.set(address)  # for this request alone: each has its own task
        self._open[address] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    @property
    def _refusal(self) -> ASGIApp:
        detail = f"Your address has {self._at_most:,} open requests, which is the limit."
        return StrictJson({"detail": detail}, status_code=429, headers={"Retry-After": "1"})
