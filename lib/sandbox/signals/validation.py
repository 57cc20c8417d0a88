"""What a definition must satisfy beyond what the SDK's models check.

Every rule yields all its problems as `(location, message)`, in the shape of the API's answers with
status 422. Messages that the documentation quotes are used verbatim.

The documentation leaves these points open *(ours)*: a counter with a property is refused, as the
property would not be used; the owner of a key or an event log may be any text, as in the SDK's
models; an `in` with an empty list is accepted, and holds for no value.

Sources: https://docs.snowplow.io/docs/signals/attributes/ and
https://docs.snowplow.io/docs/signals/interventions/
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Protocol, get_args

from pydantic import EmailStr, TypeAdapter, ValidationError
from snowplow_signals.models.model import (
    AtomicProperty,
    Attribute,
    AttributeGroupInput,
    AttributeKeyInput,
    CalculatedProperty,
    EventLogResponse,
    RuleInterventionInput,
    Service,
)

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.signals.aggregations import AGGREGATIONS
from lib.sandbox.signals.attributes import BUILT_IN_KEYS
from lib.sandbox.signals.criteria_tree import branches, references
from lib.sandbox.signals.date_part_rules import date_field_problems, date_part_problems
from lib.sandbox.signals.definition_limits import (
    DefinitionProblem,
    Location,
    Published,
    size_problems,
)
from lib.sandbox.signals.kinds import GROUP, KEY, KINDS, Kind, is_described, linked_version
from lib.sandbox.signals.properties import InvalidPath, logged_property, property_reader

HIGHEST_VERSION = 2**31 - 1
LISTING_OPERATORS = {"in", "not in"}
UNARY_OPERATORS = {"is null", "is not null", "changed"}
ATOMIC_COLUMNS = frozenset(get_args(AtomicProperty.model_fields["name"].annotation))
_EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)


class Definitions(Published, Protocol):
    """The other definitions that a definition is checked against, and the schemas."""

    iglu: Iglu

    def find(self, kind: Kind, name: str, version: int | None = None) -> object | None:
        """A definition by name; the highest version if none is given."""

    def latest_published_group(self, name: str, attribute: str) -> object | None:
        """The highest published version of a group that has the attribute."""


def problems(kind: str, model: Any, known: Definitions) -> list[DefinitionProblem]:
    """All problems with a definition; an empty list if it may be saved."""
    too_large = list(size_problems(KINDS[kind], model, known))
    return too_large or list(_RULES[kind](model, known))


def _key_problems(key: AttributeKeyInput, known: Definitions) -> Iterator[DefinitionProblem]:
    yield from _described_key_problems(["body"], key)


def _described_key_problems(
    location: Location, key: AttributeKeyInput
) -> Iterator[DefinitionProblem]:
    yield from _duration_problems(location, "ttl", key.ttl)
    if key.property is not None and key.property.date_part is not None:
        yield (
            [*location, "property", "date_part"],
            "date_part is not allowed on an attribute key",
        )
    yield from _path_problems([*location, "property"], key.property)


def _group_problems(group: AttributeGroupInput, known: Definitions) -> Iterator[DefinitionProblem]:
    yield from owner_problems(group.owner)
    yield from _version_problems(group.version)
    yield from _unknown_key_problems(group.attribute_key, known)
    yield from _described_key_problems(["body", "attribute_key"], group.attribute_key)
    yield from _duration_problems(["body"], "ttl", group.ttl)
    attributes = group.attributes or []
    if not attributes:
        yield ["body", "attributes"], "an attribute group needs at least one attribute"
    names = Counter(attribute.name for attribute in attributes)
    for name in sorted(name for name, count in names.items() if count > 1):
        yield ["body", "attributes"], f"attribute '{name}' appears more than once"
    for index, attribute in enumerate(attributes):
        for location, message in _attribute_problems(attribute, known.iglu):
            yield ["body", "attributes", index, *location], message


def _unknown_key_problems(
    key: AttributeKeyInput, known: Definitions
) -> Iterator[DefinitionProblem]:
    """A key with only a name must be one that Signals knows."""
    if not is_described(key) and not _is_known_key(key.name, known):
        yield (
            ["body", "attribute_key"],
            f"attribute key '{key.name}' does not exist. Built-in keys are"
            f" {', '.join(sorted(BUILT_IN_KEYS))}; a custom key needs a property.",
        )


def _is_known_key(name: str, known: Definitions) -> bool:
    return name in ATOMIC_COLUMNS or known.find(KEY, name) is not None


def _attribute_problems(attribute: Attribute, iglu: Iglu) -> Iterator[DefinitionProblem]:
    aggregation = attribute.aggregation
    is_elapsed_time = aggregation.startswith("time_since_")
    if attribute.property is None and AGGREGATIONS[aggregation].needs_property:
        yield ["property"], f"{aggregation} aggregation requires a property to be set"
    if attribute.property is not None and aggregation == "counter":
        yield ["property"], "counter aggregation does not take a property"
    if is_elapsed_time and not _is_derived_tstamp(attribute.property):
        yield ["property"], f"{aggregation} aggregation takes no property but derived_tstamp"
    if is_elapsed_time and attribute.time_unit is None:
        yield ["time_unit"], f"{aggregation} aggregation requires a time_unit to be set"
    if is_elapsed_time and attribute.type not in {"float", "double"}:
        yield ["type"], f"{aggregation} aggregation requires the type float or double"
    if not is_elapsed_time and attribute.time_unit is not None:
        yield ["time_unit"], "time_unit is only valid for time_since_last and time_since_first"
    if attribute.ttl is not None and attribute.period is not None:
        yield ["ttl"], "ttl cannot be set together with period"
    yield from _duration_problems([], "period", attribute.period)
    yield from _duration_problems([], "ttl", attribute.ttl)
    for index, event in enumerate(attribute.events):
        if event.event_specification_id and (event.name or event.vendor or event.version):
            yield (
                ["events", index],
                "event_specification_id cannot be set together with name, vendor or version",
            )
    yield from date_part_problems(attribute)
    yield from _property_problems(["property"], attribute.property, iglu)
    criteria = attribute.criteria
    for operator in ("all", "any"):
        for index, criterion in enumerate(getattr(criteria, operator, None) or []):
            location: Location = ["criteria", operator, index]
            yield from _operand_problems(location, criterion)
            yield from _property_problems([*location, "property"], criterion.property, iglu)


def _duration_problems(
    location: Location, field: str, duration: timedelta | None
) -> Iterator[DefinitionProblem]:
    if duration is not None and duration.total_seconds() <= 0:
        yield [*location, field], f"{field} must be longer than zero"


def _property_problems(
    location: Location, definition: Any, iglu: Iglu
) -> Iterator[DefinitionProblem]:
    yield from _calculated_problems(location, definition)
    invalid = list(_path_problems(location, definition))
    yield from invalid or date_field_problems(location, definition, iglu)


def _operand_problems(location: Location, criterion: Any) -> Iterator[DefinitionProblem]:
    """A criterion that compares with nothing. An empty list is one that holds for no value."""
    operator, value = criterion.operator, criterion.value
    if operator in LISTING_OPERATORS and not isinstance(value, list):
        yield [*location, "value"], f"the operator '{operator}' needs a list of values"
    elif value is None and operator not in UNARY_OPERATORS:
        yield [*location, "value"], f"the operator '{operator}' needs a value"


def _is_derived_tstamp(definition: Any) -> bool:
    """Whether a property is the one that times since an event are measured by, or none at all."""
    if definition is None:
        return True
    return bool(definition.type == "atomic" and definition.name == "derived_tstamp")


def _path_problems(location: Location, definition: Any) -> Iterator[DefinitionProblem]:
    """A path that cannot be compiled must not be published: it would break every later event."""
    if definition is None:
        return
    try:
        property_reader(definition)
    except InvalidPath as error:
        yield [*location, "path"], str(error)


def _calculated_problems(location: Location, calculated: Any) -> Iterator[DefinitionProblem]:
    if not isinstance(calculated, CalculatedProperty):
        return
    if calculated.operation != "coalesce" and len(calculated.properties) < 2:
        yield location, f"{calculated.operation} needs at least 2 properties"
    if calculated.separator is not None and calculated.operation != "concat":
        yield [*location, "separator"], "separator is only valid for concat"


def _service_problems(service: Service, known: Definitions) -> Iterator[DefinitionProblem]:
    yield from owner_problems(service.owner)
    for index, link in enumerate(service.attribute_groups):
        if known.find(GROUP, link.name, linked_version(link)) is None:
            yield (
                ["body", "attribute_groups", index],
                f"attribute group '{link.name}' version {linked_version(link)} does not exist",
            )


def _intervention_problems(
    intervention: RuleInterventionInput, known: Definitions
) -> Iterator[DefinitionProblem]:
    yield from owner_problems(intervention.owner)
    yield from _version_problems(intervention.version)
    yield from _criteria_problems(["body", "criteria"], intervention.criteria)
    yield from _changed_problems(intervention.criteria, is_allowed=True)
    if not intervention.is_published:
        return
    for group, attribute in sorted(set(references(intervention.criteria))):
        if known.latest_published_group(group, attribute) is None:
            yield (
                ["body", "criteria"],
                f"no published attribute group has the attribute '{group}:{attribute}'",
            )
    for index, key in enumerate(intervention.target_attribute_keys or []):
        if not _is_known_key(key.name, known):
            yield (
                ["body", "target_attribute_keys", index],
                f"attribute key '{key.name}' does not exist",
            )
    for index, link in enumerate(intervention.payload_attribute_groups or []):
        if known.find(GROUP, link.name, linked_version(link)) is None:
            yield (
                ["body", "payload_attribute_groups", index],
                f"attribute group '{link.name}' version {linked_version(link)} does not exist",
            )


def _criteria_problems(location: Location, criteria: Any) -> Iterator[DefinitionProblem]:
    children = branches(criteria)
    if children is None:
        yield from _operand_problems(location, criteria)
        return
    [operator] = type(criteria).model_fields
    for index, child in enumerate(children):
        yield from _criteria_problems([*location, operator, index], child)


def _changed_problems(criteria: Any, *, is_allowed: bool) -> Iterator[DefinitionProblem]:
    """`changed` must stand alone or in an `all`, and in nothing but `all`."""
    children = branches(criteria)
    if children is not None:
        is_in_all = is_allowed and hasattr(criteria, "all")
        for child in children:
            yield from _changed_problems(child, is_allowed=is_in_all)
    elif criteria.operator == "changed" and not is_allowed:
        yield ["body", "criteria"], "changed is only valid alone or in an all"


def owner_problems(owner: str | None) -> Iterator[DefinitionProblem]:
    """What is wrong with the owner of a group, a service or an intervention."""
    try:
        _EMAIL.validate_python(owner)
    except ValidationError as error:
        yield ["body", "owner"], error.errors()[0]["msg"]


def _version_problems(version: int | None) -> Iterator[DefinitionProblem]:
    if version is not None and not 1 <= version <= HIGHEST_VERSION:
        yield ["body", "version"], f"version must be from 1 to {HIGHEST_VERSION}"


def _event_log_problems(log: EventLogResponse, known: Definitions) -> Iterator[DefinitionProblem]:
    if log.attribute_key.name != "domain_sessionid":
        yield ["body", "attribute_key", "name"], "an event log needs the key domain_sessionid"
    for index, selection in enumerate(log.events):
        event = selection.event
        location: Location = ["body", "events", index]
        if event.event_specification_id and (event.name or event.vendor or event.version):
            yield (
                [*location, "event"],
                "event_specification_id cannot be set together with name, vendor or version",
            )
        if event.version and event.major_version:
            yield [*location, "event"], "version cannot be set together with major_version"
        for place, leaf in enumerate(selection.properties):
            yield from _path_problems([*location, "properties", place], logged_property(leaf.root))


_RULES: dict[str, Callable[[Any, Definitions], Iterator[DefinitionProblem]]] = {
    "attribute_key": _key_problems,
    "attribute_group": _group_problems,
    "service": _service_problems,
    "intervention": _intervention_problems,
    "event_log": _event_log_problems,
}
