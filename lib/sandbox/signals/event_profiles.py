"""The profiles that one event belongs to, and what they give to the interventions it triggers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lib.sandbox.limits import PAYLOAD_BYTES
from lib.sandbox.pipeline.events import Event
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.interventions import Column, RuleIntervention, payload_texts
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import Profiles


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
        now, values = self._now, {}
        for column, group in columns.items():
            profile = self.of(group)
            values[column] = None if profile is None else profile.value(group, column[1], now)
        return values


class Payloads:
    """The payloads of an event's interventions: many may send the same values, read once each."""

    def __init__(self, profiles: EventProfiles) -> None:
        self._profiles = profiles
        self._texts: dict[int, dict[str, str]] = {}

    def of(self, intervention: RuleIntervention) -> dict[str, str]:
        """The values of an intervention's groups as texts, up to `PAYLOAD_BYTES` *(ours)*."""
        payload: dict[str, str] = {}
        room = PAYLOAD_BYTES
        for group in [*intervention.groups, *intervention.payload_groups]:
            for name, text in self._of_group(group).items():
                if len(name) + len(text) <= room:
                    room -= len(name) + len(text)
                    payload[name] = text
        return payload

    def _of_group(self, group: ComputedGroup) -> dict[str, str]:
        if group.id not in self._texts:
            self._texts[group.id] = payload_texts(
                {
                    attribute.name: self._profiles.value(group, index)
                    for index, attribute in enumerate(group.attributes)
                }
            )
        return self._texts[group.id]
