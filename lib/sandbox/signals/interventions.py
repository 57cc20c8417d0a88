"""Rule interventions: when they trigger, for whom, and what is sent.

An intervention triggers when an event changes an attribute that its criteria name, the values
before did not meet the criteria and the values after do. It fires once for each target, for good:
time passing alone never triggers it, and falling below the line and crossing it again does not
either. Only `changed` fires each time.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from snowplow_signals.models.model import (
    InterventionInstance,
    RuleInterventionInput,
    TargetAttributeKey,
)

from lib.sandbox.signals.attributes import ComputedGroup, ComputedKey
from lib.sandbox.signals.operators import OPERATORS
from lib.sandbox.signals.validation import branches, criterion_leaves

Values = Mapping[str, Any]
"""Attribute values by qualified name, `group:attribute`."""

Column = tuple[int, int]
"""An attribute as values are kept by: the id of its group, and its place in it."""

CriteriaTest = Callable[[Values, Values], bool]
"""Whether values meet criteria; the second argument is what `changed` compares them with."""


class RuleIntervention:
    """One published intervention, its references resolved.

    `references` maps each qualified name in the criteria to the group that computes it, `keys` are
    the attribute keys whose identifiers it targets, `payload_groups` those whose values it carries.
    """

    def __init__(
        self,
        definition: RuleInterventionInput,
        references: dict[str, ComputedGroup],
        keys: list[ComputedKey],
        payload_groups: list[ComputedGroup],
    ) -> None:
        self.name = definition.name
        self.version = 1 if definition.version is None else definition.version
        self.references = references
        self.groups = list({group.id: group for group in references.values()}.values())
        self.group_ids = {group.id for group in self.groups}
        self._columns = {
            name: (group.id, group.index[name.split(":", 1)[1]])
            for name, group in references.items()
        }
        self.columns = {self._columns[name]: group for name, group in references.items()}
        self.keys = keys
        self.payload_groups = payload_groups
        self._test = criteria_test(definition.criteria)
        self.fires_on_change = any(
            leaf.operator == "changed" for leaf in criterion_leaves(definition.criteria)
        )

    def evaluated(self, old: Mapping[Column, Any], new: Mapping[Column, Any]) -> "Evaluation":
        """What going from one set of values to the other means for the intervention."""
        before = {name: old[column] for name, column in self._columns.items()}
        after = {name: new[column] for name, column in self._columns.items()}
        return Evaluation(
            self.name,
            self.version,
            has_changed=before != after,
            was_met=not self.fires_on_change and self._test(before, before),
            is_met=self._test(after, before),
        )


@dataclass(slots=True)
class Evaluation:
    """One look at an intervention's criteria, before and after an event."""

    name: str
    version: int
    has_changed: bool
    was_met: bool
    is_met: bool

    @property
    def triggers(self) -> bool:
        """Whether the criteria became met by a change of an attribute that they name."""
        return self.has_changed and self.is_met and not self.was_met


def is_met(criteria: Any, values: Values, before: Values) -> bool:
    """Whether values meet criteria; `before` is what `changed` compares them with."""
    return criteria_test(criteria)(values, before)


def criteria_test(criteria: Any) -> CriteriaTest:
    """Criteria made ready: walking the SDK's models costs more than all the rest of an event."""
    children = branches(criteria)
    if children is None:
        return _criterion_test(criteria.attribute, criteria.operator, criteria.value)
    tests = [criteria_test(child) for child in children]
    is_all, is_any = hasattr(criteria, "all"), hasattr(criteria, "any")
    if len(tests) == 1 and (is_all or is_any):  # what most criteria are
        return tests[0]
    if is_all:
        return lambda values, before: all(test(values, before) for test in tests)
    if is_any:
        return lambda values, before: any(test(values, before) for test in tests)
    return lambda values, before: not any(test(values, before) for test in tests)


def _criterion_test(name: str, operator: str, expected: Any) -> CriteriaTest:
    if operator == "changed":
        return lambda values, before: bool(values.get(name) != before.get(name))
    test = OPERATORS[operator]
    return lambda values, before: test(values.get(name), expected)


@dataclass(frozen=True)
class Target:
    """Whom an intervention is for: an attribute key and an identifier."""

    key: str
    identifier: str


def instance(
    intervention_id: str, name: str, version: int, target: Target, attributes: Mapping[str, Any]
) -> InterventionInstance:
    """What a subscriber receives. Every attribute value is a string: the SDK requires it.

    Attributes without a value are left out, as null cannot be said in a string *(ours)*.
    """
    return InterventionInstance(
        intervention_id=intervention_id,
        name=name,
        version=version,
        target_attribute_key=TargetAttributeKey(name=target.key, id=target.identifier),
        attributes={
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in attributes.items()
            if value is not None
        },
    )
