"""Compiled attribute definitions: which events count, which value they have, and how to aggregate.

A `ComputedGroup` is one version of an attribute group. It finds an event's identifier and the value
that the event has for each attribute. The attribute values are in `profiles.py`.

Values of the built-in attribute keys must be UUIDs: Signals silently ignores all others. Those of
other keys have a maximum length *(ours)*: see `limits`.

Sources: https://docs.snowplow.io/docs/signals/attributes/ and
https://docs.snowplow.io/docs/signals/concepts/
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from snowplow_signals.models.model import (
    Attribute,
    AttributeGroupInput,
    AttributeKeyInput,
)

from lib.sandbox.limits import TEXT_IN_IDENTIFIER, TEXT_IN_VALUE
from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.tracker_fields import is_uuid
from lib.sandbox.signals.aggregation import Aggregation
from lib.sandbox.signals.aggregations import AGGREGATIONS
from lib.sandbox.signals.criteria import criteria_cost, event_criteria_filter
from lib.sandbox.signals.properties import property_reader, reading_cost
from lib.sandbox.signals.scalars import is_scalar, json_text
from lib.sandbox.signals.values import converter, typed_value

BUILT_IN_KEYS = frozenset({"user_id", "domain_userid", "domain_sessionid", "network_userid"})
DEFAULT_TTL = timedelta(days=7)


def milliseconds(duration: timedelta) -> int:
    """A duration in whole milliseconds."""
    return duration // timedelta(milliseconds=1)


class ComputedAttribute:
    """One attribute of a group: which value it reads from an event, and how it aggregates them."""

    def __init__(self, definition: Attribute, group_ttl: timedelta | None) -> None:
        self.name = definition.name
        self.type = definition.type
        self._convert = converter(definition.type)
        self.default = typed_value(definition.type, definition.default_value)
        self.counts = event_criteria_filter(definition.events, definition.criteria)
        """Whether this attribute is computed from an event."""
        self._aggregation = AGGREGATIONS[definition.aggregation]
        self._read_property = (
            property_reader(definition.property) if definition.property is not None else None
        )
        self.needs_value = self._read_property is not None
        """Whether an event without a value leaves the attribute as it is."""
        self._period = milliseconds(definition.period) if definition.period else None
        self._time_unit = definition.time_unit
        self.cost = reading_cost(definition.property) + criteria_cost(definition.criteria)
        ttl = definition.ttl or group_ttl or DEFAULT_TTL
        self.ttl = milliseconds(ttl) if self._period is None else None

    def value_of(self, event: Event) -> Any:
        """The event's value for the attribute; None if the aggregation needs no property."""
        if self._read_property is None:
            return None
        value = self._read_property(event)
        return value if is_scalar(value) else None

    def new_aggregation(self) -> Aggregation:
        """An empty aggregation."""
        return self._aggregation(self._period, self._time_unit)

    def restored_aggregation(self, state: Any) -> Aggregation:
        """The aggregation whose state this was."""
        return self._aggregation.from_state(state, self._period, self._time_unit)

    def typed(self, value: Any) -> Any:
        """A value in the declared type; the default if it cannot be converted."""
        converted = self._convert(value)
        return self.default if converted is None else converted


class ComputedGroup:
    """One version of an attribute group, ready to compute.

    Only events collected at or after `published_at` (ms UTC) count.
    """

    def __init__(
        self,
        group_id: int,
        definition: AttributeGroupInput,
        key: "ComputedKey",
        published_at: int = 0,
    ) -> None:
        self.id = group_id
        self.published_at = published_at
        self.name = definition.name
        self.version = 1 if definition.version is None else definition.version
        self.key = key
        group_ttl = definition.ttl or key.ttl
        self.attributes = [
            ComputedAttribute(attribute, group_ttl) for attribute in definition.attributes or []
        ]
        self.index = {attribute.name: i for i, attribute in enumerate(self.attributes)}
        self.cost = sum(attribute.cost for attribute in self.attributes)

    def changes(self, event: Event, ignored: list[str] | None = None) -> list[tuple[int, Any]]:
        """The attributes that the event changes, as pairs of index and value.

        `ignored` gets the reasons why it does not change others that one might expect.
        """
        changes = []
        for index, attribute in enumerate(self.attributes):
            if not attribute.counts(event):
                continue
            value = attribute.value_of(event) if attribute.needs_value else None
            if isinstance(value, str) and len(value) > TEXT_IN_VALUE:
                if ignored is not None:
                    ignored.append(
                        f"{self.name}:{attribute.name} keeps its value, as the new one has more"
                        f" than {TEXT_IN_VALUE:,} characters"
                    )
            elif value is not None or not attribute.needs_value:
                changes.append((index, value))
        return changes


class ComputedKey:
    """An attribute key: how to find its identifier in an event."""

    def __init__(self, definition: AttributeKeyInput) -> None:
        self.name = definition.name
        self.ttl = definition.ttl
        self._read = _key_reader(definition)

    def identifier(self, event: Event) -> str | None:
        """The event's identifier for this key; None if it has none that Signals accepts.

        A value that is not text is named as in JSON *(ours)*: `true`, and `1` for 1.0 as well.
        """
        value = self._read(event)
        if self.name in BUILT_IN_KEYS:
            return value if is_uuid(value) else None
        if value is None or isinstance(value, dict | list):
            return None
        text = value if isinstance(value, str) else json_text(value)
        return text if 0 < len(text) <= TEXT_IN_IDENTIFIER and "\x00" not in text else None

    def complaint(self, event: Event) -> str:
        """Why the event has no identifier for this key."""
        value = self._read(event)
        if value is None:
            return f"the event has no {self.name}"
        if self.name in BUILT_IN_KEYS:
            return f"{self.name} is not a UUID, and Signals ignores values that are not"
        if isinstance(value, str) and len(value) > TEXT_IN_IDENTIFIER:
            return f"the event's {self.name} has more than {TEXT_IN_IDENTIFIER:,} characters"
        return f"the event's {self.name} cannot be an identifier"


def _key_reader(definition: AttributeKeyInput) -> Callable[[Event], Any]:
    if definition.property is not None:
        return property_reader(definition.property)
    column = definition.key or definition.name
    return lambda event: event.atomic.get(column)
