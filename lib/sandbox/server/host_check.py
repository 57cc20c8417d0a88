"""Which names a server answers to, so that a web page cannot reach it under a name of its own.

If a page's name is made to resolve to 127.0.0.1 (DNS rebinding), its browser takes it for the same
origin as a server there, and it could read every answer. Only the name in the Host header gives it
away. The port is ignored, because forwarding may change it.

This does not prevent a page from sending events to a collector of another origin, as trackers do.
"""

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.pipeline.quoting import shortened
from lib.sandbox.server.json_answers import StrictJson

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
NAME_AND_PORT = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class HostCheck:
    """Answers 421 to requests that do not name exactly one host from `names`.

    A name has no port. An IPv6 address has its brackets.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self._names = {name.lower().encode() for name in names}
        self._listed = ", ".join(sorted(names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_ours(scope):
            await self.app(scope, receive, send)
        else:
            detail = f"This server is not called {self._named(scope)}. It is: {self._listed}."
            await StrictJson({"detail": detail}, status_code=421)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        match = NAME_AND_PORT.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return match is not None and match[1].lower() in self._names

    def _named(self, scope: Scope) -> str:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        said = " and ".join(repr(host.decode("latin-1")) for host in hosts)
        return shortened(said or "nothing at all", 100)
