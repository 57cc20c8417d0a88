"""URLs as Enrich reads them: with `java.net.URI`, and percent-encoded where that refuses one.

A space becomes `%20`. If a URL then still has what a URL must not have (`|`, `${x}`, a lone `%`),
the parts of its path, its parameters and its fragment are decoded and encoded again. A host that
`java.net.URI` does not accept (`my_shop.example`, `a.example:port`) is no host, but no error.

Sources: `stringToUri` and `explodeUri` of ConversionUtils in snowplow/enrich, the parser in Java's
`java.net.URI`, and PercentEncoder in lemonlabsuk/scala-uri.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from lib.sandbox.pipeline.formats import is_ipv6
from lib.sandbox.pipeline.quoting import quoted

_PARTS = re.compile(
    r"(?:(?P<scheme>[^:/?#]*):)?(?P<opaque>(?<=:)(?!/)[^#]+)?"
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*")
_UNRESERVED = r"A-Za-z0-9_\-!.~'()*"
_NOT_ASCII = r"[^\x00-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]"


def _legal(characters: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[{_UNRESERVED}{characters}]|%[0-9A-Fa-f]{{2}}|{_NOT_ASCII})*")


_PATH = _legal(":@&=+$,;/")
_QUERY = _legal(r";/?:@&=+$,\[\]")
_REGISTRY = _legal("$,;:@&=+")
_USER = rf"(?:(?:[{_UNRESERVED};:&=+$,]|%[0-9A-Fa-f]{{2}}|{_NOT_ASCII})*@)?"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_LAST_LABEL = "[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_BYTE = "0*(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_SERVER = re.compile(
    rf"{_USER}(?P<host>(?:{_BYTE}\.){{3}}{_BYTE}|{_LABEL}\.?|(?:{_LABEL}\.)+{_LAST_LABEL}\.?"
    r"|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.~-]+)?\])(?::(?P<port>[0-9]*))?"
)
_MAX_PORT = 2**31 - 1
_ENCODED = frozenset(b" %<>[]#{}^`|?/&\\=:@!$'()*,;\"")


class Url(NamedTuple):
    """A URL and its parts; None for those that it does not have."""

    text: str
    scheme: str | None
    host: str | None
    port: int
    path: str | None
    query: str | None
    fragment: str | None


@lru_cache
def java_url(text: str) -> Url:
    """Raises `ValueError`, with a message for people, if Enrich cannot read it."""
    url = text.replace(" ", "%20")
    parts = _legal_parts(url)
    if parts is None:
        url = _encoded_again(text)
        parts = _legal_parts(url)
    if parts is None:
        raise ValueError(f"{quoted(text)} is not a URL")
    scheme, path = parts["scheme"], parts["path"]
    host, port = _server(parts["authority"])
    return Url(
        url,
        scheme,
        host,
        (443 if scheme == "https" else 80) if port is None else port,
        path or None,
        parts["query"] or None,
        parts["fragment"] or None,
    )


def _legal_parts(url: str) -> re.Match[str] | None:
    """The parts of a URL that `java.net.URI` accepts, else None."""
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return None
    scheme, authority = parts["scheme"], parts["authority"]
    if scheme is not None and not _SCHEME.fullmatch(scheme):
        return None
    has_more = parts["path"] or parts["query"] is not None or parts["fragment"] is not None
    if authority == "" and not has_more:
        return None
    if scheme is not None and authority is None and not (parts["opaque"] or parts["path"]):
        return None
    is_legal = (
        (not authority or _REGISTRY.fullmatch(authority) or _server(authority)[0])
        and _QUERY.fullmatch(parts["opaque"] or "")
        and _PATH.fullmatch(parts["path"])
        and _QUERY.fullmatch(parts["query"] or "")
        and _QUERY.fullmatch(parts["fragment"] or "")
    )
    return parts if is_legal else None


@lru_cache
def _server(authority: str | None) -> tuple[str | None, int | None]:
    """The host and the port, if the authority names a server."""
    server = _SERVER.fullmatch(authority or "")
    if server is None:
        return None, None
    host, port = server["host"], int(server["port"] or -1)
    is_host = not host.startswith("[") or is_ipv6(host[1:-1].partition("%")[0])
    if not is_host or port > _MAX_PORT:
        return None, None
    return host, None if port == -1 else port


def _encoded_again(url: str) -> str:
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return url
    scheme = "" if parts["scheme"] is None else f"{parts['scheme']}:{parts['opaque'] or ''}"
    authority = "" if parts["authority"] is None else f"//{parts['authority']}"
    path = "/".join(map(_encoded, parts["path"].split("/")))
    query = "" if parts["query"] is None else f"?{_encoded_query(parts['query'])}"
    fragment = "" if parts["fragment"] is None else f"#{_encoded(parts['fragment'])}"
    return scheme + authority + path + query + fragment


def _encoded_query(query: str) -> str:
    pairs = (parameter.partition("=") for parameter in query.split("&"))
    return "&".join(_encoded(name) + equals + _encoded(value) for name, equals, value in pairs)


def _encoded(text: str) -> str:
    """Decoded, and encoded again; a lone `%` is an ordinary character."""
    decoded = unquote_to_bytes(text.encode("utf-8", "replace"))
    return "".join(
        f"%{byte:02X}" if byte in _ENCODED or not 31 < byte < 127 else chr(byte) for byte in decoded
    )
