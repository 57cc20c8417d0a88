"""Interventions that are accepted and may never fire: what to say when one is published.

Snowplow accepts them silently, and so does the sandbox. The warnings *(ours)* go to the log, which
`python -m lib.sandbox` shows in its terminal.

Source: https://docs.snowplow.io/docs/signals/interventions/ (criteria, key constraints)
"""

import logging
from collections.abc import Iterator

from lib.sandbox.signals.attributes import BUILT_IN_KEYS
from lib.sandbox.signals.criteria_tree import references
from lib.sandbox.signals.definition import Definition
from lib.sandbox.signals.kinds import INTERVENTION, KEY
from lib.sandbox.signals.registry import Registry

TIME_ALONE = (
    "{title}: time alone never fires it. Its criteria name {attribute}, the time since an event,"
    " but they are evaluated only when an event changes an attribute that they name. To react to"
    " inactivity, read the attribute in your application."
)
NOT_UUIDS = (
    "{title}: it targets the key {key}. Interventions are sent only to identifiers that are UUIDs."
    " For any other value of {key} it never fires."
)
LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # silent, unless a program shows it


def warn(published: Definition, registry: Registry) -> None:
    """Log the traps of a definition that was published."""
    if published.kind is INTERVENTION and published.is_published:
        for trap in traps(published, registry):
            LOG.warning(trap)


def traps(intervention: Definition, registry: Registry) -> Iterator[str]:
    """Why a published intervention may never fire, in sentences."""
    keys = [link.name for link in intervention.model.target_attribute_keys or []]
    of_groups = []
    for name, attribute in dict.fromkeys(references(intervention.model.criteria)):
        group = registry.latest_published_group(name, attribute)
        if group is None:
            continue
        of_groups.append(group.model.attribute_key.name)
        if _is_elapsed_time(group, attribute):
            yield TIME_ALONE.format(title=intervention.title, attribute=f"{name}:{attribute}")
    for key in dict.fromkeys(keys or of_groups):
        if not _has_uuids(key, registry):
            yield NOT_UUIDS.format(title=intervention.title, key=key)


def _is_elapsed_time(group: Definition, attribute: str) -> bool:
    return any(
        each.name == attribute and each.aggregation.startswith("time_since_")
        for each in group.model.attributes
    )


def _has_uuids(key: str, registry: Registry) -> bool:
    """Whether the values of a key are UUIDs: those of built-in keys, or of a key on one."""
    if key in BUILT_IN_KEYS:
        return True
    found = registry.find(KEY, key)
    column = getattr(found.model.property, "name", None) if found else None
    kind = getattr(found.model.property, "type", None) if found else None
    return kind == "atomic" and column in BUILT_IN_KEYS
