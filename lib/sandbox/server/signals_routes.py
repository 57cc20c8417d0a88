"""The routes of the Signals API: reading values, interventions, previews, agentic contexts.

They exist twice: under `/api/v1`, where a bearer token names the sandbox, and under
`/sandbox/<token>/api/v1` for browsers, which send no bearer with a subscription.

Sources: the SDK's `api_client.py`, https://docs.snowplow.io/docs/signals/connection/
"""

import uuid
from typing import Any, Literal

from fastapi import APIRouter
from snowplow_signals.models.model import (
    GetAttributeGroupAttributesRequest,
    GetServiceAttributesRequest,
    InterventionInstance,
    TargetAttributeKey,
    TestAttributeGroupRequest,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from lib.sandbox.errors import InvalidDefinition, NotInSandbox
from lib.sandbox.limits import TARGETS_IN_SUBSCRIPTION
from lib.sandbox.queries.event_logs import agentic_context
from lib.sandbox.queries.narratives import context_response, narrative
from lib.sandbox.queries.online import group_attributes, service_attributes
from lib.sandbox.queries.preview import tested_group
from lib.sandbox.server.json_answers import (
    DefinitionRoute,
    StrictJson,
    StrictRoute,
    refusals,
)
from lib.sandbox.server.registry_routes import refuse_warehouse, registry_router
from lib.sandbox.server.request_sandbox import InSandbox, sandbox_to_subscribe_to
from lib.sandbox.signals.interventions import Target

ReadRequest = GetServiceAttributesRequest | GetAttributeGroupAttributesRequest
READ_PATH = "/get-online-attributes"


def signals_router() -> APIRouter:
    """Every route of the Signals API, relative to `/api/v1`."""
    router = APIRouter(route_class=StrictRoute, responses=refusals(401, 422))
    router.add_api_route(
        READ_PATH, get_online_attributes, methods=["POST"], responses=refusals(404)
    )
    router.include_router(registry_router())
    router.add_api_route("/interventions", subscribe, methods=["GET"])
    router.add_api_route(
        "/interventions", push, methods=["POST"], route_class_override=DefinitionRoute
    )
    for path in ("/testing/attribute_groups/", "/testing/attribute_groups"):
        router.add_api_route(
            path,
            test_group,
            methods=["POST"],
            include_in_schema=path[-1] == "/",
            responses=refusals(501),
            route_class_override=DefinitionRoute,
        )
    router.add_api_route("/event_log", read_event_log, methods=["GET"], responses=refusals(404))
    for method in ("GET", "POST"):
        router.add_api_route(
            "/datasets/{path:path}", not_in_sandbox, methods=[method], responses=refusals(501)
        )
    return router


async def get_online_attributes(body: ReadRequest, sandbox: InSandbox) -> Response:
    """The current values of a service, or of single attributes."""
    now = sandbox.now()
    if isinstance(body, GetServiceAttributesRequest):
        return StrictJson(await service_attributes(sandbox, body, now))
    return StrictJson(await group_attributes(sandbox, body, now))


async def subscribe(request: Request) -> Response:
    """A server-sent stream of the interventions for the targets in the query string."""
    sandbox = await sandbox_to_subscribe_to(request)
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
    """Push an intervention to the current subscribers of the targets in the query string."""
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
    return StrictJson({"status": "success" if reached else "undelivered"})


async def test_group(body: TestAttributeGroupRequest, sandbox: InSandbox) -> Response:
    """The values of an unpublished attribute group, computed over the stored events."""
    refuse_warehouse(body.attribute_group)
    return StrictJson(await tested_group(sandbox, body, sandbox.now()))


async def read_event_log(
    name: str,
    identifier: str,
    sandbox: InSandbox,
    format: Literal["json", "narrative"] = "json",
) -> Response:
    """What a session did recently, as JSON or as text for an agent."""
    context = await agentic_context(sandbox, name, identifier, sandbox.now())
    if format == "narrative":
        return PlainTextResponse(narrative(context))
    return StrictJson(context_response(context).model_dump(mode="json"))


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
    if len(targets) > TARGETS_IN_SUBSCRIPTION:
        raise InvalidDefinition(
            (
                ["query"],
                f"this request names {len(targets):,} identifiers, and at most"
                f" {TARGETS_IN_SUBSCRIPTION:,} are allowed. Use several.",
            )
        )
    return targets
