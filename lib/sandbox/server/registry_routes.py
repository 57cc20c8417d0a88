"""The routes of the registry: definitions of every kind, one set of routes for each.

Source: the SDK's `registry_client.py`
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from snowplow_signals.models.model import (
    EventLogResponse,
    SelectivePublishRequest,
    UnpublishRequest,
)
from starlette.responses import Response

from lib.sandbox.errors import InvalidDefinition, NotInSandbox
from lib.sandbox.limits import NAMES_IN_REQUEST
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.server.json_answers import DefinitionRoute, StrictJson, refusals
from lib.sandbox.server.request_sandbox import InSandbox
from lib.sandbox.signals import drafts
from lib.sandbox.signals.definition import Definition
from lib.sandbox.signals.kinds import EVENT_LOG, GROUP, INTERVENTION, KEY, SERVICE, Kind
from lib.sandbox.signals.registry import Registry
from lib.sandbox.signals.traps import warn

Endpoint = Callable[..., Any]
COLLECTIONS = {
    "attribute_keys": KEY,
    "attribute_groups": GROUP,
    "services": SERVICE,
    "interventions": INTERVENTION,
    "event_logs": EVENT_LOG,
}


def registry_router() -> APIRouter:
    """The routes of the registry, relative to `/api/v1`."""
    router = APIRouter(route_class=DefinitionRoute)
    for collection, kind in COLLECTIONS.items():
        add_collection(router, collection, kind)
    for path, endpoint in (("/engines/publish", publish), ("/engines/unpublish", unpublish)):
        router.add_api_route(path, endpoint, methods=["POST"], responses=refusals(404, 409, 501))
    return router


def add_collection(router: APIRouter, collection: str, kind: Kind) -> None:
    """List, create, read, update and delete definitions of one kind."""
    path = f"/registry/{collection}"
    item = path + ("/{name}/versions/{version}" if kind.versioned else "/{name}")
    list_all, read_latest, read = reading(kind)
    create, update, delete = writing(kind)
    routes: Sequence[tuple[str, Endpoint, str, int, list[int]]] = [
        (f"{path}/", list_all, "GET", 200, []),
        (f"{path}/", create, "POST", 201, [400, 501]),
        (path + "/{name}", read_latest, "GET", 200, [404]),
        (item, read, "GET", 200, [404]),
        (item, update, "PUT", 200, [404, 409, 501]),
        (item, delete, "DELETE", 200, [404, 409]),
    ]
    for route, endpoint, method, status, refused in routes:
        router.add_api_route(
            route, endpoint, methods=[method], status_code=status, responses=refusals(*refused)
        )
        if route.endswith("/"):
            router.add_api_route(
                route.rstrip("/"), endpoint, methods=[method], include_in_schema=False
            )


def reading(kind: Kind) -> tuple[Endpoint, Endpoint, Endpoint]:
    """What lists the definitions of a kind, reads the latest version of one, and reads one."""

    async def list_all(sandbox: InSandbox) -> Response:
        registry = sandbox.registry
        return StrictJson([answer_for(each, registry) for each in registry.all(kind)])

    async def read_latest(name: str, sandbox: InSandbox) -> Response:
        return StrictJson(answer_for(sandbox.registry.get(kind, name), sandbox.registry))

    async def read(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        return StrictJson(answer_for(sandbox.registry.get(kind, name, version), sandbox.registry))

    return list_all, read_latest, read


def writing(kind: Kind) -> tuple[Endpoint, Endpoint, Endpoint]:
    """What creates, updates and deletes a definition of a kind."""
    model: Any = EventLogResponse if kind is EVENT_LOG else kind.model

    async def create(body: model, sandbox: InSandbox) -> Response:
        refuse_warehouse(body)
        refuse_backfill(body)
        new = drafts.unpublished(body) if kind is EVENT_LOG else body
        created = sandbox.registry.create(kind, new)
        warn(created, sandbox.registry)
        return StrictJson(answer_for(created, sandbox.registry), status_code=201)

    async def update(name: str, body: model, sandbox: InSandbox, version: int = 1) -> Response:
        refuse_warehouse(body)
        refuse_backfill(body)
        changed = with_draft(sandbox, name, body) if kind is EVENT_LOG else body
        updated = sandbox.registry.update(kind, name, version, changed)
        warn(updated, sandbox.registry)
        return StrictJson(answer_for(updated, sandbox.registry))

    async def delete(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        sandbox.registry.delete(kind, name, version)
        return StrictJson({"ok": True})

    return create, update, delete


def answer_for(definition: Definition, registry: Registry) -> dict[str, Any]:
    """A definition as the API returns it, with the fields that only the API has."""
    if definition.kind is EVENT_LOG:
        return drafts.shown(definition.model)
    answer: dict[str, Any] = definition.model.model_dump(
        mode="json", exclude_none=True, by_alias=True
    )
    if definition.kind is KEY:
        answer["blobl_path"] = None
    if definition.kind is GROUP:
        answer["attribute_key"]["blobl_path"] = None
        key = registry.described_key(definition.model.attribute_key)
        ttl = answer.get("ttl") or key.model_dump(mode="json")["ttl"]
        answer |= {
            "attribute_key_or_name": key.key or key.name,
            "attribute_group_or_attribute_key_ttl": ttl,
            "full_name": f"{definition.name}_v{definition.version}",
            "feast_name": f"{definition.name}_v{definition.version}",
            "stream_source_name": None,
        }
    return answer


def refuse_warehouse(model: Any) -> None:
    """Refuse attribute groups that need a warehouse."""
    if getattr(model, "offline", None) or getattr(model, "fields", None):
        raise NotInSandbox(
            "The sandbox has no warehouse: batch and external batch attribute groups need Snowplow."
        )


def refuse_backfill(model: Any) -> None:
    """Refuse to publish with a backfill. If it were ignored, counts would be too low, and nobody
    would know why."""
    if getattr(model, "backfill_since_tstamp", None) and model.is_published:
        raise NotInSandbox(
            "The sandbox has no warehouse to backfill from: it counts only events after publishing."
            " Leave out backfill_since_tstamp here, or test the group over recent events with"
            " signals.test(...)."
        )


def with_draft(sandbox: Sandbox, name: str, log: EventLogResponse) -> EventLogResponse:
    """An event log with `log` saved; what is published of it stays."""
    return drafts.saved(sandbox.registry.get(EVENT_LOG, name).model, log)


async def publish(body: SelectivePublishRequest, sandbox: InSandbox) -> Response:
    """Publish definitions by name. The SDK does so with event logs only."""
    count = await set_published(sandbox, body, is_published=True)
    return StrictJson({"status": "published" if count else "nothing to publish"})


async def unpublish(body: UnpublishRequest, sandbox: InSandbox) -> Response:
    """Unpublish definitions by name. The SDK does so with event logs only."""
    count = await set_published(sandbox, body, is_published=False)
    return StrictJson({"status": "unpublished" if count else "nothing to unpublish"})


async def set_published(
    sandbox: Sandbox, body: SelectivePublishRequest | UnpublishRequest, *, is_published: bool
) -> int:
    """How many definitions were named; raises NotFound for one that is not there, and as
    `refuse_backfill` does.

    Others have their turns in between.
    """
    named = dict.fromkeys(
        (kind, reference.name, getattr(reference, "version", None))
        for collection, kind in COLLECTIONS.items()
        for reference in getattr(body, collection) or []
    )
    if len(named) > NAMES_IN_REQUEST:
        raise InvalidDefinition(
            (
                ["body"],
                f"this request names {len(named):,} definitions, and at most"
                f" {NAMES_IN_REQUEST:,} are allowed. Send several requests.",
            )
        )
    for kind, name, version in named:
        model = sandbox.registry.get(kind, name, version).model
        refuse_backfill(model.model_copy(update={"is_published": is_published}))
        sandbox.registry.set_published(kind, name, version, is_published=is_published)
        await asyncio.sleep(0)
    return len(named)
