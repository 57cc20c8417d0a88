"""The routes of the registry: definitions of every kind, one set of routes for each.

Source: the SDK's `registry_client.py`
"""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from snowplow_signals.models.model import (
    EventLogResponse,
    SelectivePublishRequest,
    UnpublishRequest,
)
from starlette.responses import Response

from lib.sandbox.errors import NotInSandbox
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.server.json_answers import StrictJson, StrictRoute, refusals
from lib.sandbox.server.request_sandbox import InSandbox
from lib.sandbox.signals.kinds import EVENT_LOG, GROUP, INTERVENTION, KEY, SERVICE, Kind
from lib.sandbox.signals.registry import Definition

COLLECTIONS = {
    "attribute_keys": KEY,
    "attribute_groups": GROUP,
    "services": SERVICE,
    "interventions": INTERVENTION,
    "event_logs": EVENT_LOG,
}


def registry_router() -> APIRouter:
    """The routes of the registry, relative to `/api/v1`."""
    router = APIRouter(route_class=StrictRoute)
    for collection, kind in COLLECTIONS.items():
        add_collection(router, collection, kind)
    for path, endpoint in (("/engines/publish", publish), ("/engines/unpublish", unpublish)):
        router.add_api_route(path, endpoint, methods=["POST"], responses=refusals(404, 409))
    return router


def add_collection(router: APIRouter, collection: str, kind: Kind) -> None:
    """List, create, read, update and delete definitions of one kind."""
    path = f"/registry/{collection}"
    item = path + ("/{name}/versions/{version}" if kind.versioned else "/{name}")
    model: Any = kind.model

    async def list_all(sandbox: InSandbox) -> Response:
        return StrictJson([answer_for(each) for each in sandbox.registry.all(kind)])

    async def create(body: model, sandbox: InSandbox) -> Response:
        refuse_warehouse(body)
        return StrictJson(answer_for(sandbox.registry.create(kind, body)), status_code=201)

    async def read_latest(name: str, sandbox: InSandbox) -> Response:
        return StrictJson(answer_for(sandbox.registry.get(kind, name)))

    async def read(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        return StrictJson(answer_for(sandbox.registry.get(kind, name, version)))

    async def update(name: str, body: model, sandbox: InSandbox, version: int = 1) -> Response:
        refuse_warehouse(body)
        changed = keeping_published(sandbox, body) if kind is EVENT_LOG else body
        return StrictJson(answer_for(sandbox.registry.update(kind, name, version, changed)))

    async def delete(name: str, sandbox: InSandbox, version: int = 1) -> Response:
        sandbox.registry.delete(kind, name, version)
        return StrictJson({"ok": True})

    routes: Sequence[tuple[str, Callable[..., Any], str, list[int]]] = [
        (f"{path}/", list_all, "GET", []),
        (f"{path}/", create, "POST", [400, 501]),
        (path + "/{name}", read_latest, "GET", [404]),
        (item, read, "GET", [404]),
        (item, update, "PUT", [404, 409, 501]),
        (item, delete, "DELETE", [404, 409]),
    ]
    for route, endpoint, method, refused in routes:
        router.add_api_route(
            route,
            endpoint,
            methods=[method],
            status_code=201 if endpoint is create else 200,
            responses=refusals(*refused),
        )
        if route.endswith("/"):
            router.add_api_route(
                route.rstrip("/"), endpoint, methods=[method], include_in_schema=False
            )


def answer_for(definition: Definition) -> dict[str, Any]:
    """A definition as the API answers it, with the fields that only the API has."""
    answer: dict[str, Any] = definition.model.model_dump(
        mode="json", exclude_none=True, by_alias=True
    )
    if definition.kind is KEY:
        answer["blobl_path"] = None
    if definition.kind is EVENT_LOG:
        answer["has_published_version"] = definition.is_published
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
    """Refuse attribute groups that need a warehouse."""
    if getattr(model, "offline", None) or getattr(model, "fields", None):
        raise NotInSandbox(
            "The sandbox has no warehouse: batch and external batch attribute groups need Snowplow."
        )


def keeping_published(sandbox: Sandbox, log: EventLogResponse) -> EventLogResponse:
    """An event log with its published state, which only `engines/publish` changes."""
    is_published = sandbox.registry.get(EVENT_LOG, log.name).is_published
    return log.model_copy(update={"is_published": is_published})


async def publish(body: SelectivePublishRequest, sandbox: InSandbox) -> Response:
    """Publish definitions by name. The SDK does so with event logs only."""
    count = set_published(sandbox, body, is_published=True)
    return StrictJson({"status": "published" if count else "nothing to publish"})


async def unpublish(body: UnpublishRequest, sandbox: InSandbox) -> Response:
    """Unpublish definitions by name. The SDK does so with event logs only."""
    count = set_published(sandbox, body, is_published=False)
    return StrictJson({"status": "unpublished" if count else "nothing to unpublish"})


def set_published(
    sandbox: Sandbox, body: SelectivePublishRequest | UnpublishRequest, *, is_published: bool
) -> int:
    """How many definitions were named; raises NotFound for one that is not there."""
    named = [
        (kind, reference)
        for collection, kind in COLLECTIONS.items()
        for reference in getattr(body, collection) or []
    ]
    for kind, reference in named:
        version = getattr(reference, "version", None)
        sandbox.registry.set_published(kind, reference.name, version, is_published=is_published)
    return len(named)
