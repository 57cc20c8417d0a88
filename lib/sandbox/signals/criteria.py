"""Which events an attribute is computed from: its list of events, then its criteria.

Differs from Snowplow's *(ours)*: an event specification is recognized by the entity that Snowtype
attaches, as the sandbox has no tracking plans in which to look it up.

Source: https://docs.snowplow.io/docs/signals/attributes/
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from snowplow_signals.models.model import Criteria, SignalsApiModelsViewCriterionCriterion

from lib.sandbox.pipeline.events import Entity, Event
from lib.sandbox.signals.operators import comparison, cost
from lib.sandbox.signals.properties import property_reader, reading_cost

EventTest = Callable[[Event], bool]

SPECIFICATION_VENDOR = "com.snowplowanalytics.snowplow"
SPECIFICATION_NAME = "event_specification"
SPECIFICATIONS_AT_MOST = 10  # looked at in an event, which has one


class EventDefinition(Protocol):
    """What the SDK's event models for attributes and for event logs have in common."""

    name: str | None
    vendor: str | None
    version: str | None
    event_specification_id: str | None


def criteria_filter(criteria: Criteria | None) -> EventTest:
    """A test of whether an event meets the criteria; if `all` and `any` are set, both must hold.

    Every event meets no criteria, an empty `all` and an empty `any` *(ours)*.
    """
    if criteria is None:
        return _always
    every = [_criterion_test(criterion) for criterion in criteria.all or []]
    some = [_criterion_test(criterion) for criterion in criteria.any or []]
    return lambda event: (
        all(test(event) for test in every) and (not some or any(test(event) for test in some))
    )


def criteria_cost(criteria: Criteria | None) -> int:
    """About how many steps they may take: see `Engine.cost`."""
    if criteria is None:
        return 0
    tested = [*(criteria.all or []), *(criteria.any or [])]
    return sum(cost(each.operator) + reading_cost(each.property) - 1 for each in tested)


def _criterion_test(criterion: SignalsApiModelsViewCriterionCriterion) -> EventTest:
    read, test = (
        property_reader(criterion.property),
        comparison(criterion.operator, criterion.value),
    )
    return lambda event: test(read(event))


def event_criteria_filter(
    events: Sequence[EventDefinition], criteria: Criteria | None
) -> EventTest:
    """A test of whether an event is one of those listed and meets the criteria."""
    is_listed = event_filter(events)
    if criteria is None:  # the usual case
        return is_listed
    meets = criteria_filter(criteria)
    return lambda event: is_listed(event) and meets(event)


def event_filter(events: Sequence[EventDefinition]) -> EventTest:
    """A test of whether an event is one of those listed; an empty list matches every event."""
    tests = [_event_test(definition) for definition in events]
    if not tests:
        return _always
    if len(tests) == 1:  # the usual case
        return tests[0]
    return lambda event: any(test(event) for test in tests)


def _always(event: Event) -> bool:
    return True


def _event_test(definition: EventDefinition) -> EventTest:
    name, vendor, version = definition.name, definition.vendor, definition.version
    if definition.event_specification_id is not None:
        return _specification_test(definition.event_specification_id)
    return lambda event: (
        (name is None or event.name == name)
        and (vendor is None or event.vendor == vendor)
        and (version is None or event.version == version)
    )


def _specification_test(specification_id: str) -> EventTest:
    def is_it(entity: Entity) -> bool:
        return isinstance(entity.data, dict) and entity.data.get("id") == specification_id

    def has_it(event: Event) -> bool:
        attached = event.entities_of(SPECIFICATION_VENDOR, SPECIFICATION_NAME, None)
        return any(map(is_it, attached[:SPECIFICATIONS_AT_MOST]))

    return has_it
