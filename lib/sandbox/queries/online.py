"""Answers of `get-online-attributes`: the current values of a service or of single attributes.

Every value is a list with one entry for each identifier, in the order of the request. The attribute
key has a column of its own. An identifier without values, or one that is not a UUID where it must
be, is not an error: its entry is null.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from snowplow_signals.models.model import (
    GetAttributeGroupAttributesRequest,
    GetServiceAttributesRequest,
)

from lib.sandbox.errors import InvalidDefinition, NotFound
from lib.sandbox.limits import (
    ANSWER_BYTES,
    ATTRIBUTES_IN_READ,
    IDENTIFIERS_IN_READ,
    VALUES_IN_READ,
)
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.attributes import BUILT_IN_KEYS, ComputedGroup
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profiles import READ_AT_ONCE

LONGEST_VERSION = 10

GroupAttribute = tuple[ComputedGroup, int]
"""An attribute: its group, and its index in the group."""

Answer = dict[str, list[Any]]


async def service_attributes(
    sandbox: Sandbox, request: GetServiceAttributesRequest, now: int
) -> Answer:
    """All attributes of a service's groups; raises NotFound for an unknown service."""

    def columns() -> list[GroupAttribute]:
        return [
            (group, index)
            for group in sandbox.engine.service_groups(request.service)
            for index in range(len(group.attributes))
        ]

    return await _answer(sandbox, columns, request, now)


async def group_attributes(
    sandbox: Sandbox, request: GetAttributeGroupAttributesRequest, now: int
) -> Answer:
    """Attributes named `group_vN:attribute`; raises NotFound for an unknown one."""
    _refuse_more(len(request.attributes), ATTRIBUTES_IN_READ, "attributes")

    def columns() -> list[GroupAttribute]:
        found: dict[tuple[str, int], ComputedGroup] = {}
        return [_column(sandbox, name.root, found) for name in request.attributes]

    return await _answer(sandbox, columns, request, now)


def _column(
    sandbox: Sandbox, qualified: str, found: dict[tuple[str, int], ComputedGroup]
) -> GroupAttribute:
    """An attribute by its name; `found` are the groups that were looked up already."""
    versioned_group, attribute = qualified.split(":", 1)
    name, digits = versioned_group.rsplit("_v", 1)
    if len(digits) > LONGEST_VERSION:
        raise NotFound(f"Attribute group '{name}' has no version of {len(digits)} digits")
    version = int(digits)
    group = found.get((name, version))
    if group is None:
        definition = sandbox.registry.get(GROUP, name, version)
        group = found[name, version] = sandbox.engine.computed_group(definition)
    if attribute not in group.index:
        raise NotFound(f"Attribute group '{name}' version {version} has no attribute '{attribute}'")
    return group, group.index[attribute]


async def _answer(
    sandbox: Sandbox,
    find_columns: Callable[[], list[GroupAttribute]],
    request: GetServiceAttributesRequest | GetAttributeGroupAttributesRequest,
    now: int,
) -> Answer:
    asked = request.attribute_keys.root or {}
    pauses = Pauses()
    values = None
    while values is None:  # ends at the latest when the request has computed for too long
        columns = find_columns()
        _refuse_too_large(columns, asked)
        values = await _values(sandbox, columns, asked, now, pauses)
        now = min(now, sandbox.now())
    answer: Answer = {}
    for group, index in columns:
        of_key = asked.get(group.key.name, [])
        answer[group.key.name] = list(of_key) or [None]
        name = group.attributes[index].name
        if request.full_attribute_names:
            name = f"{group.name}_v{group.version}:{name}"
        if of_key or name not in answer:  # a key that was not asked for hides no value of another
            answer[name] = [values.get((group.id, index, each)) for each in of_key] or [None]
    return answer


def _refuse_too_large(
    columns: Sequence[GroupAttribute], asked: Mapping[str, Sequence[str]]
) -> None:
    identifiers = sum(map(len, asked.values()))
    _refuse_more(len(columns), ATTRIBUTES_IN_READ, "attributes")
    _refuse_more(identifiers, IDENTIFIERS_IN_READ, "identifiers")
    _refuse_more(len(columns) * identifiers, VALUES_IN_READ, "values")


async def _values(
    sandbox: Sandbox,
    columns: Sequence[GroupAttribute],
    asked: Mapping[str, Sequence[str]],
    now: int,
    pauses: Pauses,
) -> dict[tuple[int, int, str], Any] | None:
    """The value of each attribute for each identifier; a profile is looked up once.

    None if the definitions changed in a pause: a group may be another one now, or gone. Or if the
    clock was set back: reading drops what has left its window by then.
    """
    room, revision = ANSWER_BYTES, sandbox.registry.revision
    groups: dict[int, tuple[ComputedGroup, list[int]]] = {}
    for group, index in columns:
        groups.setdefault(group.id, (group, []))[1].append(index)
    values: dict[tuple[int, int, str], Any] = {}
    for group, indexes in groups.values():
        for place, identifier in enumerate(identifiers := _known(group, asked)):
            if place % READ_AT_ONCE == 0:
                sandbox.profiles.load(group, identifiers[place : place + READ_AT_ONCE])
            profile = sandbox.profiles.get(group, identifier)
            for index in indexes:
                value = values[group.id, index, identifier] = profile.value(group, index, now)
                room -= _length(value)
            if room < 0:
                raise _too_much(f"the values asked for have more than {ANSWER_BYTES:,} bytes")
            if await pauses.take():
                sandbox.catch_up()
                if sandbox.registry.revision != revision or sandbox.now() < now:
                    return None
    return values


def _known(group: ComputedGroup, asked: Mapping[str, Sequence[str]]) -> list[str]:
    """The identifiers asked for that may have values, each once. None with a NUL has: older
    versions of SQLite would look for the text before it."""
    of_key = dict.fromkeys(asked.get(group.key.name, []))
    is_possible = is_uuid if group.key.name in BUILT_IN_KEYS else _has_no_nul
    return [each for each in of_key if is_possible(each)]


def _has_no_nul(identifier: str) -> bool:
    return "\0" not in identifier


def _length(value: Any) -> int:
    """About how many bytes a value has in an answer."""
    if isinstance(value, str):
        return len(value)
    return sum(map(_length, value)) if isinstance(value, list | dict) else 8


def _refuse_more(count: int, most: int, what: str) -> None:
    if count > most:
        raise _too_much(f"this request asks for {count:,} {what}, and at most {most:,} are allowed")


def _too_much(message: str) -> InvalidDefinition:
    return InvalidDefinition((["body"], f"{message}. Ask for fewer at a time."))
