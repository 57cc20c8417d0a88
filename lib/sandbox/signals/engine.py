"""The stream engine: what an accepted event changes, and which interventions that triggers.

It is compiled from a sandbox's published definitions, and again whenever they change. It runs
inside the caller's transaction and delivers nothing: it returns what the caller must deliver once
the transaction is committed.
"""

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from snowplow_signals.models.model import (
    AttributeGroupInput,
    AttributeKeyInput,
    InterventionInstance,
    RuleInterventionInput,
)

from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.signals.attributes import ComputedGroup, ComputedKey
from lib.sandbox.signals.interventions import (
    Column,
    Evaluation,
    RuleIntervention,
    Target,
    Values,
    instance,
)
from lib.sandbox.signals.kinds import GROUP, INTERVENTION, KEY, SERVICE, linked_version
from lib.sandbox.signals.profiles import Profile, Profiles
from lib.sandbox.signals.registry import Definition, Registry
from lib.sandbox.signals.validation import references
from lib.sandbox.storage.store import Store

Trigger = dict[Target, InterventionInstance]
"""What one trigger sends to each of its targets."""


@dataclass(slots=True)
class AttributeChange:
    """What an event did to one attribute of one identifier."""

    group: str
    version: int
    identifier: str
    attribute: str
    before: Any
    after: Any


@dataclass(slots=True)
class Effects:
    """Everything that one event caused.

    `ignored` says why the event did not count where one might expect it to, `evaluations` has the
    interventions whose attributes it changed, and `triggers` what to deliver.
    """

    changes: list[AttributeChange] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)


@dataclass(slots=True)
class Affected:
    """One identifier in one group, and what an event changes in its profile."""

    group: ComputedGroup
    identifier: str
    changes: list[tuple[int, Any]]


class EventProfiles:
    """The profiles that an event belongs to: at most one in each group, each looked up once.

    `affected` are the profiles that it changes; `now` is the sandbox's time, ms UTC.
    """

    def __init__(
        self, profiles: Profiles, event: Event, affected: Iterable[Affected], now: int
    ) -> None:
        self._profiles = profiles
        self._event = event
        self._now = now
        self._found: dict[int, Profile | None] = {
            each.group.id: profiles.get(each.group, each.identifier) for each in affected
        }

    def of(self, group: ComputedGroup) -> Profile | None:
        """The profile in a group; None if the event has no identifier for it."""
        if group.id not in self._found:
            identifier = group.key.identifier(self._event)
            self._found[group.id] = (
                None if identifier is None else self._profiles.get(group, identifier)
            )
        return self._found[group.id]

    def value(self, group: ComputedGroup, index: int) -> Any:
        """An attribute's current value; None if the event has no identifier for it."""
        profile = self.of(group)
        return None if profile is None else profile.value(group, index, self._now)

    def values(self, columns: Mapping[Column, ComputedGroup]) -> dict[Column, Any]:
        """The current values of several attributes."""
        return {column: self.value(group, column[1]) for column, group in columns.items()}


class Arrival(NamedTuple):
    """An accepted event, its sequence number, and the sandbox's time at its arrival, ms UTC."""

    event: Event
    seq: int
    now: int


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
    _services: dict[str, list[ComputedGroup]] = field(default_factory=dict)

    def process(self, event: Event, seq: int, now: int) -> Effects:
        """Compute what event number `seq` changes; `now` is the sandbox's time, ms UTC."""
        return self.process_all([Arrival(event, seq, now)])[0]

    def process_all(self, arrivals: Sequence[Arrival]) -> list[Effects]:
        """Compute what several events change, one after the other.

        Their profiles are read and written in bulk, which takes a third of the time.
        """
        self.compile_if_changed()
        all_effects = [Effects() for _ in arrivals]
        affected = [
            self._affected(arrival.event, effects.ignored)
            for arrival, effects in zip(arrivals, all_effects, strict=True)
        ]
        self._load(each for of_event in affected for each in of_event)
        for arrival, of_event, effects in zip(arrivals, affected, all_effects, strict=True):
            if of_event:
                self._compute(arrival, of_event, effects)
        self.profiles.flush()
        return all_effects

    def _load(self, affected: Iterable[Affected]) -> None:
        identifiers: dict[int, set[str]] = {}
        for each in affected:
            identifiers.setdefault(each.group.id, set()).add(each.identifier)
        for group_id, of_group in identifiers.items():
            self.profiles.load(self.groups[group_id], of_group)

    def _compute(self, arrival: Arrival, affected: list[Affected], effects: Effects) -> None:
        event, seq, now = arrival
        profiles = EventProfiles(self.profiles, event, affected, now)
        concerned = self._concerned(affected)
        columns = _columns(affected, concerned)
        before = profiles.values(columns)
        for each in affected:
            profile = profiles.of(each.group)
            assert profile is not None
            self.profiles.change(
                each.group, each.identifier, profile, seq, each.changes, event.derived_tstamp, now
            )
        after = profiles.values(columns)
        effects.changes = _changes(affected, before, after)
        for intervention in concerned:
            evaluation = intervention.evaluated(before, after)
            effects.evaluations.append(evaluation)
            trigger = self._trigger(intervention, event, profiles) if evaluation.triggers else {}
            if trigger:
                effects.triggers.append(trigger)

    def _concerned(self, affected: list[Affected]) -> list[RuleIntervention]:
        """The interventions that name a group in which something changes."""
        ids = {each.group.id for each in affected}
        return [each for each in self.interventions if not ids.isdisjoint(each.group_ids)]

    def _affected(self, event: Event, ignored: list[str]) -> list[Affected]:
        """The profiles that an event changes."""
        affected = []
        for group in self.groups.values():
            if event.collector_tstamp < group.published_at:
                if group.changes(event):
                    ignored.append(_too_early(group, event))
                continue
            changes = group.changes(event)
            identifier = group.key.identifier(event) if changes else None
            if identifier is not None:
                affected.append(Affected(group, identifier, changes))
            elif changes:
                ignored.append(group.key.complaint(event))
        return affected

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
        """Compile the definitions again if the registry has changed."""
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
        self._services = {}
        self.revision = self.registry.revision

    def service_groups(self, name: str) -> list[ComputedGroup]:
        """The groups of a service, ready to read; raises NotFound for an unknown service."""
        self.compile_if_changed()
        groups = self._services.get(name)
        if groups is None:
            links = self.registry.get(SERVICE, name).model.attribute_groups
            groups = self._services[name] = [
                self._published_or_computed(
                    self.registry.get(GROUP, link.name, linked_version(link))
                )
                for link in links
            ]
        return groups

    def _published_or_computed(self, definition: Definition) -> ComputedGroup:
        return self.groups.get(definition.id) or self._computed_group(definition)

    def _computed_group(self, definition: Definition) -> ComputedGroup:
        return self.group_of(definition.id, definition.model, definition.published_at or 0)

    def _key(self, key: AttributeKeyInput) -> ComputedKey:
        """The key, as the registry describes it if a group or intervention only names it."""
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

    def _trigger(
        self, intervention: RuleIntervention, event: Event, profiles: EventProfiles
    ) -> Trigger:
        """The instances to send; empty if it has fired for every target of the event before."""
        intervention_id = str(uuid.uuid4())
        trigger: Trigger = {}
        attributes = _payload(intervention, profiles)
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


def _too_early(group: ComputedGroup, event: Event) -> str:
    """Why an event that has just come does not count: only a clock that was set back does that."""
    seconds = math.ceil((group.published_at - event.collector_tstamp) / 1000)
    return (
        f"{group.name} version {group.version} was published {seconds:,} s after this event, by the"
        " clock of this machine, which was set back since. Events count again once it has caught"
        " up, or after publishing a new version"
    )


def _columns(
    affected: list[Affected], interventions: list[RuleIntervention]
) -> dict[Column, ComputedGroup]:
    """The attributes to read before and after: those that change and those in interventions."""
    columns = {(each.group.id, index): each.group for each in affected for index, _ in each.changes}
    for intervention in interventions:
        columns.update(intervention.columns)
    return columns


def _payload(intervention: RuleIntervention, profiles: EventProfiles) -> Values:
    return {
        attribute.name: profiles.value(group, index)
        for group in [*intervention.groups, *intervention.payload_groups]
        for index, attribute in enumerate(group.attributes)
    }


def _changes(
    affected: list[Affected], before: Mapping[Column, Any], after: Mapping[Column, Any]
) -> list[AttributeChange]:
    return [
        AttributeChange(
            each.group.name,
            each.group.version,
            each.identifier,
            each.group.attributes[index].name,
            before[each.group.id, index],
            after[each.group.id, index],
        )
        for each in affected
        for index, _ in each.changes
    ]
