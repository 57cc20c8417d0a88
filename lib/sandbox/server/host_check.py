"""Which host names a server answers to, so that a web page cannot reach it under its own name.

If a page's host name is made to resolve to 127.0.0.1 (DNS rebinding), the browser considers
the page and a server there to be one origin, and lets the page read every answer. Only the Host
header tells them apart. The port is ignored, because forwarding may change it.

This does not prevent a page from sending events to a collector of another origin, as trackers do.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.pipeline.quoting import shortened
from lib.sandbox.server.json_answers import StrictJson

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
NAME_AND_PORT = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
REMEMBERED = 128  # each at most as large as the head of a request


@lru_cache(REMEMBERED)
def _name(host: bytes) -> bytes:
    """The name in a `Host` header; empty if it has none."""
    match = NAME_AND_PORT.fullmatch(host)
    return b"" if match is None else match[1].lower()


class HostCheck:
    """Answers 421 to requests that do not name exactly one host from `names`.

    The names have no port. IPv6 addresses have brackets.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self._names = {name.lower().encode() for name in names}
        self._listed = ", ".join(sorted(names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_ours(scope):
            await self.app(scope, receive, send)
        else:
            detail = f"{self._named(scope)}. This server answers only to {self._listed}."
            await StrictJson({"detail": detail}, status_code=421)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and _name(hosts[0]) in self._names

    def _named(self, scope: Scope) -> str:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if not hosts:
            return "The request names no host"
        said = " and ".join(repr(host.decode("latin-1")) for host in hosts)
        return f"The request names the host {shortened(said, 100)}"
