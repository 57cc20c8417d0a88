"""Whose values and interventions a program is about: its ids, what it reads of them, and whom it
subscribes for, as Python."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import snowplow_signals as sdk

from lib.project import DEFAULT_TEMPLATE
from lib.studio.code_layout import Call, Node, Text, quoted, written
from lib.studio.registry import attributes_in
from lib.studio.vocabulary import CLIENT, Definition

IDENTIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "user_id": "USER",
        "domain_sessionid": "SESSION",
        "session": "SESSION",  # the SDK's older names
        "domain_userid": "DOMAIN_USER",
        "user": "DOMAIN_USER",
        "network_userid": "NETWORK_USER",
        "project_id": quoted(DEFAULT_TEMPLATE.id),
    }
)
"""What identifies the person of the program, by attribute key."""
UUIDS = tuple(key for key in IDENTIFIERS if key != "project_id")
SETTERS: Mapping[str, str] = MappingProxyType(
    {"DOMAIN_USER": "set_domain_user_id", "NETWORK_USER": "set_network_user_id"}
)
"""The ids that not every program has, and the tracker's method that sets each."""


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
    """Whom to subscribe for: the keys that the rules target, and who that is, as Python."""
    targets = {key for each in _rules(definitions) for key in _targets(each, definitions)}
    keys = targets & {*UUIDS} or {"user_id"}
    return [(quoted(key), IDENTIFIERS[key]) for key in UUIDS if key in keys]


def not_heard(definitions: Sequence[Definition]) -> list[str]:
    """The rules that target only what the program has no UUID for."""
    targets = {each.name: _targets(each, definitions) for each in _rules(definitions)}
    return [name for name, keys in targets.items() if keys and not keys & {*UUIDS}]


def more_ids(definitions: Sequence[Definition]) -> list[str]:
    """The ids that the program needs besides the user's and the session's, as names."""
    groups = [each for each in definitions if isinstance(each, sdk.AttributeGroup)]
    keys = {str(each.attribute_key.name) for each in groups}
    keys |= {key for each in _rules(definitions) for key in _targets(each, definitions)}
    names = {IDENTIFIERS.get(key) for key in keys}
    return [name for name in SETTERS if name in names]


def _rules(definitions: Sequence[Definition]) -> list[Any]:
    return [each for each in definitions if isinstance(each, sdk.RuleIntervention)]


def _targets(rule: Any, definitions: Sequence[Definition]) -> set[str]:
    """The attribute keys that a rule is sent to: those of its groups if it names none."""
    groups = {name.partition(":")[0] for name in attributes_in(rule.criteria)}
    return {each.name for each in rule.target_attribute_keys or []} or {
        each.attribute_key.name
        for each in definitions
        if isinstance(each, sdk.AttributeGroup) and each.name in groups
    }


def _service_read(service: Any, groups: dict[tuple[str, int], Any]) -> str:
    links = service.attribute_groups or []
    linked = (groups.get((each.name, each.version or 1)) for each in links)
    keys = [each.attribute_key.name for each in linked if each is not None]
    key = keys[0] if keys else "user_id"
    statement = _printed(
        "get_service_attributes",
        [
            ("name", quoted(service.name)),
            ("attribute_key", quoted(key)),
            ("identifier", IDENTIFIERS.get(key, quoted("..."))),
        ],
    )
    if key in IDENTIFIERS:
        return statement
    rows = [f"Fill in an identifier of {key}:", *statement.splitlines()]
    return "\n".join(f"# {row}" for row in rows)


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
