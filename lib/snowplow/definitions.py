"""Defining and publishing what Signals computes, with the Signals Python SDK.

An attribute group computes attributes from the events of each user. A service gives groups a name
to read them by. An intervention is sent to a user whose attributes meet its criteria. A published
version cannot change what it computes, so a changed definition becomes the next version, and the
one that it replaces is unpublished.

Sources: https://docs.snowplow.io/docs/signals/attributes/ and
https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from snowplow_signals import (
    Attribute,
    AttributeGroup,
    Event,
    EventProperty,
    InterventionCriteriaAny,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    SignalsAPIError,
    StreamAttributeGroup,
    user_id,
)
from snowplow_signals.signals import BaseSignalsWithApiClient

GROUP = "project_engagement"
SERVICE = "project_engagement_service"
INTERVENTION = "power_user_nudge"
COUNT = "tasks_completed_count"
PRIORITY = "last_completed_task_priority"
ATTRIBUTES = (COUNT, PRIORITY)  # published unless a plan leaves some out
MADE_BY_THIS_APP = "Made by the project app."
NOT_FOUND = 404


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


@dataclass(frozen=True)
class Plan:
    """What a demo may change about the definitions. `period` is the rolling window, `attributes`
    names the attributes to publish."""

    owner: str
    vendor: str
    threshold: int = 5
    period: timedelta = timedelta(days=7)
    attributes: tuple[str, ...] = ATTRIBUTES
    names: Names = Names()


# The three definitions


def attribute_group(plan: Plan, version: int = 1) -> AttributeGroup:
    """Counts completed tasks and keeps the priority of the last one, per user over a period.

    An attribute names the events it is computed from, a property of theirs, and the aggregation
    that makes one value of them. The group's key says whose value it is. Events count from the
    moment of publishing.
    """
    task_completed = Event(vendor=plan.vendor, name="task_completed", version="1-0-0")
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
        property=EventProperty(
            vendor=plan.vendor, name="task_completed", major_version=1, path="priority"
        ),
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
        description=f"What the project tool reads of a user. {MADE_BY_THIS_APP}",
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


# Publishing


@dataclass(frozen=True)
class Published:
    """What the API says about the definitions. Each is as it answers, or None if there is none."""

    group: Any | None = None
    service: Any | None = None
    intervention: Any | None = None

    @property
    def is_complete(self) -> bool:
        """Whether group, service and intervention are all published."""
        return all(
            each is not None and each.is_published
            for each in (self.group, self.service, self.intervention)
        )

    @property
    def is_there(self) -> bool:
        """Whether the API has at least one of them, published or not."""
        return any(each is not None for each in (self.group, self.service, self.intervention))

    @property
    def is_any(self) -> bool:
        """Whether at least one of them is published."""
        return any(
            each is not None and each.is_published
            for each in (self.group, self.service, self.intervention)
        )

    @property
    def version(self) -> int | None:
        """The version of the group that the API has, published or not; None if there is none."""
        return None if self.group is None else int(self.group.version or 1)

    @property
    def threshold(self) -> float | None:
        """The number at which the published intervention triggers; None if there is none."""
        is_published = self.intervention is not None and self.intervention.is_published
        return _threshold(self.intervention) if is_published else None


def publish(signals: BaseSignalsWithApiClient, plan: Plan) -> Published:
    """Publish all three in one call; returns what the API says afterwards.

    Raises `pydantic.ValidationError` for invalid definitions, `SignalsAPIError` if the API refuses,
    and `httpx.HTTPError` if it cannot be reached.
    """
    old = published(signals, plan.names)
    group, bundle, nudge = next_definitions(plan, old)
    signals.publish([group, bundle, nudge])
    replaced = [
        each
        for each, new in ((old.intervention, nudge), (old.group, group))
        if each is not None and each.is_published and each.version != new.version
    ]
    for each in replaced:
        signals.unpublish([definition_of(each)])
    return published(signals, plan.names)


def unpublish(signals: BaseSignalsWithApiClient, names: Names = Names()) -> Published:
    """Unpublish all three; returns what the API says afterwards. Raises as `publish` does.

    The group comes last: the API does not unpublish a group while a published service uses it.
    """
    current = published(signals, names)
    for each in (current.intervention, current.service, current.group):
        if each is not None and each.is_published:
            signals.unpublish([definition_of(each)])
    return published(signals, names)


def published(
    signals: BaseSignalsWithApiClient, names: Names = Names(), *, is_whole: bool = True
) -> Published:
    """What the API says about the three definitions. Raises `SignalsAPIError`, `httpx.HTTPError`.

    If `is_whole` is false and there is no group, the other two are not asked for: they cannot work
    without it.
    """
    group = _unless_unknown(lambda: signals.get_attribute_group(names.group))
    if group is None and not is_whole:
        return Published()
    return Published(
        group=group,
        service=_unless_unknown(lambda: signals.registry.get_service(names.service)),
        intervention=_unless_unknown(lambda: signals.interventions.get(names.intervention)),
    )


def clean_up(signals: BaseSignalsWithApiClient, names: Names = Names()) -> list[str]:
    """Unpublish and delete every version that this app made; returns the names of those it kept.

    A definition with one of these names, but without this app's description, is somebody else's.
    It stays, and so does the group that it uses. Raises as `publish` does.
    """
    found = _every_version(signals, names)
    others = [each for each in found if MADE_BY_THIS_APP not in (each.description or "")]
    if any(each.name != names.group for each in others):  # it uses the group
        others += [each for each in found if each.name == names.group and each not in others]
    ours = [each for each in found if each not in others]
    for each in ours:
        if each.is_published:
            signals.unpublish([definition_of(each)])
    for each in ours:
        signals.delete([definition_of(each)])
    return [each.name for each in others]


def _every_version(signals: BaseSignalsWithApiClient, names: Names) -> list[Any]:
    """Everything with these names: users before what they use, the newest version first."""
    newest = published(signals, names)

    def older(latest: Any | None, read: Callable[[int], Any]) -> list[Any]:
        versions = range(int(latest.version) - 1, 0, -1) if latest is not None else ()
        return [_unless_unknown(partial(read, version)) for version in versions]

    interventions = older(
        newest.intervention,
        lambda version: signals.interventions.get(names.intervention, version=version),
    )
    groups = older(newest.group, lambda version: signals.get_attribute_group(names.group, version))
    found = [newest.intervention, *interventions, newest.service, newest.group, *groups]
    return [each for each in found if each is not None]


def _unless_unknown(read: Callable[[], Any]) -> Any | None:
    try:
        return read()
    except SignalsAPIError as error:
        if error.status_code == NOT_FOUND:
            return None
        raise


# Versions


def next_definitions(
    plan: Plan, old: Published
) -> tuple[AttributeGroup, Service, RuleIntervention]:
    """The definitions to publish for a plan, in the versions that follow those that exist.

    Raises `pydantic.ValidationError` for an invalid plan.
    """
    group = attribute_group(plan, next_version(old.group, attribute_group(plan)))
    nudge = intervention(plan, next_version(old.intervention, intervention(plan)))
    return group, service(plan, group), nudge


def next_version(old: Any | None, new: AttributeGroup | RuleIntervention) -> int:
    """The version to publish: the old one if it computes the same, else the next; 1 at first."""
    if old is None:
        return 1
    is_same = _computation(definition_of(old)) == _computation(new)
    return int(old.version) + (0 if is_same else 1)


def _computation(definition: Any) -> dict[str, Any]:
    computed = {"attributes", "criteria", "target_attribute_keys"}
    dumped: dict[str, Any] = definition.model_dump(mode="json", include=computed, exclude_none=True)
    return dumped


# Reading what the API says


def plan_of(seen: Published, default: Plan) -> Plan:
    """The plan that leads to what the API has, published or not; the default where it has nothing.

    The intervention needs the count, so without it the plan has the default's attributes.
    """
    attributes = (seen.group.attributes or []) if seen.group is not None else []
    names = tuple(each.name for each in attributes)
    threshold = _threshold(seen.intervention)
    return replace(
        default,
        owner=seen.group.owner if seen.group is not None else default.owner,
        threshold=default.threshold if threshold is None else int(threshold),
        period=next((each.period for each in attributes if each.period), default.period),
        attributes=names if COUNT in names else default.attributes,
    )


def _threshold(intervention: Any | None) -> float | None:
    """The number of completed tasks at which an intervention fires, if its criteria have one."""
    criteria = intervention.criteria if intervention is not None else None
    for criterion in getattr(criteria, "any", None) or getattr(criteria, "all", None) or []:
        is_count = str(getattr(criterion, "attribute", "")).endswith(f":{COUNT}")
        if is_count and isinstance(criterion.value, int | float):
            return criterion.value
    return None


def definition_of(answer: Any) -> Any:
    """An answer of the API as the SDK's class for defining it."""
    if isinstance(answer, Service):
        return answer
    model = RuleIntervention if hasattr(answer, "criteria") else AttributeGroup
    return model.model_validate(answer.model_dump(mode="json", exclude_none=True, by_alias=True))


def as_json(definition: AttributeGroup | Service | RuleIntervention) -> dict[str, Any]:
    """A definition as the SDK sends it when it publishes."""
    sent: dict[str, Any] = definition.model_copy(update={"is_published": True}).model_dump(
        mode="json", exclude_none=True, by_alias=True
    )
    return sent


def difference(before: Published, after: Published) -> str:
    """What publishing changed, in a sentence for a person."""
    if not after.is_complete:
        return "The nudge is not published: its intervention needs an attribute that is left out."
    if before == after:
        return "All of this was already published."
    old, new = before.group, after.group
    if old is not None and new is not None and old.version != new.version:
        return "Published. The new version of the group counts from zero."
    if old is not None and old.is_published:
        return "Published. The count continues."
    return "Published. Events count from now on."
