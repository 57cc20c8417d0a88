"""The stream engine: what one accepted event changes, and which interventions that triggers.

Compiled from a sandbox's published definitions, and compiled again when these change. It works
inside the transaction of whoever calls it and delivers nothing itself: it returns what is to be
delivered once the transaction is committed.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from snowplow_signals.models.model import (
    AttributeGroupInput,
    AttributeKeyInput,
    InterventionInstance,
    RuleInterventionInput,
)

from lib.sandbox.attributes import ComputedGroup, ComputedKey, is_uuid
from lib.sandbox.events import Event
from lib.sandbox.interventions import Evaluation, RuleIntervention, Target, Values, instance
from lib.sandbox.kinds import GROUP, INTERVENTION, KEY, linked_version
from lib.sandbox.profiles import Profiles
from lib.sandbox.registry import Definition, Registry
from lib.sandbox.store import Store
from lib.sandbox.validation import references

Trigger = dict[Target, InterventionInstance]
"""What one trigger sends to each of its targets."""


@dataclass(frozen=True)
class Change:
    """What an event did to one attribute of one identifier."""

    group: str
    version: int
    identifier: str
    attribute: str
    before: Any
    after: Any


@dataclass
class Outcome:
    """All that one event brought about.

    `ignored` says why the event counts for nobody where one might expect it to, `evaluations` holds
    the interventions whose attributes it touched, and `triggers` what is to be delivered.
    """

    changes: list[Change] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)


@dataclass(frozen=True)
class Affected:
    """One identifier's profile in one group, and what an event changes in it."""

    group: ComputedGroup
    identifier: str
    changes: list[tuple[int, Any]]


@dataclass
class Engine:
    """The published definitions of one sandbox, ready to compute."""

    store: Store
    sandbox_id: int
    registry: Registry
    profiles: Profiles
    revision: int = -1
    groups: dict[int, ComputedGroup] = field(default_factory=dict)
    interventions: list[RuleIntervention] = field(default_factory=list)

    def process(self, event: Event, seq: int, now: int) -> Outcome:
        """Compute what event number `seq` changes; `now` is the sandbox's time, ms UTC."""
        self.compile_if_changed()
        outcome = Outcome()
        affected = self._affected(event, outcome.ignored)
        if not affected:
            return outcome
        ids = {each.group.id for each in affected}
        concerned = [
            each for each in self.interventions if any(group.id in ids for group in each.groups)
        ]
        before, old = self._values(concerned, event, now), self._attributes(affected, now)
        for each in affected:
            self.profiles.change(
                each.group, each.identifier, seq, each.changes, event.derived_tstamp, now
            )
        after, new = self._values(concerned, event, now), self._attributes(affected, now)
        outcome.changes = _changes(affected, old, new)
        for intervention in concerned:
            evaluation = intervention.evaluated(before, after)
            outcome.evaluations.append(evaluation)
            trigger = self._trigger(intervention, event, now) if evaluation.triggers else {}
            if trigger:
                outcome.triggers.append(trigger)
        return outcome

    def _affected(self, event: Event, ignored: list[str]) -> list[Affected]:
        """The profiles that an event changes."""
        affected = []
        for group in self.groups.values():
            if event.collector_tstamp < group.published_at:
                continue
            changes = group.changes(event)
            identifier = group.key.identifier(event) if changes else None
            if identifier is not None:
                affected.append(Affected(group, identifier, changes))
            elif changes:
                ignored.append(group.key.complaint(event))
        return affected

    def _attributes(self, affected: list[Affected], now: int) -> list[Any]:
        """The values of the affected attributes, in order."""
        return [
            self._value(each.group, each.identifier, index, now)
            for each in affected
            for index, _ in each.changes
        ]

    def group_of(
        self, group_id: int, model: AttributeGroupInput, published_at: int = 0
    ) -> ComputedGroup:
        """A group ready to compute, whether the registry has it or not."""
        return ComputedGroup(group_id, model, self._key(model.attribute_key), published_at)

    def computed_group(self, definition: Definition) -> ComputedGroup:
        """A group ready to compute, whether it is published or not."""
        self.compile_if_changed()
        return self._published_or_computed(definition)

    def compile_if_changed(self) -> None:
        """Follow the registry."""
        if self.revision == self.registry.revision:
            return
        if self.revision >= 0:
            self.profiles.clear()
        self.groups = {
            each.id: self._computed_group(each) for each in self.registry.published(GROUP)
        }
        self.interventions = [
            self._rule_intervention(each.model) for each in self.registry.published(INTERVENTION)
        ]
        self.revision = self.registry.revision

    def _published_or_computed(self, definition: Definition) -> ComputedGroup:
        return self.groups.get(definition.id) or self._computed_group(definition)

    def _computed_group(self, definition: Definition) -> ComputedGroup:
        return self.group_of(definition.id, definition.model, definition.published_at or 0)

    def _key(self, key: AttributeKeyInput) -> ComputedKey:
        """The key as the registry describes it, where a group or intervention only names it."""
        is_described = key.property is not None or key.key is not None
        known = self.registry.find(KEY, key.name)
        return ComputedKey(key if is_described or known is None else known.model)

    def _rule_intervention(self, model: RuleInterventionInput) -> RuleIntervention:
        resolved = {}
        for group_name, attribute in references(model.criteria):
            found = self.registry.latest_published_group(group_name, attribute)
            if found is not None:
                resolved[f"{group_name}:{attribute}"] = self.groups[found.id]
        names = [link.name for link in model.target_attribute_keys or []]
        targeted = [self._key(AttributeKeyInput(name=name)) for name in names]
        keys = targeted or [group.key for group in resolved.values()]
        payload_groups = [
            self._published_or_computed(found)
            for link in model.payload_attribute_groups or []
            if (found := self.registry.find(GROUP, link.name, linked_version(link)))
        ]
        unique_keys = list({key.name: key for key in keys}.values())
        return RuleIntervention(model, resolved, unique_keys, payload_groups)

    def _values(self, interventions: list[RuleIntervention], event: Event, now: int) -> Values:
        values = {}
        for intervention in interventions:
            for name, group in intervention.references.items():
                if name not in values:
                    attribute = name.split(":", 1)[1]
                    identifier = group.key.identifier(event)
                    values[name] = self._value(group, identifier, group.index[attribute], now)
        return values

    def _value(self, group: ComputedGroup, identifier: str | None, index: int, now: int) -> object:
        if identifier is None:
            return None
        return self.profiles.get(group, identifier).value(group, index, now)

    def _trigger(self, intervention: RuleIntervention, event: Event, now: int) -> Trigger:
        """The instances to send; empty if it fired before for every target of the event."""
        intervention_id = str(uuid.uuid4())
        trigger: Trigger = {}
        attributes = self._payload(intervention, event, now)
        for key in intervention.keys:
            identifier = key.identifier(event)
            if not is_uuid(identifier) or identifier is None:
                continue
            target = Target(key.name, identifier)
            if self._may_fire(intervention, target):
                trigger[target] = instance(
                    intervention_id, intervention.name, intervention.version, target, attributes
                )
        return trigger

    def _may_fire(self, intervention: RuleIntervention, target: Target) -> bool:
        if intervention.fires_on_change:
            return True
        return self.store.mark_fired(
            self.sandbox_id,
            intervention.name,
            intervention.version,
            target.key,
            target.identifier,
        )

    def _payload(self, intervention: RuleIntervention, event: Event, now: int) -> Values:
        values = {}
        for group in [*intervention.groups, *intervention.payload_groups]:
            identifier = group.key.identifier(event)
            for index, attribute in enumerate(group.attributes):
                values[attribute.name] = self._value(group, identifier, index, now)
        return values


def _changes(affected: list[Affected], old: list[Any], new: list[Any]) -> list[Change]:
    attributes = [(each, index) for each in affected for index, _ in each.changes]
    return [
        Change(
            each.group.name,
            each.group.version,
            each.identifier,
            each.group.attributes[index].name,
            before,
            after,
        )
        for (each, index), before, after in zip(attributes, old, new, strict=True)
    ]
