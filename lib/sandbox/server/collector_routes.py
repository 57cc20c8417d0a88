"""The collector's routes, which answer trackers as a real collector does.

It answers 200 to everything, because trackers drop a batch on some errors, and on others send the
same batch again before anything else. What is wrong becomes a failed event. Only a body over 2 MB
is refused, with 413. If the database cannot be written the answer is 503: trackers try again, and
nothing is lost.

Sources: https://docs.snowplow.io/docs/api-reference/stream-collector/, Routes and Service in
snowplow/stream-collector, AdapterRegistry in snowplow/enrich.
"""

import base64
import uuid
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from lib.sandbox.pipeline import iglu_webhook
from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.iglu_webhook import webhook_events
from lib.sandbox.pipeline.payload import (
    Fields,
    Refused,
    decompressed,
    payload_events,
    query_events,
)
from lib.sandbox.pipeline.query_string import query_parameters
from lib.sandbox.pipeline.quoting import shortened
from lib.sandbox.pipeline.sent_request import SentRequest
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.json_answers import whole_body
from lib.sandbox.server.request_sandbox import sandbox_of_path
from lib.sandbox.server.sender import sender_address

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
SNOWPLOW = "com.snowplowanalytics.snowplow"
# What trackers send to. Enrich has adapters for the webhooks of other vendors too *(ours)*.
TRACKERS = ((SNOWPLOW, "tp2"), (SNOWPLOW, "tp1"))
WEBHOOK = (iglu_webhook.VENDOR, iglu_webhook.VERSION)
ADAPTERS = (*TRACKERS, WEBHOOK)
COOKIE = "sp"
COOKIE_SECONDS = 365 * 24 * 60 * 60
ANONYMOUS = "SP-Anonymous"
FAILED = "X-Sandbox-Failed"
PREFLIGHT_SECONDS = 60 * 60
ONE_PART = ("/i", "/ice.png", "/robots.txt", "/sink-health", "/health")


def collector_routes() -> Sequence[BaseRoute]:
    """The routes of one collector; the application decides where to mount them."""
    return [
        Route("/i", pixel, methods=["GET"]),
        Route("/ice.png", pixel, methods=["GET"]),
        Route("/robots.txt", robots, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
        Route("/sink-health", health, methods=["GET"]),
        Route("/r/{version}", refuse_redirect, methods=["GET", "POST"]),
        Route("/{vendor}/{version}", post, methods=["POST"]),
        Route("/{vendor}/{version}", pixel, methods=["GET"]),
        *(
            Route(path, preflight, methods=["OPTIONS"])
            for path in (*ONE_PART, "/{vendor}/{version}")
        ),
    ]


async def post(request: Request) -> Response:
    """A payload of events."""
    body = decompressed(await whole_body(request), request.headers.get("content-encoding"))
    arrived = _Arrived(request, "tp2")
    if isinstance(body, Failure):
        await arrived.collect([], [Refused("", [body])])
    else:
        await arrived.collect(*_events_of_body(request, arrived, body), body)
    return arrived.answered(PlainTextResponse("ok"))


async def pixel(request: Request) -> Response:
    """One event in the query string, answered with a pixel."""
    arrived = _Arrived(request, "tp1")
    if arrived.api == WEBHOOK:
        await arrived.collect(*webhook_events(arrived.query))
    else:
        await arrived.collect(*query_events(query_parameters(arrived.query)))
    response = Response(PIXEL, media_type="image/gif")
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    return arrived.answered(response)


async def robots(request: Request) -> Response:
    """Keep all crawlers away."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


async def health(request: Request) -> Response:
    """Whether the server answers, and can store anything: events go nowhere else."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    sandboxes.store.file.raise_trouble()
    return PlainTextResponse("ok")


async def refuse_redirect(request: Request) -> Response:
    """Redirects are off, as in an unconfigured collector."""
    return PlainTextResponse("redirects disabled", status_code=404)


async def preflight(request: Request) -> Response:
    """The answer to the preflight that browsers send before an event to another origin."""
    response = Response()
    response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {ANONYMOUS}"
    response.headers["Access-Control-Allow-Methods"] = "POST, GET, OPTIONS"
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return _with_origin(request, response)


def _events_of_body(
    request: Request, arrived: "_Arrived", body: bytes
) -> tuple[list[Fields], list[Refused]]:
    content_type = request.headers.get("content-type")
    if arrived.api == WEBHOOK:
        return webhook_events(arrived.query, body, content_type)
    parameters = query_parameters(arrived.query) if arrived.query else {}
    return payload_events(body, parameters, content_type)


class _Arrived:
    """A request with events: what it says about its sender, each looked up once.

    `api` is the vendor and version of the path that it is sent to; of `/i`, which names neither,
    the version is `default_version`.
    """

    def __init__(self, request: Request, default_version: str) -> None:
        path, query = request.path_params, request.scope["query_string"]
        self._request = request
        self.api = path.get("vendor", SNOWPLOW), path.get("version", default_version)
        self.query: str = query.decode("latin-1")
        self._is_anonymous = ANONYMOUS in request.headers
        self._cookie_id = None if self._is_anonymous else self._network_userid()
        self._failed = 0

    def _network_userid(self) -> str:
        """The id in the collector's cookie; if there is none, a new one for this request."""
        named = query_parameters(self.query).get("nuid") if self.query else None
        known = named or self._request.cookies.get(COOKIE)
        return known if known and is_uuid(known) else str(uuid.uuid4())

    async def collect(
        self, events: Sequence[Fields], refused: Sequence[Refused], body: bytes | None = None
    ) -> None:
        """Hand the events over; returns once they are committed."""
        if self.api not in ADAPTERS:
            refused = refused or [Refused(list(events), [_no_adapter(*self.api)])]
            events = []
        sandbox = await sandbox_of_path(self._request)
        received = Collected(
            collector_tstamp=sandbox.now(),
            ip=None if self._is_anonymous else sender_address(self._request),
            user_agent=self._request.headers.get("user-agent"),
            cookie_id=self._cookie_id,
            anonymous=self._is_anonymous,
        )
        headers = self._request.headers.raw
        sent = SentRequest(*self.api, headers, self.query, body, self._is_anonymous)
        self._failed = await sandbox.collect(events, refused, received, sent)

    def answered(self, response: Response) -> Response:
        """The answer with the collector's cookie, and with the origin for browsers. How many of the
        events failed is for the app, which tells people whose code sent them *(ours)*."""
        if self._failed:
            response.headers[FAILED] = str(self._failed)
        if self._cookie_id is not None:
            attributes = f"Max-Age={COOKIE_SECONDS}; Path=/; SameSite=Lax"
            response.headers["Set-Cookie"] = f"{COOKIE}={self._cookie_id}; {attributes}"
        elif COOKIE in self._request.cookies:
            response.headers["Set-Cookie"] = f"{COOKIE}=; Max-Age=0; Path=/; SameSite=Lax"
        return _with_origin(self._request, response)


def _no_adapter(vendor: str, version: str) -> Failure:
    known = " or ".join("/".join(each) for each in TRACKERS)
    path = shortened(f"{vendor}/{version}", 100)
    return Failure(None, "$", f"no adapter reads what is sent to {path}: send events to {known}")


def _with_origin(request: Request, response: Response) -> Response:
    """Trackers send cookies, so the origin must be named: browsers refuse `*` with credentials."""
    origin = request.headers.get("origin")
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
    return response
