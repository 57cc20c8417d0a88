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
from lib.sandbox.sandbox import Sandbox
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
PREFLIGHT_SECONDS = 60 * 60


def collector_routes() -> Sequence[BaseRoute]:
    """The routes of one collector; the application decides where to mount them."""
    return [
        Route("/i", pixel, methods=["GET"]),
        Route("/ice.png", pixel, methods=["GET"]),
        Route("/i", preflight, methods=["OPTIONS"]),
        Route("/ice.png", preflight, methods=["OPTIONS"]),
        Route("/robots.txt", robots, methods=["GET"]),
        Route("/sink-health", sink_health, methods=["GET"]),
        Route("/r/{version}", refuse_redirect, methods=["GET", "POST"]),
        Route("/{vendor}/{version}", post, methods=["POST"]),
        Route("/{vendor}/{version}", pixel, methods=["GET"]),
        Route("/{vendor}/{version}", preflight, methods=["OPTIONS"]),
    ]


async def post(request: Request) -> Response:
    """A payload of events."""
    body = decompressed(await request.body(), request.headers.get("content-encoding"))
    if isinstance(body, Failure):
        await _collect(request, [], [Refused("", [body])])
    else:
        await _collect(request, *_events_of_body(request, body), body)
    return _with_cookie_and_origin(request, PlainTextResponse("ok"))


async def pixel(request: Request) -> Response:
    """One event in the query string, answered with a pixel."""
    if _api(request) == WEBHOOK:
        await _collect(request, *webhook_events(_query(request)))
    else:
        await _collect(request, *query_events(_parameters(request)))
    response = Response(PIXEL, media_type="image/gif")
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    return _with_cookie_and_origin(request, response)


async def robots(request: Request) -> Response:
    """The same for all crawlers: nothing here is theirs."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


async def sink_health(request: Request) -> Response:
    """Whether events can be passed on. They are stored here, so it is as `/health`."""
    return PlainTextResponse("ok")


async def refuse_redirect(request: Request) -> Response:
    """Redirects are off, as in a collector that nobody has configured."""
    return PlainTextResponse("redirects disabled", status_code=404)


async def preflight(request: Request) -> Response:
    """The answer to what browsers ask before they send an event to another origin."""
    response = Response()
    response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {ANONYMOUS}"
    response.headers["Access-Control-Allow-Methods"] = "POST, GET, OPTIONS"
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return _with_origin(request, response)


def _events_of_body(request: Request, body: bytes) -> tuple[list[Fields], list[Refused]]:
    content_type = request.headers.get("content-type")
    if _api(request) == WEBHOOK:
        return webhook_events(_query(request), body, content_type)
    return payload_events(body, _parameters(request), content_type)


def _api(request: Request) -> tuple[str, str]:
    """The vendor and version of the path that a request is sent to; `/i` is tp1."""
    path = request.path_params
    version = "tp2" if request.method == "POST" else "tp1"
    return path.get("vendor", SNOWPLOW), path.get("version", version)


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


def _parameters(request: Request) -> Fields:
    query = _query(request)
    return query_parameters(query) if query else {}


async def _collect(
    request: Request,
    events: Sequence[Fields],
    refused: Sequence[Refused],
    body: bytes | None = None,
) -> None:
    api = _api(request)
    if api not in ADAPTERS:
        refused = refused or [Refused(list(events), [_no_adapter(*api)])]
        events = []
    sandbox = await sandbox_of_path(request)
    await sandbox.collect(events, refused, _received(request, sandbox), _sent(request, body))


def _no_adapter(vendor: str, version: str) -> Failure:
    known = " or ".join("/".join(each) for each in TRACKERS)
    path = shortened(f"{vendor}/{version}", 100)
    return Failure(None, "$", f"no adapter reads what is sent to {path}: send events to {known}")


def _sent(request: Request, body: bytes | None) -> SentRequest:
    is_anonymous = ANONYMOUS in request.headers
    return SentRequest(*_api(request), request.headers.raw, _query(request), body, is_anonymous)


def _received(request: Request, sandbox: Sandbox) -> Collected:
    is_anonymous = ANONYMOUS in request.headers
    return Collected(
        collector_tstamp=sandbox.now(),
        ip=None if is_anonymous else sender_address(request),
        user_agent=request.headers.get("user-agent"),
        cookie_id=_network_userid(request),
        anonymous=is_anonymous,
    )


def _network_userid(request: Request) -> str | None:
    """The id in the collector's cookie; if there is none, a new one for this request."""
    if ANONYMOUS in request.headers:
        return None
    if not hasattr(request.state, "network_userid"):
        known = request.query_params.get("nuid") or request.cookies.get(COOKIE)
        request.state.network_userid = known if is_uuid(known) else str(uuid.uuid4())
    network_userid: str = request.state.network_userid
    return network_userid


def _with_cookie_and_origin(request: Request, response: Response) -> Response:
    network_userid = _network_userid(request)
    if network_userid is not None:
        attributes = f"Max-Age={COOKIE_SECONDS}; Path=/; SameSite=Lax"
        response.headers["Set-Cookie"] = f"{COOKIE}={network_userid}; {attributes}"
    elif COOKIE in request.cookies:
        response.headers["Set-Cookie"] = f"{COOKIE}=; Max-Age=0; Path=/; SameSite=Lax"
    return _with_origin(request, response)


def _with_origin(request: Request, response: Response) -> Response:
    """Trackers send cookies, so the origin must be named: browsers refuse `*` with credentials."""
    origin = request.headers.get("origin")
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
    return response
