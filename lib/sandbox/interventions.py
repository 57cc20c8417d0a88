"""Rule interventions: when they trigger, for whom, and what is sent.

An intervention triggers when an event changes an attribute that its criteria name, the values
before did not meet the criteria and the values after do. It fires once for each target, for good:
time passing alone never triggers it, and falling below the line and crossing it again does not
either. Only `changed` fires each time.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from snowplow_signals.models.model import (
    InterventionInstance,
    RuleInterventionInput,
    TargetAttributeKey,
)

from lib.sandbox.attributes import ComputedGroup, ComputedKey
from lib.sandbox.operators import compare
from lib.sandbox.validation import branches, criterion_leaves

Values = Mapping[str, Any]
"""Attribute values by qualified name, `group:attribute`."""


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
        self.keys = keys
        self.payload_groups = payload_groups
        self._criteria = definition.criteria
        self.fires_on_change = any(
            leaf.operator == "changed" for leaf in criterion_leaves(definition.criteria)
        )

    def evaluated(self, before: Values, after: Values) -> "Evaluation":
        """What going from one set of values to the other means for the intervention."""
        return Evaluation(
            self.name,
            self.version,
            has_changed=any(before.get(name) != after.get(name) for name in self.references),
            was_met=not self.fires_on_change and is_met(self._criteria, before, before),
            is_met=is_met(self._criteria, after, before),
        )


@dataclass(frozen=True)
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
    children = branches(criteria)
    if children is None:
        value = values.get(criteria.attribute)
        if criteria.operator == "changed":
            return bool(value != before.get(criteria.attribute))
        return compare(criteria.operator, value, criteria.value)
    met = (is_met(child, values, before) for child in children)
    if hasattr(criteria, "all"):
        return all(met)
    return any(met) if hasattr(criteria, "any") else not any(met)


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
