"""The sandbox's HTTP server: the collector, the Signals API and nothing but routes.

Every route parses, calls and answers. Request bodies are the Signals SDK's own models. Routes and
dependencies are coroutines, so that all of it runs in the event loop's thread, which owns the
database connection. The Signals API is there twice: under `/api/v1`, where a bearer token names the
sandbox, and under `/sandbox/<token>/api/v1` for browsers, which send no bearer with a subscription.

Sources: the SDK's `api_client.py` and `registry_client.py`,
https://docs.snowplow.io/docs/signals/connection/
"""

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from snowplow_signals.models.model import (
    GetAttributeGroupAttributesRequest,
    GetServiceAttributesRequest,
    InterventionInstance,
    TargetAttributeKey,
)
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount

from lib.sandbox.collector import collector_routes
from lib.sandbox.errors import ApiError, InvalidDefinition, NotInSandbox
from lib.sandbox.interventions import Target
from lib.sandbox.kinds import GROUP, INTERVENTION, KEY, SERVICE, Kind
from lib.sandbox.online import group_attributes, service_attributes
from lib.sandbox.payload import MAX_BODY_BYTES
from lib.sandbox.registry import Definition
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.sandboxes import Sandboxes

API = "/api/v1"
IN_SANDBOX = "/sandbox/{token}"


class Json(JSONResponse):
    """Strict JSON: what cannot be said in JSON never leaves the server."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no infinity, no lone surrogates."""

    async def json(self) -> Any:
        return orjson.loads(await self.body())


class StrictRoute(APIRoute):
    """A route that reads its body with `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def strict_handler(request: Request) -> Response:
            response: Response = await handler(StrictRequest(request.scope, request.receive))
            return response

        return strict_handler


def create_app(sandboxes: Sandboxes) -> FastAPI:
    """The application that serves these sandboxes."""
    app = FastAPI(
        title="Signals sandbox",
        description="A stand-in for Snowplow's collector and Signals API. Not Snowplow's own.",
        default_response_class=Json,
        redirect_slashes=False,
        max_body_size=MAX_BODY_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={
            ApiError: answer_refusal,
            RequestValidationError: answer_invalid_request,
            StarletteHTTPException: answer_http_error,
            sqlite3.Error: answer_broken_store,
        },
    )
    app.state.sandboxes = sandboxes
    app.add_route("/health", health, methods=["GET"])
    for prefix in (API, IN_SANDBOX + API):
        app.include_router(signals_router(), prefix=prefix, include_in_schema=prefix == API)
    app.router.routes.append(Mount(IN_SANDBOX, routes=collector_routes()))
    app.router.routes.extend(collector_routes())
    return app


async def health(request: Request) -> Response:
    """Whether the server answers."""
    return PlainTextResponse("ok")


# Errors, each in the shape of the real API


async def answer_refusal(request: Request, error: Any) -> Response:
    return Json({"detail": error.detail}, status_code=error.status)


async def answer_invalid_request(request: Request, error: Any) -> Response:
    problems = [
        {"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]}
        for each in error.errors()
    ]
    return Json({"detail": problems}, status_code=InvalidDefinition.status)


async def answer_http_error(request: Request, error: Any) -> Response:
    return Json({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


async def answer_broken_store(request: Request, error: Any) -> Response:
    return Json(
        {"detail": f"The sandbox cannot use its database: {error}. Nothing was stored."},
        status_code=503,
    )


# The Signals API


async def sandbox_of(request: Request) -> Sandbox:
    """The sandbox that the path or else the bearer token names."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    token = request.path_params.get("token")
    if token is not None:
        return sandboxes.of_token(token)
    return sandboxes.of_bearer(request.headers.get("authorization"))


async def listening_sandbox_of(request: Request) -> Sandbox:
    """As `sandbox_of`; subscribing is public where there is only one sandbox."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    is_named = "token" in request.path_params or "authorization" in request.headers
    if is_named or sandboxes.isolated:
        return await sandbox_of(request)
    return sandboxes.of_everyone()


InSandbox = Annotated[Sandbox, Depends(sandbox_of)]


def signals_router() -> APIRouter:
    """Every route of the Signals API, relative to `/api/v1`."""
    router = APIRouter(route_class=StrictRoute)
    add_registry_routes(router, "attribute_keys", KEY)
    add_registry_routes(router, "attribute_groups", GROUP)
    add_registry_routes(router, "services", SERVICE)
    add_registry_routes(router, "interventions", INTERVENTION)
    router.add_api_route("/get-online-attributes", get_online_attributes, methods=["POST"])
    router.add_api_route("/interventions", subscribe, methods=["GET"])
    router.add_api_route("/interventions", push, methods=["POST"])
    for method in ("GET", "POST"):
        router.add_api_route("/datasets/{path:path}", not_in_sandbox, methods=[method])
    return router


def add_registry_routes(router: APIRouter, collection: str, kind: Kind) -> None:
    """List, create, read, update and delete definitions of one kind."""
    path = f"/registry/{collection}"
    item = path + ("/{name}/versions/{version}" if kind.versioned else "/{name}")
    model: Any = kind.model

    async def list_all(sandbox: InSandbox) -> Response:
        return Json([answer_for(each) for each in sandbox.registry.all(kind)])

    async def create(body: model, sandbox: InSandbox) -> Response:
        refuse_warehouse(body)
        return Json(answer_for(sandbox.registry.create(kind, body)), status_code=201)

    async def read_latest(name: str, sandbox: InSandbox) -> Response:
        return Json(answer_for(sandbox.registry.get(kind, name)))

    async def read(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        return Json(answer_for(sandbox.registry.get(kind, name, version)))

    async def update(name: str, body: model, sandbox: InSandbox, version: int = 1) -> Response:
        refuse_warehouse(body)
        return Json(answer_for(sandbox.registry.update(kind, name, version, body)))

    async def delete(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        sandbox.registry.delete(kind, name, version)
        return Json({"ok": True})

    routes: Sequence[tuple[str, Callable[..., Any], str]] = [
        (f"{path}/", list_all, "GET"),
        (f"{path}/", create, "POST"),
        (path + "/{name}", read_latest, "GET"),
        (item, read, "GET"),
        (item, update, "PUT"),
        (item, delete, "DELETE"),
    ]
    for route, endpoint, method in routes:
        router.add_api_route(route, endpoint, methods=[method])
        if route.endswith("/"):
            router.add_api_route(
                route.rstrip("/"), endpoint, methods=[method], include_in_schema=False
            )


def answer_for(definition: Definition) -> dict[str, Any]:
    """A definition as the API answers it: with the columns that only the API knows."""
    answer: dict[str, Any] = definition.model.model_dump(
        mode="json", exclude_none=True, by_alias=True
    )
    if definition.kind is KEY:
        answer["blobl_path"] = None
    if definition.kind is GROUP:
        answer["attribute_key"]["blobl_path"] = None
        answer |= {
            "attribute_key_or_name": definition.model.attribute_key.name,
            "full_name": f"{definition.name}_v{definition.version}",
            "feast_name": f"{definition.name}_v{definition.version}",
            "stream_source_name": None,
        }
    return answer


def refuse_warehouse(model: Any) -> None:
    """Attribute groups that are computed in a warehouse have nothing to be computed in here."""
    if getattr(model, "offline", None) or getattr(model, "fields", None):
        raise NotInSandbox(
            "The sandbox has no warehouse: batch and external batch attribute groups need Snowplow."
        )


async def get_online_attributes(
    body: GetServiceAttributesRequest | GetAttributeGroupAttributesRequest,
    request: Request,
    sandbox: InSandbox,
) -> Response:
    """The current values of a service, or of single attributes."""
    now = request.app.state.sandboxes.clock()
    if isinstance(body, GetServiceAttributesRequest):
        return Json(service_attributes(sandbox, body, now))
    return Json(group_attributes(sandbox, body, now))


async def subscribe(request: Request) -> Response:
    """A server-sent stream of the interventions for the targets in the query string."""
    sandbox = await listening_sandbox_of(request)
    targets = targets_of(request)

    async def stream() -> Any:
        with sandbox.subscriptions.open(targets) as subscription:
            async for line in subscription.lines():
                yield line

    headers = {
        "Cache-Control": "no-cache",
        "X-Accel-Buffering": "no",
        "Access-Control-Allow-Origin": request.headers.get("origin", "*"),
        "Vary": "Origin",
    }
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


async def push(body: InterventionInstance, request: Request, sandbox: InSandbox) -> Response:
    """Hand an intervention to whoever listens for the targets in the query string, now."""
    intervention_id = body.intervention_id or str(uuid.uuid4())
    interventions = {
        target: body.model_copy(
            update={
                "intervention_id": intervention_id,
                "attributes": body.attributes or {},
                "target_attribute_key": body.target_attribute_key
                or TargetAttributeKey(name=target.key, id=target.identifier),
            }
        )
        for target in targets_of(request)
    }
    reached = sandbox.subscriptions.deliver(interventions, hold=False)
    return Json({"status": "success" if reached else "undelivered"})


async def not_in_sandbox(path: str) -> Response:
    """Datasets are built in a warehouse."""
    raise NotInSandbox("The sandbox has no warehouse: datasets need Snowplow.")


def targets_of(request: Request) -> list[Target]:
    """The targets in a query string such as `?user_id=a&user_id=b&domain_userid=c`."""
    targets = [Target(key, value) for key, value in request.query_params.multi_items() if value]
    if not targets:
        raise InvalidDefinition(
            (["query"], "name at least one attribute key and identifier, such as ?user_id=<uuid>")
        )
    return targets
