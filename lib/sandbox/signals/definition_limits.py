"""How large a definition may be, and how much may be published in a sandbox *(ours)*.

An event costs what the published definitions make of it, and everyone waits while it is computed.
The numbers are in `limits`. Like the rules in `validation`, these yield `(location, message)`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from snowplow_signals.models.model import (
    Attribute,
    AttributeGroupInput,
    AttributeKeyInput,
    CalculatedProperty,
    EventLogResponse,
    Properties,
    RuleInterventionInput,
)

from lib.sandbox import limits
from lib.sandbox.signals.criteria_tree import criteria_depth, criterion_leaves
from lib.sandbox.signals.kinds import GROUP, INTERVENTION, Kind, version_of

Location = list[str | int]
DefinitionProblem = tuple[Location, str]

PATTERN_OPERATORS = ("like", "not like")
REGEX_OPERATORS = ("rlike", "not rlike")


class Published(Protocol):
    """The definitions that are published already."""

    def published(self, kind: Kind) -> Iterable[Any]:
        """Every published definition of a kind."""


def size_problems(kind: Kind, model: Any, known: Published) -> Iterator[DefinitionProblem]:
    """Where a definition is too large, or too much would be published with it."""
    match model:
        case AttributeKeyInput():
            yield from _property_problems(["body", "property"], model.property)
        case AttributeGroupInput():
            yield from _group_problems(model)
        case RuleInterventionInput():
            yield from _intervention_problems(model)
        case EventLogResponse():
            for index, selection in enumerate(model.events):
                for place, leaf in enumerate(selection.properties):
                    location: Location = ["body", "events", index, "properties", place]
                    yield from _property_problems(location, leaf.root)
    if kind in (GROUP, INTERVENTION) and model.is_published:
        yield from _published_problems(kind, model, known)


def _group_problems(group: AttributeGroupInput) -> Iterator[DefinitionProblem]:
    attributes = group.attributes or []
    most = limits.ATTRIBUTES_IN_GROUP
    yield from _count_problems(["body", "attributes"], attributes, most, "an attribute group")
    for index, attribute in enumerate(attributes[:most]):
        yield from _attribute_problems(["body", "attributes", index], attribute)
    key: Location = ["body", "attribute_key", "property"]
    yield from _property_problems(key, group.attribute_key.property)


def _attribute_problems(location: Location, attribute: Attribute) -> Iterator[DefinitionProblem]:
    yield from _count_problems(
        [*location, "events"], attribute.events, limits.EVENTS_IN_ATTRIBUTE, "an attribute"
    )
    yield from _value_problems([*location, "default_value"], attribute.default_value)
    yield from _property_problems([*location, "property"], attribute.property)
    criteria = _attribute_criteria(attribute)
    most = limits.CRITERIA_IN_ATTRIBUTE
    yield from _count_problems([*location, "criteria"], criteria, most, "an attribute")
    for criterion in criteria[:most]:
        yield from _value_problems([*location, "criteria"], criterion.value)
        yield from _property_problems([*location, "criteria"], criterion.property)


def _attribute_criteria(attribute: Attribute) -> list[Any]:
    criteria = attribute.criteria
    return [] if criteria is None else [*(criteria.all or []), *(criteria.any or [])]


def _intervention_problems(intervention: RuleInterventionInput) -> Iterator[DefinitionProblem]:
    if criteria_depth(intervention.criteria) > limits.CRITERIA_DEPTH:
        yield (
            ["body", "criteria"],
            f"criteria are nested more than {limits.CRITERIA_DEPTH} deep: write them flatter",
        )
        return
    criteria = list(criterion_leaves(intervention.criteria))
    most = limits.CRITERIA_IN_INTERVENTION
    yield from _count_problems(["body", "criteria"], criteria, most, "an intervention")
    for criterion in criteria[:most]:
        yield from _value_problems(["body", "criteria"], criterion.value)
    for field, at_most in (
        ("target_attribute_keys", limits.TARGET_KEYS),
        ("payload_attribute_groups", limits.PAYLOAD_GROUPS),
    ):
        named = getattr(intervention, field) or []
        yield from _count_problems(["body", field], named, at_most, "an intervention")


def _property_problems(location: Location, definition: Any) -> Iterator[DefinitionProblem]:
    """Where the paths of a property are too long."""
    match definition:
        case Properties():
            yield from _property_problems(location, definition.root)
        case CalculatedProperty():
            for place, part in enumerate(definition.properties):
                yield from _property_problems([*location, "properties", place], part)
        case _:
            yield from _text_problems([*location, "path"], getattr(definition, "path", None))


def _value_problems(location: Location, value: Any) -> Iterator[DefinitionProblem]:
    values = value if isinstance(value, list) else [value]
    most = limits.VALUES_IN_LIST
    if len(values) > most:
        yield location, _too_many(len(values), most, "values", "a list", "Use several criteria.")
    for each in values[:most]:
        yield from _text_problems(location, each)


def _text_problems(location: Location, text: Any) -> Iterator[DefinitionProblem]:
    most = limits.TEXT_IN_CRITERION
    if isinstance(text, str) and len(text) > most:
        yield location, f"this text has {len(text):,} characters, at most {most:,} are allowed"


def _count_problems(
    location: Location, named: Sequence[Any], most: int, owner: str
) -> Iterator[DefinitionProblem]:
    if len(named) > most:
        what = str(location[-1]).replace("_", " ")
        remedy = "Use several, or leave some out."
        yield location, _too_many(len(named), most, what, owner, remedy)


def _too_many(count: int, most: int, what: str, owner: str, remedy: str) -> str:
    return f"{owner} has at most {most:,} {what}, and this one has {count:,}. {remedy}"


def _published_problems(kind: Kind, model: Any, known: Published) -> Iterator[DefinitionProblem]:
    """What would be published in the sandbox with this definition."""
    replaced = kind, model.name, version_of(kind, model)
    groups, interventions = (
        [
            each.model
            for each in known.published(published)
            if (each.kind, each.name, each.version) != replaced
        ]
        for published in (GROUP, INTERVENTION)
    )
    (groups if kind is GROUP else interventions).append(model)
    attributes = [attribute for group in groups for attribute in group.attributes or []]
    tested = [criterion for each in attributes for criterion in _attribute_criteria(each)]
    tested += [leaf for each in interventions for leaf in criterion_leaves(each.criteria)]
    patterns = [criterion for criterion in tested if criterion.operator in PATTERN_OPERATORS]
    regexes = [criterion for criterion in tested if criterion.operator in REGEX_OPERATORS]
    for what, counted, most in (
        ("attributes", attributes, limits.PUBLISHED_ATTRIBUTES),
        ("interventions", interventions, limits.PUBLISHED_INTERVENTIONS),
        ("criteria", tested, limits.PUBLISHED_CRITERIA),
        ("criteria with like", patterns, limits.PUBLISHED_PATTERNS),
        ("criteria with rlike", regexes, limits.PUBLISHED_REGEXES),
    ):
        if len(counted) > most:
            yield (
                ["body", "is_published"],
                f"this sandbox would have {len(counted):,} published {what}, and at most {most:,}"
                " are allowed. Unpublish some.",
            )
