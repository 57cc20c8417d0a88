"""Rule interventions: when they trigger, for whom, and what is sent.

An intervention triggers when an event changes an attribute in its criteria, the values before did
not meet the criteria, and the values after do. It fires only once for each target: crossing the
threshold a second time does not trigger it again, and neither does time passing. Only `changed`
fires every time. A new version is a new intervention, and fires again *(ours: the documentation
does not say)*.

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
from lib.sandbox.signals.criteria_tree import branches, criterion_leaves
from lib.sandbox.signals.operators import comparison, cost

Column = tuple[int, int]
"""An attribute: the id of its group, and its index in the group."""

Values = Mapping[Any, Any]
"""Attribute values by column, or by qualified name, `group:attribute`."""

CriteriaTest = Callable[[Values, Values], bool]
"""Whether values meet criteria; `changed` compares them with the second argument."""


class RuleIntervention:
    """One published intervention with its references resolved.

    `references` maps each qualified name in the criteria to the group that computes it. It targets
    the identifiers of `keys`, and its payload adds the values of `payload_groups`.
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
        columns = {
            name: (group.id, group.index[name.split(":", 1)[1]])
            for name, group in references.items()
        }
        self.columns = {columns[name]: group for name, group in references.items()}
        self.keys = keys
        self.payload_groups = payload_groups
        self._test = criteria_test(definition.criteria, columns)
        operators = [leaf.operator for leaf in criterion_leaves(definition.criteria)]
        self.fires_on_change = "changed" in operators
        self.cost = sum(map(cost, operators)) + sum(
            len(group.attributes) for group in [*self.groups, *payload_groups]
        )

    def evaluated(self, old: Mapping[Column, Any], new: Mapping[Column, Any]) -> "Evaluation":
        """Evaluate the criteria before and after a change of values."""
        has_changed = any([old[column] != new[column] for column in self.columns])
        was_met = is_met = self._test(new, old)
        if has_changed or self.fires_on_change:
            was_met = not self.fires_on_change and self._test(old, old)
        return Evaluation(self.name, self.version, has_changed, was_met, is_met)


@dataclass(slots=True)
class Evaluation:
    """An intervention's criteria, evaluated before and after an event."""

    name: str
    version: int
    has_changed: bool
    was_met: bool
    is_met: bool

    @property
    def triggers(self) -> bool:
        """Whether a change of an attribute in the criteria caused them to be met."""
        return self.has_changed and self.is_met and not self.was_met


def is_met(criteria: Any, values: Values, before: Values) -> bool:
    """Whether values meet criteria; `changed` compares them with `before`."""
    return criteria_test(criteria)(values, before)


def criteria_test(criteria: Any, columns: Mapping[str, Column] | None = None) -> CriteriaTest:
    """Compiled criteria: walking the SDK's models would cost more than the rest of an event.

    Values are looked up by the column of a name in `columns`, else by the name.
    """
    children = branches(criteria)
    if children is None:
        name = criteria.attribute
        place = (columns or {}).get(name, name)
        return _criterion_test(place, criteria.operator, criteria.value)
    tests = [criteria_test(child, columns) for child in children]
    is_all, is_any = hasattr(criteria, "all"), hasattr(criteria, "any")
    if len(tests) == 1 and (is_all or is_any):  # the usual case
        return tests[0]
    if is_all:
        return lambda values, before: all(test(values, before) for test in tests)
    if is_any:
        return lambda values, before: any(test(values, before) for test in tests)
    return lambda values, before: not any(test(values, before) for test in tests)


def _criterion_test(place: Column | str, operator: str, expected: Any) -> CriteriaTest:
    if operator == "changed":
        return lambda values, before: bool(values.get(place) != before.get(place))
    test = comparison(operator, expected)
    return lambda values, before: test(values.get(place))


@dataclass(frozen=True)
class Target:
    """The target of an intervention: an attribute key and an identifier."""

    key: str
    identifier: str


def instance(
    intervention_id: str, name: str, version: int, target: Target, attributes: Mapping[str, str]
) -> InterventionInstance:
    """What a subscriber receives; `attributes` are `payload_texts`."""
    return InterventionInstance(
        intervention_id=intervention_id,
        name=name,
        version=version,
        target_attribute_key=TargetAttributeKey(name=target.key, id=target.identifier),
        attributes=dict(attributes),
    )


def payload_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Attribute values as strings, as the SDK requires.

    Attributes without a value are left out, as a string cannot express null *(ours)*.
    """
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in values.items()
        if value is not None
    }
