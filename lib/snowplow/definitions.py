"""Defining what Signals computes, with the Signals Python SDK.

An attribute group computes attributes from the events of each user. A service bundles groups under
one name for reading. An intervention is sent to a user whose attributes meet its criteria. These
are plain objects: nothing is sent until they are published (`publishing`).

Sources: https://docs.snowplow.io/docs/signals/attributes/ and
https://docs.snowplow.io/docs/signals/interventions/
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from snowplow_signals import (
    Attribute,
    AttributeGroup,
    Event,
    EventLog,
    EventProperty,
    InterventionCriteriaAny,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    StreamAttributeGroup,
    user_id,
)

from lib.snowplow.tracking import TASK_COMPLETED, EventName

GROUP = "project_engagement"
SERVICE = "project_engagement_service"
INTERVENTION = "power_user_nudge"
CONTEXT = "recent_activity"
COUNT = "tasks_completed_count"
PRIORITY = "last_completed_task_priority"
ATTRIBUTES = (COUNT, PRIORITY)  # published unless a plan leaves some out
MADE_BY_THIS_APP = "Made by the project app."


@dataclass(frozen=True)
class Names:
    """What the definitions are called. With a suffix, several demos can share an account.

    >>> Names("_emea").service
    'project_engagement_service_emea'
    """

    suffix: str = ""

    @property
    def group(self) -> str:
        return GROUP + self.suffix

    @property
    def service(self) -> str:
        return SERVICE + self.suffix

    @property
    def intervention(self) -> str:
        return INTERVENTION + self.suffix

    @property
    def context(self) -> str:
        return CONTEXT + self.suffix


DEFAULT_NAMES = Names()


class SomebodyElses(ValueError):
    """A definition with one of these names that this app did not make. `advice` says what to do."""

    advice = 'Set DEFINITIONS_SUFFIX, such as "_emea": then the app has its own names.'

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is somebody else's: this app did not make it.")


def is_made_here(found: Any) -> bool:
    """Whether this app made a definition that the API has."""
    return MADE_BY_THIS_APP in (found.description or "")


def refuse_others(*found: Any | None) -> None:
    """Raise `SomebodyElses` if this app did not make one of the definitions that the API has."""
    for each in found:
        if each is not None and not is_made_here(each):
            raise SomebodyElses(each.name)


@dataclass(frozen=True)
class Plan:
    """What a demo may change about the definitions. `period` is the rolling window, `attributes`
    names the attributes to publish. `event` is the event that completing a task tracks; its vendor
    is `vendor`, as for all others, unless `event_vendor` is given."""

    owner: str
    vendor: str
    threshold: int = 5
    period: timedelta = timedelta(days=7)
    attributes: tuple[str, ...] = ATTRIBUTES
    names: Names = DEFAULT_NAMES
    event: str = TASK_COMPLETED
    event_vendor: str = ""

    @property
    def completed(self) -> EventName:
        """The event that completing a task tracks."""
        return EventName(self.event_vendor or self.vendor, self.event)


def attribute_group(plan: Plan, version: int = 1) -> AttributeGroup:
    """Counts completed tasks and keeps the priority of the last one, per user over a period.

    An attribute names the events it is computed from, one of their properties, and the aggregation
    that turns them into one value. The group's attribute key says whose value it is. Only events
    after publishing count.
    """
    vendor, name = plan.completed
    task_completed = Event(vendor=vendor, name=name, version="1-0-0")
    count = Attribute(
        name=COUNT,
        description="Tasks completed in the period",
        type="int32",
        events=[task_completed],
        aggregation="counter",
        period=plan.period,
    )
    last_priority = Attribute(
        name=PRIORITY,
        description="Priority of the task completed last",
        type="string",
        events=[task_completed],
        aggregation="last",
        property=EventProperty(vendor=vendor, name=name, major_version=1, path="priority"),
        period=plan.period,
    )
    attributes = [count, last_priority]
    return StreamAttributeGroup(
        name=plan.names.group,
        version=version,
        description=f"What a user does in the project tool. {MADE_BY_THIS_APP}",
        attribute_key=user_id,
        owner=plan.owner,
        attributes=[each for each in attributes if each.name in plan.attributes],
    )


def service(plan: Plan, group: AttributeGroup) -> Service:
    """Bundles the attribute group under a name that the application reads."""
    return Service(
        name=plan.names.service,
        description=f"What the project tool reads about a user. {MADE_BY_THIS_APP}",
        owner=plan.owner,
        attribute_groups=[group],
    )


def intervention(plan: Plan, version: int = 1) -> RuleIntervention:
    """Nudges a user who completed enough tasks in the period.

    It is sent when an event makes the criteria true, once to each target.
    """
    return RuleIntervention(
        name=plan.names.intervention,
        version=version,
        description=f"Nudges a user who completes many tasks. {MADE_BY_THIS_APP}",
        owner=plan.owner,
        criteria=InterventionCriteriaAny(
            any=[
                InterventionCriterion(
                    attribute=f"{plan.names.group}:{COUNT}",
                    operator=">=",
                    value=plan.threshold,
                )
            ]
        ),
        target_attribute_keys=[LinkAttributeKey(name="user_id")],
    )


def as_json(definition: AttributeGroup | Service | RuleIntervention | EventLog) -> dict[str, Any]:
    """A definition as the SDK sends it when it publishes."""
    sent: dict[str, Any] = definition.model_copy(update={"is_published": True}).model_dump(
        mode="json", exclude_none=True, by_alias=True
    )
    return sent
