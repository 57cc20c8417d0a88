"""What is kept of a request to the collector, to be shown in Micro's answers.

The part that a client sends again and again is kept once, however many events refer to it. Of a
request with a failed event, the query string and the body are kept too.

Differences from Micro *(ours)*: the headers `Cookie`, `Authorization` and `Content-Length` are left
out, and long headers, query strings and bodies are cut.

Sources: CollectorPayload in snowplow/enrich, `headers` of Service in snowplow/stream-collector.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson

from lib.sandbox.limits import REQUEST_HEADERS_BYTES
from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.payload import kept_text
from lib.sandbox.pipeline.quoting import shortened

NAME_LENGTH = 200
REMEMBERED = 128  # each at most as large as the head of a request
PORT = re.compile(r":[0-9]*$")
_LEFT_OUT = {b"cookie", b"authorization", b"proxy-authorization", b"content-length"}
_LEFT_OUT_IF_ANONYMOUS = _LEFT_OUT | {b"x-forwarded-for", b"x-real-ip", b"forwarded"}


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request: the API that it was sent to, its headers as they came, query string and body."""

    vendor: str
    version: str
    raw_headers: list[tuple[bytes, bytes]]
    query: str = ""
    body: bytes | None = None
    is_anonymous: bool = False

    def shared(self) -> bytes:
        """The part that most requests of a client have in common, as JSON."""
        return _shared(*self._key())

    def whole(self, received: Collected) -> bytes:
        """The request with its sender, its query string and its body, as JSON."""
        query = kept_text(self.query.encode("utf-8", "replace"))
        body = None if self.body is None else kept_text(self.body)
        rest = {"received": received, "querystring": query, "body": body}
        return orjson.dumps({**orjson.loads(self.shared()), **rest})

    def _key(self) -> tuple[str, str, tuple[tuple[bytes, bytes], ...]]:
        left_out = _LEFT_OUT_IF_ANONYMOUS if self.is_anonymous else _LEFT_OUT
        headers = tuple([each for each in self.raw_headers if each[0] not in left_out])
        return self.vendor, self.version, headers


@lru_cache(REMEMBERED)
def _shared(vendor: str, version: str, headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """The JSON of what most requests of a client have in common, made once for many of them."""
    named = dict(headers)
    return orjson.dumps(
        {
            "vendor": shortened(vendor, NAME_LENGTH),
            "version": shortened(version, NAME_LENGTH),
            "contentType": _text(named, b"content-type"),
            "hostname": _host(named),
            "refererUri": _text(named, b"referer"),
            "headers": list(_lines(headers)),
        }
    )


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value[:REQUEST_HEADERS_BYTES].decode("latin-1")


def _host(headers: Mapping[bytes, bytes]) -> str | None:
    """The name in `Host`, without the port."""
    host = _text(headers, b"host")
    return None if host is None else PORT.sub("", host)


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[str]:
    """The headers as Micro shows them, those that fit."""
    room = REQUEST_HEADERS_BYTES
    for name, value in headers:
        room -= len(name) + len(value)
        if room >= 0:
            yield f"{name.decode('latin-1').title()}: {value.decode('latin-1')}"
