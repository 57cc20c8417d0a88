"""The routes for inspection: Snowplow Micro's, and those that only the sandbox has *(ours)*."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, NonNegativeInt
from starlette.responses import Response

from lib.sandbox.errors import NotFound
from lib.sandbox.limits import SCHEMA_BYTES
from lib.sandbox.pipeline.iglu import SchemaKey
from lib.sandbox.queries.inspection import inspected_events
from lib.sandbox.queries.micro import BadFilters, GoodFilters, bad_events, good_events, summary
from lib.sandbox.queries.self_describing_json import JsonObject
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.server.json_answers import JsonStream, StrictJson, StrictRoute, refusals
from lib.sandbox.server.request_sandbox import InPath

MICRO_PATHS = "/micro/all, /micro/good, /micro/bad, /micro/reset, /micro/iglu"
SCHEMA_PATH = "{vendor}/{name}/jsonschema/{version}"
NOT_OPTIONS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]  # browsers ask the collector


class Forward(BaseModel):
    """How far to move the sandbox's clock."""

    seconds: NonNegativeInt


class DataToCheck(BaseModel):
    """The data of an event or entity, and the URI of its schema."""

    schema_uri: str
    data: dict[str, Any]


class MoreSchemas(BaseModel):
    """Whether to use the optional schemas."""

    is_used: bool


class SchemaRoute(StrictRoute):
    """A route that reads a schema."""

    most_bytes = SCHEMA_BYTES


def micro_router() -> APIRouter:
    """Micro's routes, relative to `/micro`."""
    router = APIRouter(route_class=StrictRoute, responses=refusals(404, 422))
    for method in ("GET", "POST"):
        router.add_api_route("/all", count_events, methods=[method])
        router.add_api_route("/reset", reset_events, methods=[method])
    router.add_api_route("/good", list_good_events, methods=["GET"])
    router.add_api_route("/good", find_good_events, methods=["POST"])
    router.add_api_route("/bad", list_bad_events, methods=["GET"])
    router.add_api_route("/bad", find_bad_events, methods=["POST"])
    router.add_api_route(f"/iglu/{SCHEMA_PATH}", read_schema)
    router.add_api_route("/{path:path}", refuse_path, methods=NOT_OPTIONS, include_in_schema=False)
    return router


async def refuse_path(path: str) -> Response:
    """Any other path of Micro's: never the collector, which takes any path of two parts."""
    raise NotFound(f"There is no such path under /micro. Supported endpoints: {MICRO_PATHS}")


async def count_events(sandbox: InPath) -> Response:
    """How many events were accepted and how many failed."""
    return StrictJson(summary(sandbox))


async def reset_events(sandbox: InPath) -> Response:
    """Delete all events. What was computed from them stays."""
    sandbox.forget_events()
    return StrictJson(summary(sandbox))


async def list_good_events(sandbox: InPath, filters: Annotated[GoodFilters, Query()]) -> Response:
    """The accepted events, newest first."""
    return await _listed(sandbox, good_events(sandbox, filters))


async def find_good_events(sandbox: InPath, filters: GoodFilters | None = None) -> Response:
    """The accepted events that meet the filters, newest first."""
    return await _listed(sandbox, good_events(sandbox, filters or GoodFilters()))


async def list_bad_events(sandbox: InPath, filters: Annotated[BadFilters, Query()]) -> Response:
    """The failed events, newest first."""
    return await _listed(sandbox, bad_events(sandbox, filters))


async def find_bad_events(sandbox: InPath, filters: BadFilters | None = None) -> Response:
    """The failed events that meet the filters, newest first."""
    return await _listed(sandbox, bad_events(sandbox, filters or BadFilters()))


async def _listed(sandbox: Sandbox, events: AsyncIterator[JsonObject]) -> Response:
    """A list of events, sent while it is read if it may have any length, else all at once."""
    if sandbox.most_listed is None:
        return JsonStream(events)
    return StrictJson([event async for event in events])


async def read_schema(vendor: str, name: str, version: str, sandbox: InPath) -> Response:
    """A schema of the sandbox's Iglu."""
    uri = SchemaKey(vendor, name, version).uri
    schema = sandbox.iglu.schema(uri)
    if schema is None:
        raise NotFound(f"{uri} is not in this Iglu")
    return StrictJson(schema)


def inspection_router() -> APIRouter:
    """What only the sandbox has, relative to `/sandbox/<token>`."""
    router = APIRouter(route_class=StrictRoute, responses=refusals(404, 422))
    router.add_api_route("/clock", read_clock, methods=["GET"])
    router.add_api_route("/clock", move_clock, methods=["POST"])
    router.add_api_route("/clock", set_clock_back, methods=["DELETE"])
    router.add_api_route("/events", list_events, methods=["GET"])
    router.add_api_route("/trace/{event_id}", read_trace, methods=["GET"])
    router.add_api_route("/fired", list_fired, methods=["GET"])
    router.add_api_route("/stats", read_stats, methods=["GET"])
    router.add_api_route("/reset", reset, methods=["POST"])
    router.add_api_route("/schemas", list_schemas, methods=["GET"])
    router.add_api_route("/schemas/check", check_data, methods=["POST"])
    router.add_api_route("/schemas/more", list_more_schemas, methods=["GET"])
    router.add_api_route("/schemas/more", use_more_schemas, methods=["PUT"])
    router.add_api_route(f"/schemas/{SCHEMA_PATH}", delete_schema, methods=["DELETE"])
    adding = APIRouter(route_class=SchemaRoute, responses=refusals(422))
    adding.add_api_route("/schemas", add_schema, methods=["POST"], status_code=201)
    router.include_router(adding)
    for path in ("/schemas/{path:path}", "/trace/{event_id}"):
        router.add_api_route(path, refuse_method, methods=NOT_OPTIONS, include_in_schema=False)
    return router


async def refuse_method() -> Response:
    """Another path or method than those above: never the collector, as in `refuse_path`."""
    raise NotFound("There is no such path here, or not with this method: see /docs.")


async def read_clock(sandbox: InPath) -> Response:
    """The sandbox's time in milliseconds UTC, and how many seconds it is ahead."""
    return StrictJson(clock(sandbox))


async def move_clock(body: Forward, sandbox: InPath) -> Response:
    """Move the clock forward: windows empty, values expire."""
    sandbox.move_clock(1000 * body.seconds)
    return StrictJson(clock(sandbox))


async def set_clock_back(sandbox: InPath) -> Response:
    """Set the clock back. Deletes events, values and what fired: they would be in the future."""
    sandbox.reset(keep_definitions=True)
    return StrictJson(clock(sandbox))


async def list_events(
    sandbox: InPath, user_id: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """The newest events, accepted and failed, newest first; of one user if one is given."""
    return StrictJson(inspected_events(sandbox, user_id, limit))


async def read_trace(event_id: str, sandbox: InPath) -> Response:
    """The trace of an event, stage by stage."""
    return StrictJson({"event_id": event_id, "stages": sandbox.trace(event_id)})


async def list_fired(
    sandbox: InPath,
    identifier: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    """The interventions that fired, and whether each was delivered, is held or was lost; of one
    identifier if one is given. Not those on `changed`, which fire every time."""
    return StrictJson({"fired": sandbox.fired(identifier, limit)})


async def read_stats(sandbox: InPath) -> Response:
    """How many events, definitions and subscriptions there are."""
    return StrictJson(
        {
            "events": summary(sandbox),
            "definitions": sandbox.registry.counts(),
            "subscriptions": sandbox.subscriptions.count(),
            "clock": clock(sandbox),
        }
    )


async def reset(
    sandbox: InPath, user_id: Annotated[str | None, Query(min_length=1)] = None
) -> Response:
    """Start over: events, values, definitions and the clock; or what belongs to one user."""
    if user_id is None:
        sandbox.reset()
    else:
        sandbox.reset_user(user_id)
    return StrictJson({"ok": True})


async def list_schemas(sandbox: InPath) -> Response:
    """The schemas that events are validated against, and which were added to this sandbox."""
    own = sandbox.iglu.own_names()
    listed = [
        {"uri": uri, "is_own": uri in own, "schema": sandbox.iglu.schema(uri)}
        for uri in sandbox.iglu.names()
    ]
    return StrictJson(listed)


async def list_more_schemas(sandbox: InPath) -> Response:
    """The URIs of the optional schemas, and whether this sandbox uses them."""
    more = sandbox.iglu.on_request
    return StrictJson(
        {"is_used": sandbox.iglu.uses_more, "uris": more.names() if more is not None else []}
    )


async def use_more_schemas(body: MoreSchemas, sandbox: InPath) -> Response:
    """Turn validation against the optional schemas on or off."""
    sandbox.use_more_schemas(body.is_used)
    return await list_more_schemas(sandbox)


async def add_schema(schema: dict[str, Any], sandbox: InPath) -> Response:
    """Add a self-describing schema to this sandbox, under your own vendor."""
    return StrictJson({"uri": sandbox.add_schema(schema)}, status_code=201)


async def delete_schema(vendor: str, name: str, version: str, sandbox: InPath) -> Response:
    """Delete the newest version of a schema that was added to this sandbox."""
    sandbox.delete_schema(SchemaKey(vendor, name, version).uri)
    return StrictJson({"ok": True})


async def check_data(body: DataToCheck, sandbox: InPath) -> Response:
    """What is wrong with some data according to a schema; an empty list if nothing is."""
    checked = sandbox.iglu.check(body.schema_uri, body.data)
    failures = [{"path": each.path, "message": each.message} for each in checked.failures]
    return StrictJson({"failures": failures})


def clock(sandbox: Sandbox) -> dict[str, Any]:
    """The clock, as the API returns it."""
    return {"now": sandbox.now(), "ahead_seconds": sandbox.clock_offset / 1000}
