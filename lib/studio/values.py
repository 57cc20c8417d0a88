"""The values of published groups, each read by its own key."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from snowplow_signals.signals import BaseSignalsWithApiClient


def group_values(
    signals: BaseSignalsWithApiClient, groups: Sequence[Any], identifiers: Mapping[str, str]
) -> dict[str, Any]:
    """The values of groups by `group:attribute`, for those whose key has an identifier.

    `identifiers` says who somebody is, by attribute key. Raises what the SDK raises.
    """
    values: dict[str, Any] = {}
    for group in groups:
        key = str(group.attribute_key.name)
        names = [each.name for each in group.attributes or []]
        if names and identifiers.get(key):
            answer = signals.get_group_attributes(
                group.name, group.version or 1, names, key, identifiers[key]
            )
            values |= {f"{group.name}:{name}": answer.get(name) for name in names}
    return values


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as an intervention brings them: by the attribute's name, as text, without nulls.

    >>> as_texts({"work:tasks": 3, "work:labels": ["a"], "work:last": None})
    {'tasks': '3', 'labels': '["a"]'}
    """
    return {
        name.rpartition(":")[2]: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }
