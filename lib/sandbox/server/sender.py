"""The address that an event came from, as in the real collector: whatever the sender says.

It is data like the rest of the event, so anybody may claim anything. Limits, and who is local, go
by the address of the connection, unless it is that of a proxy that the server was told about
(`--proxy`).

Source: https://docs.snowplow.io/docs/api-reference/stream-collector/ and `Request.from` of http4s,
which the collector uses. `Forwarded` is RFC 7239.
"""

import re
from ipaddress import ip_address

from starlette.requests import Request

FORWARDED_FOR = re.compile(r"(?:^|[;,\s])for=\"?([^\",;\s]{1,60})", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[([^\]]{1,50})\](:\d{1,5})?")


def sender_address(request: Request) -> str | None:
    """The first address of `X-Forwarded-For`, else of `Forwarded`, else the connection's."""
    headers = request.headers
    first = headers.get("x-forwarded-for", "").partition(",")[0]
    forwarded = FORWARDED_FOR.search(headers.get("forwarded", ""))
    for claimed in (first, forwarded[1] if forwarded else ""):
        if claimed and (address := _address(claimed.strip())) is not None:
            return address
    return None if request.client is None else request.client.host


def _address(claimed: str) -> str | None:
    """An IP address without its port; None if it is not one."""
    in_brackets = IN_BRACKETS.fullmatch(claimed)
    host = in_brackets[1] if in_brackets else claimed
    if not in_brackets and host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return None
