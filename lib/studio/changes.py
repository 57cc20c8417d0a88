"""Publishing a draft, or keeping it: which versions it becomes, and what that means.

A published version cannot change what it computes. So a changed definition becomes the next
version, and definitions in the same draft that name it follow. Once that is published, the versions
that it replaces are unpublished, unless somebody else's published service still reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import snowplow_signals as sdk
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.definitions import MADE_BY_THIS_APP
from lib.studio.registry import (
    GROUP,
    INTERVENTION,
    SERVICE,
    Found,
    Registry,
    kind_of,
    read_registry,
)
from lib.studio.vocabulary import LINKS, Definition
from lib.text import code

SAYS_NOTHING = {"description", "owner", "is_published", "version"}


class NotPossible(ValueError):
    """A change that this app does not make: why, and what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True)
class Change:
    """What a draft would change. `definitions` have their names, versions and descriptions;
    `notes` say in Markdown what that means; `replaced` are published versions to unpublish. `live`
    are those of the definitions that are published and have no versions, `drafts` those that can be
    kept without taking anything offline, and `is_in_place` says that all of them are published as
    they are here."""

    definitions: tuple[Definition, ...]
    notes: tuple[str, ...] = ()
    replaced: tuple[Definition, ...] = ()
    live: tuple[Definition, ...] = ()
    drafts: tuple[Definition, ...] = ()
    is_in_place: bool = False


def change_of(
    draft: Sequence[Definition], registry: Registry, suffix: str = "", *, is_shared: bool = False
) -> Change:
    """What publishing a draft would change. With a suffix, every name gets it. `is_shared` says
    that others define here too: what they made is not touched.

    Raises `NotPossible`.
    """
    named = [_with_suffix(each, suffix, _names(draft, suffix)) for each in draft]
    _check_draft(named)
    for each in named:
        _check_place(each, registry, is_shared=is_shared)
    groups = {str(each.name): _version(each, registry) for each in named if kind_of(each) is GROUP}
    linked = [_with_links(each, groups) for each in named]
    definitions = tuple(_marked(_with_version(each, registry)) for each in linked)
    notes = [note for each in definitions if (note := _note(each, definitions, registry))]
    live = [each for each in definitions if _is_live_without_versions(each, registry)]
    replaced = _replaced(definitions, registry)
    drafts = [
        each for each in definitions if each not in live and not _is_published(each, registry)
    ]
    is_in_place = all(_is_in_place(each, registry) for each in definitions)
    return Change(
        definitions, tuple(notes), tuple(replaced), tuple(live), tuple(drafts), is_in_place
    )


def publish(signals: BaseSignalsWithApiClient, change: Change) -> None:
    """Publish a draft, then unpublish what it replaces. Raises what the SDK raises."""
    signals.publish(list(change.definitions))
    for each in change.replaced:
        signals.unpublish([each])


def save(signals: BaseSignalsWithApiClient, change: Change) -> None:
    """Keep a draft in the registry, unpublished. What is published stays as it is: a version that
    computes the same, and a service or an agentic context, which has no versions. The SDK would
    take them offline. Raises what the SDK raises.
    """
    signals.registry.create_or_update(
        [each.model_copy(update={"is_published": False}) for each in change.drafts]
    )


def forget(signals: BaseSignalsWithApiClient, found: Found) -> None:
    """Unpublish and delete every version of a definition. Raises what the SDK raises, and
    `NotPossible`, before anything is changed, if a service names it: the API would refuse to delete
    some of its versions."""
    readers = ", ".join(read_registry(signals).readers(found))
    if readers:
        raise NotPossible(
            f"{found.kind.label} {found.name} is used by {readers}.", "Delete that first."
        )
    unpublish(signals, found)
    signals.delete(list(found.versions))


def unpublish(signals: BaseSignalsWithApiClient, found: Found) -> None:
    """Unpublish every version of a definition. Raises what the SDK raises."""
    live = [each for each in found.versions if each.is_published or found.has_live_version]
    if live:
        signals.unpublish(live)


def publish_again(signals: BaseSignalsWithApiClient, found: Found) -> None:
    """Publish the newest version of a definition as it is, in place of the older ones that no
    published service reads. Raises what the SDK raises."""
    registry = read_registry(signals)
    older = [
        each
        for each in found.versions[1:]
        if each.is_published and not _readers(each, (found.newest,), registry)
    ]
    publish(signals, Change((found.newest,), replaced=tuple(older)))


# Names


def _check_draft(draft: Sequence[Definition]) -> None:
    if not draft:
        raise NotPossible(
            "There is no definition in this draft yet.", "Choose a template, or add a group."
        )
    names = [(kind_of(each), each.name) for each in draft]
    for each in draft:
        if names.count((kind_of(each), each.name)) > 1:
            raise NotPossible(
                f"Two definitions of the same kind are called {each.name}.", "Rename one of them."
            )


def _check_place(definition: Definition, registry: Registry, *, is_shared: bool) -> None:
    """Refuse the name of a definition that cannot be read, or that somebody else made here."""
    name = f"{kind_of(definition).label} {definition.name}"
    if registry.is_unreadable(definition):
        raise NotPossible(
            f"{name} exists already and cannot be read: its owner may not be an email address.",
            "Choose another name.",
        )
    found = registry.find(definition)
    if is_shared and found is not None and not found.is_made_here:
        raise NotPossible(
            f"{name} is somebody else's: this app did not make it.", "Choose another name."
        )


def _names(draft: Sequence[Definition], suffix: str) -> dict[str, str]:
    """The new names of the draft's groups."""
    groups = [str(each.name) for each in draft if kind_of(each) is GROUP]
    return {name: with_suffix(name, suffix) for name in groups}


def with_suffix(name: str, suffix: str) -> str:
    """The name that something has once it is published.

    >>> with_suffix("my_nudge", "_emea"), with_suffix("my_nudge_emea", "_emea")
    ('my_nudge_emea', 'my_nudge_emea')
    """
    return name if name.endswith(suffix) else name + suffix


def _with_suffix(definition: Definition, suffix: str, groups: dict[str, str]) -> Definition:
    """A definition with the suffix in its name, and in the names of the draft's groups it uses."""
    name = str(definition.name)
    if not suffix or kind_of(definition).model is sdk.AttributeKey:
        return definition
    fields: dict[str, Any] = {"name": with_suffix(name, suffix)}
    for links in LINKS:
        if definition.__dict__.get(links):
            fields[links] = [
                each.model_copy(update={"name": groups.get(each.name, each.name)})
                for each in definition.__dict__[links]
            ]
    if isinstance(definition, sdk.RuleIntervention):
        fields["criteria"] = _renamed(definition.criteria, groups)
    return definition.model_copy(update=fields)


def _renamed(criteria: Any, groups: dict[str, str]) -> Any:
    for combination in ("all", "any", "none"):
        parts = getattr(criteria, combination, None)
        if parts is not None:
            return criteria.model_copy(
                update={combination: [_renamed(part, groups) for part in parts]}
            )
    group, _, attribute = criteria.attribute.partition(":")
    return criteria.model_copy(update={"attribute": f"{groups.get(group, group)}:{attribute}"})


def _marked(definition: Definition) -> Definition:
    """The definition, with a description that says that this app made it."""
    description = (definition.description or "").strip()
    if MADE_BY_THIS_APP in description or isinstance(definition, sdk.AttributeKey):
        return definition
    return definition.model_copy(
        update={"description": f"{description} {MADE_BY_THIS_APP}".strip()}
    )


# Versions


def _is_versioned(definition: Definition) -> bool:
    return kind_of(definition).is_versioned


def _is_live_without_versions(definition: Definition, registry: Registry) -> bool:
    found = registry.find(definition)
    is_live = found is not None and (found.live is not None or found.has_live_version)
    return is_live and not _is_versioned(definition)


def _is_published(definition: Definition, registry: Registry) -> bool:
    """Whether this version of a definition is published."""
    found = registry.find(definition)
    version = definition.__dict__.get("version")
    return found is not None and any(
        each.is_published and each.__dict__.get("version") == version for each in found.versions
    )


def _is_in_place(definition: Definition, registry: Registry) -> bool:
    """Whether a definition is published as it is. Keys are published with their groups."""
    if isinstance(definition, sdk.AttributeKey):
        return True
    found = registry.find(definition)
    if found is None or found.live is None or not _is_same(found.live, definition):
        return False
    return not _is_versioned(definition) or found.live.version == definition.__dict__["version"]


def _version(definition: Definition, registry: Registry) -> int:
    """The version that a definition becomes: its own, unless that is published and computes
    something else; then the next free one."""
    wanted = int(definition.__dict__.get("version") or 1)
    found = registry.find(definition)
    if found is None or not _is_versioned(definition):
        return wanted
    same = next((each for each in found.versions if _is_same(each, definition)), None)
    if same is not None and (same.is_published or same.version == wanted):
        return int(same.version)
    live = [int(each.version) for each in found.versions if each.is_published]
    if wanted > max(live, default=0):
        return wanted
    newest = int(found.newest.version)
    return newest if newest not in live else newest + 1


def _is_same(old: Definition, new: Definition) -> bool:
    """Whether two versions of one definition compute the same."""
    return _computation(old) == _computation(new)


def _computation(definition: Definition) -> dict[str, Any]:
    """What a definition computes, without what only describes it."""
    dumped: dict[str, Any] = definition.model_dump(
        mode="json", exclude_none=True, by_alias=True, exclude=SAYS_NOTHING
    )
    for each in [dumped.get("attribute_key", {}), *dumped.get("attributes", [])]:
        for name in ("description", "owner", "is_published"):
            each.pop(name, None)
    return dumped


def _with_version(definition: Definition, registry: Registry) -> Definition:
    if not _is_versioned(definition):
        return definition
    return definition.model_copy(update={"version": _version(definition, registry)})


def _with_links(definition: Definition, versions: dict[str, int]) -> Definition:
    """A definition that names the new versions of the draft's groups."""
    fields = {
        links: [
            each.model_copy(update={"version": versions.get(each.name, each.version)})
            for each in definition.__dict__[links]
        ]
        for links in LINKS
        if definition.__dict__.get(links)
    }
    return definition.model_copy(update=fields)


def _replaced(definitions: Sequence[Definition], registry: Registry) -> list[Definition]:
    """The published versions that the draft replaces, each before what it uses."""
    replaced = []
    for kind in (INTERVENTION, GROUP):
        for each in definitions:
            found = registry.find(each) if kind_of(each) is kind else None
            if found is not None:
                older = [old for old in found.versions if old.is_published]
                replaced += [
                    old
                    for old in older
                    if old.version != each.__dict__["version"]
                    and not _readers(old, definitions, registry)
                ]
    return replaced


def _readers(group: Definition, definitions: Sequence[Definition], registry: Registry) -> list[str]:
    """What reads this version of a group, is published and not in the draft: services, and
    interventions that send its values. One that cannot be read may be published."""
    redefined = {(kind_of(each), each.name) for each in definitions}
    link = (group.name, group.__dict__.get("version"))
    readers = [
        each.name
        for each in registry.found
        if each.live is not None and (each.kind, each.name) not in redefined
        if link in [(to.name, to.version or 1) for to in _links(each)]
    ]
    return readers + [each.name for each in registry.unreadable if link in each.links]


def _links(found: Found) -> Sequence[Any]:
    """The versions of groups that a service reads, or that an intervention sends along."""
    if found.kind is SERVICE:
        return list(found.newest.attribute_groups)
    is_rule = found.kind is INTERVENTION
    return list(found.live.payload_attribute_groups or []) if is_rule and found.live else []


# What it means


def _note(definition: Definition, draft: Sequence[Definition], registry: Registry) -> str | None:
    """What publishing one definition would mean, if the API has it already."""
    found = registry.find(definition)
    if found is None or found.live is None:
        return None
    title = f"{found.kind.label} {code(found.name)}"
    if _is_same(found.live, definition):
        is_there = _is_in_place(definition, registry)
        return f"{title} computes the same as what is published." if is_there else None
    if not _is_versioned(definition):
        return f"{title} has no versions: publishing changes it for everybody who reads it."
    version = f"{title} becomes version {definition.__dict__['version']}"
    if found.kind is INTERVENTION:
        return f"{version}. Users nudged by version {found.live.version} can be nudged again."
    readers = _readers(found.live, draft, registry)
    if readers:
        names = ", ".join(map(code, readers))
        return (
            f"{version}, which counts from zero. {names} keeps reading version"
            f" {found.live.version} unless it is in this draft too."
        )
    return f"{version}, which counts from zero: it has no values until the next event."


def difference(old: Definition, new: Definition) -> list[str]:
    """How one version differs from another, field by field, in Markdown.

    >>> old = sdk.Service(name="s", owner="a@example.com", attribute_groups=[{"name": "g"}])
    >>> difference(old, old.model_copy(update={"owner": "b@example.com"}))
    ['`owner`: `a@example.com` → `b@example.com`']
    """
    before, after = (_flat(each.model_dump(mode="json", exclude_none=True)) for each in (old, new))
    names = [each for each in {**before, **after} if each not in ("version", "is_published")]
    return [
        f"{code(name)}: {code(before.get(name, 'nothing'))} → {code(after.get(name, 'nothing'))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    """The leaves of nested dictionaries and lists by their paths. Named parts use their names."""
    if isinstance(value, dict):
        parts = [(str(name), part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [
            (str(part.get("name", n)) if isinstance(part, dict) else str(n), part)
            for n, part in enumerate(value)
        ]
    else:
        return {place: value}
    found: dict[str, Any] = {}
    for name, part in parts:
        found |= _flat(part, f"{place}.{name}" if place else name)
    return found
