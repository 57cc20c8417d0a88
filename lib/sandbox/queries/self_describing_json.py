"""Events and entities as self-describing JSON: a schema's URI, and data."""

from typing import Any

from lib.sandbox.pipeline.events import Entity, Event
from lib.sandbox.pipeline.iglu import SchemaKey

JsonObject = dict[str, Any]


def schema_uri(described: Event | Entity) -> str:
    """The `iglu:` URI of what an event or entity says it is."""
    return SchemaKey(described.vendor, described.name, described.version).uri


def self_describing(described: Event | Entity) -> JsonObject:
    """An event's own data, or an entity, with its schema."""
    return {"schema": schema_uri(described), "data": described.data}
