"""What can be read: published services, groups, and all groups together.

A profile has one attribute key, so a service with several keys is read in several parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import snowplow_signals as sdk

from lib.studio.registry import GROUP, SERVICE, Registry
from lib.studio.vocabulary import Definition
from lib.world.watched import SOURCES_AT_MOST, Source


@dataclass(frozen=True)
class Shown:
    """One attribute that can be shown: the group that defines it, and its definition."""

    group: str
    definition: Any

    @property
    def name(self) -> str:
        return str(self.definition.name)

    @property
    def unit(self) -> str:
        """The time unit of a time since an event; empty for others."""
        return str(getattr(self.definition, "time_unit", None) or "")


@dataclass(frozen=True)
class SourceAttributes:
    """The attributes that are read together, for one key."""

    source: Source
    attributes: tuple[Shown, ...]


@dataclass(frozen=True)
class Readable:
    """Something to choose: `key` names it for the session, `label` for people."""

    key: str
    label: str
    parts: tuple[SourceAttributes, ...]

    @property
    def size(self) -> int:
        """How many attributes it has."""
        return sum(len(each.attributes) for each in self.parts)

    @property
    def longest_period(self) -> timedelta:
        """The longest window of its attributes; zero if none has one."""
        periods = (
            getattr(each.definition, "period", None)
            for part in self.parts
            for each in part.attributes
        )
        return max((each for each in periods if each), default=timedelta(0))


def readables(registry: Registry, first: str) -> list[Readable]:
    """Everything that is published and can be read: the service named `first`, other services,
    groups, and all groups together if there are several."""
    services = [each.live for each in registry.found if each.kind is SERVICE and each.live]
    groups = [each.live for each in registry.found if each.kind is GROUP and each.live]
    services.sort(key=lambda each: (each.name != first, each.name))
    groups.sort(key=lambda each: each.name)
    found = [*(_of_service(each, registry) for each in services), *map(_of_group, groups)]
    parts = [part_of_group(each) for each in groups][:SOURCES_AT_MOST]
    if len(parts) > 1:
        together = "All groups, side by side"
        if len(groups) > len(parts):
            together = f"{len(parts)} of {len(groups)} groups, side by side"
        found.append(Readable("all", together, tuple(parts)))
    return [each for each in found if each.size]


def keys_of(definitions: Sequence[Definition]) -> list[str]:
    """The keys that definitions have here once they are published, services first."""
    services = [f"service:{each.name}" for each in definitions if isinstance(each, sdk.Service)]
    groups = [f"group:{each.name}" for each in definitions if isinstance(each, sdk.AttributeGroup)]
    return [*services, *groups]


def _of_service(service: sdk.Service, registry: Registry) -> Readable:
    by_key: dict[str, list[Shown]] = {}
    for link in service.attribute_groups:
        group = _linked(link, registry)
        if group is not None:
            by_key.setdefault(str(group.attribute_key.name), []).extend(_shown(group))
    parts = tuple(
        _part(str(service.name), None, key, attributes) for key, attributes in by_key.items()
    )
    return Readable(f"service:{service.name}", f"{service.name} (service)", parts)


def _linked(link: Any, registry: Registry) -> Any | None:
    """The version of a group that a service reads: the newest published one if it names none."""
    found = (each for each in registry.found if each.kind is GROUP and each.name == link.name)
    for each in found:
        if link.version is None:
            return each.live
        return next((one for one in each.versions if one.version == link.version), None)
    return None


def _of_group(group: Any) -> Readable:
    label = f"{group.name} version {group.version} (group)"
    return Readable(f"group:{group.name}", label, (part_of_group(group),))


def part_of_group(group: Any) -> SourceAttributes:
    """What is read from one version of a group."""
    key = str(group.attribute_key.name)
    return _part(str(group.name), group.version or 1, key, list(_shown(group)))


def _shown(group: Any) -> Iterator[Shown]:
    for each in (*(group.attributes or ()), *(getattr(group, "fields", None) or ())):
        yield Shown(str(group.name), each)


def _part(
    name: str, version: int | None, key: str, attributes: Sequence[Shown]
) -> SourceAttributes:
    by_name = {each.name: each for each in attributes}  # two groups may use one name
    units = tuple((each.name, each.unit) for each in by_name.values() if each.unit)
    source = Source(name, version, key, tuple(by_name), units)
    return SourceAttributes(source, tuple(by_name.values()))
