"""Keeps web pages of other sites from using a sandbox through the browser of somebody who has one.

A browser lets any page send requests to any server, even to one that only its own machine reaches.
So a page could empty a sandbox, or read it, while its visitor looks at something else. Browsers say
where a request comes from, in headers that a page cannot change. A page of another site may only
*(ours: the real services tell people apart by their credentials)*:

- send events, to any path of the collector;
- listen to interventions, which the plugin does without credentials: it needs the id of a user;
- call the API with a bearer token, which a browser never adds by itself, and which it lets no page
  add: its preflight is refused. So this is for programs that say where they come from;
- follow a link to what can be read: the answer is for the person who clicked, and not for the page.

Source: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.sandbox.pipeline.quoting import shortened
from lib.sandbox.server.json_answers import StrictJson

SENT_BY_BROWSERS = frozenset({b"sec-fetch-site", b"origin", b"referer"})
OURS = ("same-origin", "none")  # none: typed into the address bar, or a bookmark
SANDBOX = re.compile(r"/sandbox/[^/]+(?=/)")
OF_ALL = re.compile(r"/(health|docs(/.*)?|openapi\.json|robots\.txt|sink-health|favicon\.ico)")
OF_TRACKERS = re.compile(r"/(i|ice\.png|(?!api/|micro/|trace/)[^/]+/[^/]+)")
OF_THE_PLUGIN = "/api/v1/interventions"
CHANGES = re.compile(r"(/micro)?/reset/?")  # also by GET
DETAIL = (
    "A web page of another site ({}) asked for this. Here, such pages may only send events and"
    " listen to interventions."
)


class SiteCheck:
    """Answers 403 to what a page of another site may not do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = other_site(scope) if scope["type"] == "http" else ""
        if site:
            detail = DETAIL.format(shortened(site, 100))
            await StrictJson({"detail": detail}, status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def other_site(scope: Scope) -> str:
    """The site that may not make this request; empty if it may be made."""
    if SENT_BY_BROWSERS.isdisjoint([name for name, _ in scope["headers"]]):
        return ""
    headers = Headers(scope=scope)
    path = SANDBOX.sub("", scope["path"], count=1)
    if OF_ALL.fullmatch(path) or OF_TRACKERS.fullmatch(path):
        return ""
    if path.startswith("/api/") and "authorization" in headers:
        return ""
    if scope["method"] in ("GET", "HEAD") and path.rstrip("/") == OF_THE_PLUGIN:
        return ""
    is_followed = headers.get("sec-fetch-dest") == "document" and scope["method"] == "GET"
    if is_followed and not CHANGES.fullmatch(path):
        return ""
    return _comes_from(headers, is_change=CHANGES.fullmatch(path) is not None)


def _comes_from(headers: Headers, *, is_change: bool) -> str:
    """The other site that a request comes from, as far as the browser says so; empty if from ours.

    Browsers send `Sec-Fetch-Site` to servers on their own machine and over https. Otherwise they
    send an `Origin` with a script's requests, and a `Referer` with those for images.
    """
    origin = headers.get("origin", "")
    site = headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in OURS else origin or site
    if not origin and is_change:
        origin = headers.get("referer", "")
    authority = origin.partition("://")[2].partition("/")[0]
    return "" if not origin or authority == headers.get("host") else origin
