"""Reading the values of definitions back, as the Python that asks for them."""

from collections.abc import Iterator, Sequence
from typing import Any

import snowplow_signals as sdk

from lib.project import DEFAULT_TEMPLATE
from lib.studio.code_layout import Call, Node, Text, quoted, written
from lib.studio.vocabulary import CLIENT, Definition

IDENTIFIERS = {
    "user_id": "USER",
    "domain_sessionid": "SESSION",
    "project_id": quoted(DEFAULT_TEMPLATE.id),
}
"""What identifies the person of the program, by attribute key."""
UUIDS = ("user_id", "domain_sessionid")


def reads(definitions: Sequence[Definition]) -> list[str]:
    """The statements that read every service and every agentic context."""
    groups: dict[tuple[str, int], Any] = {
        (each.name, each.version or 1): each
        for each in definitions
        if isinstance(each, sdk.AttributeGroup)
    }
    services = [each for each in definitions if isinstance(each, sdk.Service)]
    logs = [each for each in definitions if isinstance(each, sdk.EventLog)]
    found = [_service_read(each, groups) for each in services]
    return [*found, *(_context_read(each) for each in logs)]


def identifiers(definitions: Sequence[Definition]) -> list[tuple[str, str]]:
    """Whom to subscribe for: the attribute keys of the definitions, and who that is, as Python."""
    groups = [each for each in definitions if isinstance(each, sdk.AttributeGroup)]
    keys = {each.attribute_key.name for each in groups} & {*UUIDS} or {"user_id"}
    return [(quoted(key), IDENTIFIERS[key]) for key in UUIDS if key in keys]


def _service_read(service: Any, groups: dict[tuple[str, int], Any]) -> str:
    linked = (groups.get((each.name, each.version)) for each in service.attribute_groups or [])
    keys = [each.attribute_key.name for each in linked if each is not None]
    key = keys[0] if keys else "user_id"
    identifier = IDENTIFIERS.get(key)
    if identifier is None:
        return f"# {service.name}: name an identifier of {key}, and read it as above."
    return _printed(
        "get_service_attributes",
        [
            ("name", quoted(service.name)),
            ("attribute_key", quoted(key)),
            ("identifier", identifier),
        ],
    )


def _context_read(log: Any) -> str:
    identifier = IDENTIFIERS.get(log.attribute_key.name, "SESSION")
    arguments = {"name": quoted(log.name), "identifier": identifier, "format": quoted("narrative")}
    return _printed("get_agentic_context", list(arguments.items()))


def _printed(method: str, arguments: Sequence[tuple[str, str]]) -> str:
    parts: list[tuple[str, Node]] = [*_texts(arguments)]
    return written(Call("print", [("", Call(f"{CLIENT}.{method}", parts))]))


def _texts(arguments: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Node]]:
    for name, value in arguments:
        yield name, Text(value)
