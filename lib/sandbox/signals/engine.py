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

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import ATTRIBUTES_IN_READ, PROFILE_BYTES, VALUES_OF_EVENT_BYTES
from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.signals.attributes import ComputedGroup, ComputedKey
from lib.sandbox.signals.criteria_tree import references
from lib.sandbox.signals.definition import Definition
from lib.sandbox.signals.event_profiles import Affected, EventProfiles, Payloads
from lib.sandbox.signals.interventions import (
    Column,
    Evaluation,
    RuleIntervention,
    Target,
    instance,
)
from lib.sandbox.signals.kinds import GROUP, INTERVENTION, SERVICE, linked_version
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import Profiles
from lib.sandbox.signals.registry import Registry
from lib.sandbox.storage.store import Store

BYTES_PER_STEP = 10  # of a definition as JSON
TOO_MANY_ATTRIBUTES = (
    f"service '{{service}}' has more than {ATTRIBUTES_IN_READ:,} attributes, the most that one"
    " request may read. Read them by group."
)

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

    `ignored` says why the event did not count where one might expect it to, and `too_large` where
    its values, or those that are kept, are beyond a limit. `stored_bytes` were added to the values
    that are kept. `evaluations` has the interventions whose attributes it changed, and `triggers`
    what to deliver.
    """

    changes: list[AttributeChange] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    stored_bytes: int = 0
    evaluations: list[Evaluation] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)


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
    _cost: int = 0

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
            self._affected(arrival.event, effects)
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
            room = VALUES_OF_EVENT_BYTES - effects.stored_bytes
            stored = self.profiles.change(
                each.group,
                each.identifier,
                profile,
                seq,
                each.changes,
                event.derived_tstamp,
                now,
                room,
            )
            effects.stored_bytes += stored
            if not stored:
                effects.too_large.append(_too_large(each.group, profile, room))
        after = profiles.values(columns)
        effects.changes = _changes(affected, before, after)
        payloads = Payloads(profiles)
        for intervention in concerned:
            evaluation = intervention.evaluated(before, after)
            effects.evaluations.append(evaluation)
            trigger = self._trigger(intervention, event, payloads) if evaluation.triggers else {}
            if trigger:
                effects.triggers.append(trigger)

    def _concerned(self, affected: list[Affected]) -> list[RuleIntervention]:
        """The interventions that name a group in which something changes."""
        ids = {each.group.id for each in affected}
        return [each for each in self.interventions if not ids.isdisjoint(each.group_ids)]

    def _affected(self, event: Event, effects: Effects) -> list[Affected]:
        """The profiles that an event changes."""
        affected = []
        room = VALUES_OF_EVENT_BYTES
        for group in self.groups.values():
            if event.collector_tstamp < group.published_at:
                if group.changes(event):
                    effects.ignored.append(_too_early(group, event, self.registry.now()))
                continue
            changes = group.changes(event, effects.too_large)
            identifier = group.key.identifier(event) if changes else None
            length = sum(len(value) for _, value in changes if isinstance(value, str))
            if identifier is not None and length > room:
                effects.too_large.append(_too_much(group))
            elif identifier is not None:
                affected.append(Affected(group, identifier, changes))
                room -= length
            elif changes:
                effects.ignored.append(group.key.complaint(event))
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
        self._cost = sum(group.cost for group in self.groups.values())
        self._cost += sum(intervention.cost for intervention in self.interventions)
        self.revision = self.registry.revision

    @property
    def cost(self) -> int:
        """About how many steps an event takes, most of them a few microseconds.

        While the definitions are not compiled, it is estimated from their size.
        """
        if self.revision == self.registry.revision:
            return self._cost
        sizes = (
            each.size for kind in (GROUP, INTERVENTION) for each in self.registry.published(kind)
        )
        return sum(sizes) // BYTES_PER_STEP

    def service_groups(self, name: str) -> list[ComputedGroup]:
        """The groups of a service, ready to read.

        Raises NotFound for an unknown service, and InvalidDefinition for one with more attributes
        than one request may read: to compile a hundred large groups would hold up everyone.
        """
        self.compile_if_changed()
        groups = self._services.get(name)
        if groups is None:
            found = self._linked_groups(name)
            groups = self._services[name] = [self._published_or_computed(each) for each in found]
        return groups

    def _linked_groups(self, service: str) -> list[Definition]:
        found: list[Definition] = []
        count = 0
        for link in self.registry.get(SERVICE, service).model.attribute_groups:
            found.append(self.registry.get(GROUP, link.name, linked_version(link)))
            count += len(found[-1].model.attributes or [])
            if count > ATTRIBUTES_IN_READ:
                raise InvalidDefinition((["body"], TOO_MANY_ATTRIBUTES.format(service=service)))
        return found

    def _published_or_computed(self, definition: Definition) -> ComputedGroup:
        return self.groups.get(definition.id) or self._computed_group(definition)

    def _computed_group(self, definition: Definition) -> ComputedGroup:
        return self.group_of(definition.id, definition.model, definition.published_at or 0)

    def _key(self, key: AttributeKeyInput) -> ComputedKey:
        return ComputedKey(self.registry.described_key(key))

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

    def _trigger(self, intervention: RuleIntervention, event: Event, payloads: Payloads) -> Trigger:
        """The instances to send; empty if it has fired for every target of the event before."""
        intervention_id = str(uuid.uuid4())
        trigger: Trigger = {}
        attributes = payloads.of(intervention)
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


def _too_early(group: ComputedGroup, event: Event, now: int) -> str:
    """Why an event that has just come does not count: it waited while the group was published, or
    the clock was set back."""
    published = f"{group.name} version {group.version} was published"
    if group.published_at <= now:
        return (
            f"{published} after this event was collected, while it waited to be processed. Only"
            " events that are collected from then on count"
        )
    seconds = math.ceil((group.published_at - event.collector_tstamp) / 1000)
    return (
        f"{published} {seconds:,} s after this event, by the clock of this machine, which was set"
        " back since. Events count again once it has caught up, or after publishing a new version"
    )


def _columns(
    affected: list[Affected], interventions: list[RuleIntervention]
) -> dict[Column, ComputedGroup]:
    """The attributes to read before and after: those that change and those in interventions."""
    columns = {(each.group.id, index): each.group for each in affected for index, _ in each.changes}
    for intervention in interventions:
        columns.update(intervention.columns)
    return columns


def _too_large(group: ComputedGroup, profile: Profile, room: int) -> str:
    """Why an event did not change the values in a group."""
    if profile.size + room > PROFILE_BYTES:
        return (
            f"{group.name} keeps its values, as there are {profile.size:,} bytes of them for this"
            f" {group.key.name} already, and at most {PROFILE_BYTES:,} are allowed"
        )
    return _too_much(group)


def _too_much(group: ComputedGroup) -> str:
    return (
        f"{group.name} keeps its values, as this event gives more than"
        f" {VALUES_OF_EVENT_BYTES:,} bytes of values to all groups"
    )


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
