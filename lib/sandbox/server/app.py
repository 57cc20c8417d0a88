"""The sandbox's HTTP server: collector, Signals API and Micro's interface in one application.

Every route parses, calls and answers. Routes and dependencies are coroutines, so that all of it
runs in the event loop's thread, which owns the database connection.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from lib.sandbox.errors import ApiError, TooMany
from lib.sandbox.limits import MAX_BODY_BYTES
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.address_limit import AddressLimit
from lib.sandbox.server.body_limit import BodyLimit
from lib.sandbox.server.collector_routes import collector_routes, health, post
from lib.sandbox.server.docs_page import add_docs_page
from lib.sandbox.server.host_check import HostCheck
from lib.sandbox.server.inspection_routes import inspection_router, micro_router
from lib.sandbox.server.json_answers import (
    StrictJson,
    answer_broken_store,
    answer_failure,
    answer_http_error,
    answer_invalid_request,
    answer_nobody,
    answer_refusal,
)
from lib.sandbox.server.quick_read import QuickRead
from lib.sandbox.server.signals_routes import signals_router
from lib.sandbox.server.site_check import SiteCheck
from lib.sandbox.server.upkeep import upkeep

API = "/api/v1"
IN_SANDBOX = "/sandbox/{token}"
TRACKER_PATH = "/com.snowplowanalytics.snowplow/tp2"


def create_app(sandboxes: Sandboxes, hosts: Iterable[str] | None = None) -> FastAPI:
    """The application that serves these sandboxes.

    It answers to the names in `hosts` only, or to any: see `HostCheck`.
    """
    app = FastAPI(
        title="Signals sandbox",
        description="A stand-in for Snowplow's collector and Signals API. Not Snowplow's own.",
        default_response_class=StrictJson,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        lifespan=upkeep,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={
            ApiError: answer_refusal,
            TooMany: answer_too_many,
            RequestValidationError: answer_invalid_request,
            HTTPException: answer_http_error,
            ClientDisconnect: answer_nobody,
            sqlite3.Error: answer_broken_store,
            Exception: answer_failure,
        },
    )
    _add_guards(app, sandboxes, hosts)
    app.state.sandboxes = sandboxes
    _add_routes(app)
    return app


def _add_guards(app: FastAPI, sandboxes: Sandboxes, hosts: Iterable[str] | None) -> None:
    """What checks a request before any route does, from the inside out."""
    limits = sandboxes.limits
    per_address = limits is not None and limits.per_address
    app.add_middleware(QuickRead, sandboxes=sandboxes)
    app.add_middleware(
        BodyLimit,
        max_bytes=MAX_BODY_BYTES,
        is_shared=limits is not None,
        per_address=per_address,
    )
    if limits is not None and per_address:
        app.add_middleware(AddressLimit, at_most=limits.subscriptions)
    app.add_middleware(SiteCheck)
    if hosts is not None:
        app.add_middleware(HostCheck, names=hosts)


def _add_routes(app: FastAPI) -> None:
    # First, because they are used most and the router tries the routes in order.
    app.add_route(IN_SANDBOX + TRACKER_PATH, post, methods=["POST"])
    app.add_route(TRACKER_PATH, post, methods=["POST"])
    app.add_route("/health", health, methods=["GET"])
    add_docs_page(app)
    app.router.routes.extend(_api_routes())
    # Last, because the collector takes any path of two parts.
    app.router.routes.append(Mount(IN_SANDBOX, routes=collector_routes()))
    app.router.routes.extend(collector_routes())


@cache
def _api_routes() -> Sequence[BaseRoute]:
    """The routes that FastAPI describes. They find the sandboxes by the request, so that all
    applications of a process share them: FastAPI takes a fifth of a second to read them all."""
    router = APIRouter(default_response_class=StrictJson)
    signals, micro = signals_router(), micro_router()
    router.include_router(signals, prefix=API)
    router.include_router(signals, prefix=IN_SANDBOX + API, include_in_schema=False)
    router.include_router(micro, prefix="/micro")
    router.include_router(micro, prefix=IN_SANDBOX + "/micro", include_in_schema=False)
    router.include_router(inspection_router(), prefix=IN_SANDBOX)
    return router.routes


async def answer_too_many(request: Request, error: Exception) -> Response:
    """Beyond a limit: trackers send again, and nothing is lost."""
    response = await answer_refusal(request, error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
