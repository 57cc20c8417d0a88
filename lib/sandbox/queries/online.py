"""Answers of `get-online-attributes`: the current values of a service or of single attributes.

Every value is a list with one entry for each identifier, in the order of the request. The attribute
key has a column of its own. An identifier without values, or one that is not a UUID where it must
be, is not an error: its entry is null.
"""

from collections.abc import Iterable
from typing import Any

from snowplow_signals.models.model import (
    GetAttributeGroupAttributesRequest,
    GetServiceAttributesRequest,
)

from lib.sandbox.errors import NotFound
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.attributes import BUILT_IN_KEYS, ComputedGroup
from lib.sandbox.signals.kinds import GROUP

LONGEST_VERSION = 10

GroupAttribute = tuple[ComputedGroup, int]
"""An attribute: its group, and its index in the group."""

Answer = dict[str, list[Any]]


def service_attributes(sandbox: Sandbox, request: GetServiceAttributesRequest, now: int) -> Answer:
    """All attributes of a service's groups; raises NotFound for an unknown service."""
    columns = [
        (group, index)
        for group in sandbox.engine.service_groups(request.service)
        for index in range(len(group.attributes))
    ]
    return _answer(sandbox, columns, request, now)


def group_attributes(
    sandbox: Sandbox, request: GetAttributeGroupAttributesRequest, now: int
) -> Answer:
    """Attributes named `group_vN:attribute`; raises NotFound for an unknown one."""
    columns = [_column(sandbox, name.root) for name in request.attributes]
    return _answer(sandbox, columns, request, now)


def _column(sandbox: Sandbox, qualified: str) -> GroupAttribute:
    versioned_group, attribute = qualified.split(":", 1)
    name, digits = versioned_group.rsplit("_v", 1)
    if len(digits) > LONGEST_VERSION:
        raise NotFound(f"Attribute group '{name}' has no version of {len(digits)} digits")
    version = int(digits)
    group = _group(sandbox, name, version)
    if attribute not in group.index:
        raise NotFound(f"Attribute group '{name}' version {version} has no attribute '{attribute}'")
    return group, group.index[attribute]


def _group(sandbox: Sandbox, name: str, version: int) -> ComputedGroup:
    return sandbox.engine.computed_group(sandbox.registry.get(GROUP, name, version))


def _answer(
    sandbox: Sandbox,
    columns: Iterable[GroupAttribute],
    request: GetServiceAttributesRequest | GetAttributeGroupAttributesRequest,
    now: int,
) -> Answer:
    asked = request.attribute_keys.root or {}
    answer: Answer = {}
    for group, index in columns:
        identifiers = asked.get(group.key.name, [])
        answer[group.key.name] = list(identifiers) or [None]
        name = group.attributes[index].name
        if request.full_attribute_names:
            name = f"{group.name}_v{group.version}:{name}"
        answer[name] = [
            _value(sandbox, group, index, identifier, now) for identifier in identifiers
        ] or [None]
    return answer


def _value(sandbox: Sandbox, group: ComputedGroup, index: int, identifier: str, now: int) -> Any:
    if group.key.name in BUILT_IN_KEYS and not is_uuid(identifier):
        return None
    return sandbox.profiles.get(group, identifier).value(group, index, now)
