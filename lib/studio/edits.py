"""What the form does to a draft: each edit answers the draft with one thing changed.

The draft is the SDK's own models, so what the form has no field for stays as the Python has it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import snowplow_signals as sdk
from snowplow_signals.models.model import VersionedLinkAttributeGroup

from lib.snowplow.definitions import Plan
from lib.snowplow.tracking import EventName
from lib.studio.registry import attributes_in, kind_of
from lib.studio.vocabulary import KEYS, LINKS, Definition
from lib.text import told_apart

Draft = tuple[Definition, ...]
Path = tuple[int, ...]
COMBINATIONS: dict[str, Any] = {
    "all": sdk.InterventionCriteriaAll,
    "any": sdk.InterventionCriteriaAny,
    "none": sdk.InterventionCriteriaNone,
}


def replaced(draft: Draft, old: Definition, new: Definition) -> Draft:
    """The draft with one definition in the place of another."""
    return tuple(new if each is old else each for each in draft)


def without(draft: Draft, gone: Definition) -> Draft:
    """The draft without one definition, without links to it, and without services that read nothing
    else."""
    left = tuple(each for each in draft if each is not gone)
    if not isinstance(gone, sdk.AttributeGroup):
        return left
    return tuple(each for each in map(lambda one: _without_link(one, gone), left) if each)


def _without_link(definition: Definition, gone: sdk.AttributeGroup) -> Definition | None:
    field = next((each for each in LINKS if definition.__dict__.get(each)), "")
    if not field:
        return definition
    links = [
        each
        for each in definition.__dict__[field]
        if (each.name, each.version) != (gone.name, gone.version)
    ]
    if isinstance(definition, sdk.Service) and not links:
        return None
    return definition.model_copy(update={field: links or None})


def renamed(draft: Draft, definition: Definition, name: str) -> Draft:
    """The draft with another name for a definition. What names a group or a key of the draft
    follows."""
    new = definition.model_copy(update={"name": name})
    changed = replaced(draft, definition, new)
    if isinstance(definition, sdk.AttributeKey):
        return tuple(_with_key(each, definition, name) for each in changed)
    if not isinstance(definition, sdk.AttributeGroup):
        return changed
    return tuple(_following(each, str(definition.name), name) for each in changed)


def _with_key(definition: Definition, old: sdk.AttributeKey, name: str) -> Definition:
    """A definition that is about a key, once that has another name."""
    fields: dict[str, Any] = {}
    if definition.__dict__.get("attribute_key") == old:
        fields["attribute_key"] = old.model_copy(update={"name": name})
    if targets := definition.__dict__.get("target_attribute_keys"):
        fields["target_attribute_keys"] = [
            each.model_copy(update={"name": name}) if each.name == old.name else each
            for each in targets
        ]
    return definition.model_copy(update=fields) if fields else definition


def names_given_twice(draft: Draft) -> set[tuple[str, str]]:
    """The names that two definitions of one kind have, two attributes of one group, or two keys
    that are not the same: each with what has it."""
    keys = [getattr(each, "attribute_key", each) for each in draft]
    own = {
        (str(key.name), repr(key.property))
        for key in (*keys, *KEYS.values())
        if isinstance(key, sdk.AttributeKey)
    }
    named = [
        *(("attribute key", name) for name, _ in own),
        *(
            (kind_of(each).label.lower(), str(each.name))
            for each in draft
            if not isinstance(each, sdk.AttributeKey)
        ),
        *(
            (f"attribute of {each.name}", str(attribute.name))
            for each in draft
            for attribute in getattr(each, "attributes", None) or []
        ),
    ]
    return {each for each, count in Counter(named).items() if count > 1}


def new_names_of_rules(before: Draft, after: Draft) -> list[tuple[str, str]]:
    """The interventions that have another name now and are otherwise the same: old and new name."""
    old_names, new_names = ({each.name for each in _rules(draft)} for draft in (before, after))
    return [
        (str(old.name), str(new.name))
        for old in _rules(before)
        for new in _rules(after)
        if old.name not in new_names
        and new.name not in old_names
        and old.model_copy(update={"name": new.name}) == new
    ]


def _rules(draft: Draft) -> list[sdk.RuleIntervention]:
    return [each for each in draft if isinstance(each, sdk.RuleIntervention)]


def _following(definition: Definition, old: str, new: str) -> Definition:
    fields: dict[str, Any] = {}
    for links in LINKS:
        if definition.__dict__.get(links):
            fields[links] = [
                each.model_copy(update={"name": new}) if each.name == old else each
                for each in definition.__dict__[links]
            ]
    if isinstance(definition, sdk.RuleIntervention):
        fields["criteria"] = mapped(
            definition.criteria, lambda name: _moved(name, f"{old}:", f"{new}:")
        )
    return definition.model_copy(update=fields) if fields else definition


def _moved(name: str, old: str, new: str) -> str:
    return new + name.removeprefix(old) if name.startswith(old) else name


def mapped(criteria: Any, rename: Callable[[str], str]) -> Any:
    """A rule with other names for its attributes."""
    for combination in COMBINATIONS:
        parts = getattr(criteria, combination, None)
        if parts is not None:
            return criteria.model_copy(
                update={combination: [mapped(part, rename) for part in parts]}
            )
    return criteria.model_copy(update={"attribute": rename(criteria.attribute)})


# Attributes


def with_attributes(draft: Draft, group: sdk.AttributeGroup, attributes: Sequence[Any]) -> Draft:
    """The draft with other attributes in a group. Rules follow an attribute's new name."""
    new = group.model_copy(update={"attributes": list(attributes)})
    changed = replaced(draft, group, new)
    before = [each.name for each in group.attributes or []]
    after = [each.name for each in attributes]
    if len(before) != len(after):
        return changed
    names = {
        f"{group.name}:{old}": f"{group.name}:{now}"
        for old, now in zip(before, after, strict=True)
        if old != now
    }
    return tuple(
        each.model_copy(
            update={"criteria": mapped(each.criteria, lambda name: names.get(name, name))}
        )
        if names and isinstance(each, sdk.RuleIntervention)
        else each
        for each in changed
    )


def free_name(wanted: str, taken: Sequence[str]) -> str:
    """A name that is not taken.

    >>> free_name("count", ["count", "count_2"])
    'count_3'
    """
    numbered = (f"{wanted}_{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (wanted, *numbered) if each not in taken)


def new_attribute(group: sdk.AttributeGroup | None, completed: EventName) -> sdk.Attribute:
    """An attribute to begin with: it counts completed tasks."""
    taken = [each.name for each in (group.attributes if group is not None else None) or []]
    return sdk.Attribute(
        name=free_name("tasks", taken),
        type="int32",
        aggregation="counter",
        events=[sdk.Event(vendor=completed.vendor, name=completed.name, version="1-0-0")],
        default_value=0,
    )


# Definitions


def with_new_group(draft: Draft, plan: Plan) -> Draft:
    """The draft with a group and its service at the end."""
    names = [str(each.name) for each in draft]
    group = sdk.StreamAttributeGroup(
        name=free_name("my_group", names),
        version=1,
        attribute_key=sdk.user_id,
        owner=plan.owner,
        attributes=[new_attribute(None, plan.completed)],
    )
    service = sdk.Service(
        name=free_name(f"{group.name}_service", names), owner=plan.owner, attribute_groups=[group]
    )
    return (*draft, group, service)


def with_new_rule(draft: Draft, plan: Plan, known: Sequence[str]) -> Draft:
    """The draft with an intervention at the end, on the first attribute that there is. `known` are
    attributes of published groups."""
    attribute = (*attribute_names(draft), *known, "my_group:tasks")[0]
    rule = sdk.RuleIntervention(
        name=free_name("my_nudge", [str(each.name) for each in draft]),
        version=1,
        owner=plan.owner,
        criteria=sdk.InterventionCriteriaAll(
            all=[sdk.InterventionCriterion(attribute=attribute, operator=">=", value=3)]
        ),
        target_attribute_keys=[sdk.LinkAttributeKey(name="user_id")],
    )
    return (*draft, rule)


def attribute_names(draft: Sequence[Definition]) -> list[str]:
    """The attributes of the draft's groups, as rules name them."""
    return [
        f"{each.name}:{attribute.name}"
        for each in draft
        if isinstance(each, sdk.AttributeGroup)
        for attribute in each.attributes or []
    ]


def attribute_type(name: str, draft: Sequence[Definition]) -> str:
    """The type of an attribute that a rule names; empty if the draft does not say."""
    for each in draft:
        for attribute in getattr(each, "attributes", None) or []:
            if f"{each.name}:{attribute.name}" == name:
                return str(attribute.type)
    return ""


def groups_of(draft: Draft) -> list[tuple[str, int]]:
    """The draft's groups by name and version."""
    return [
        (str(each.name), each.version or 1)
        for each in draft
        if isinstance(each, sdk.AttributeGroup)
    ]


def links_to(groups: Sequence[tuple[str, int]]) -> list[VersionedLinkAttributeGroup]:
    """Links to groups, as services and interventions have them."""
    return [VersionedLinkAttributeGroup(name=name, version=version) for name, version in groups]


# Rules


def combination_of(criteria: Any) -> str:
    """`all`, `any` or `none`; empty for a single criterion."""
    return next((each for each in COMBINATIONS if getattr(criteria, each, None) is not None), "")


def parts_of(criteria: Any) -> list[Any]:
    """The parts of a combination; a single criterion is its own only part."""
    name = combination_of(criteria)
    return list(getattr(criteria, name)) if name else [criteria]


def combined(name: str, parts: Sequence[Any]) -> Any:
    """A combination of parts."""
    return COMBINATIONS[name].model_validate({name: list(parts)})


def part_at(criteria: Any, path: Path) -> Any:
    """The part of a rule at a path: the place in the rule, the place in that part, and so on."""
    return part_at(parts_of(criteria)[path[0]], path[1:]) if path else criteria


def with_part(criteria: Any, path: Path, new: Any | None) -> Any | None:
    """A rule with another part at a path, or without it. A combination inside that is left without
    parts goes too."""
    if not path:
        return new
    name, parts = combination_of(criteria) or "all", parts_of(criteria)
    part = with_part(parts[path[0]], path[1:], new)
    left = [*parts[: path[0]], *([] if part is None else [part]), *parts[path[0] + 1 :]]
    return combined(name, left) if left else None


def depth(criteria: Any) -> int:
    """How many combinations are in each other."""
    if not combination_of(criteria):
        return 0
    return 1 + max((depth(each) for each in parts_of(criteria)), default=0)


def unknown_attributes(draft: Draft, known: Sequence[str]) -> list[str]:
    """What the draft's rules name and nothing defines."""
    named = [
        name
        for each in draft
        if isinstance(each, sdk.RuleIntervention)
        for name in attributes_in(each.criteria)
    ]
    return sorted({*named} - {*attribute_names(draft), *known})


def labels(draft: Draft) -> list[str]:
    """What people call each definition of a draft: with its version where a name is there twice."""
    short = [_label(each) for each in draft]
    versions = [getattr(each, "version", None) for each in draft]
    return told_apart(
        f"{name} version {version}" if version and short.count(name) > 1 else name
        for name, version in zip(short, versions, strict=True)
    )


def _label(definition: Definition) -> str:
    word = {"Attribute group": "Group", "Intervention": "Nudge", "Attribute key": "Key"}
    kind = kind_of(definition).label
    return f"{word.get(kind, kind)}: {definition.name}"
