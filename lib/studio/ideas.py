"""The definitions behind each template, for a plan's owner and vendor."""

from datetime import timedelta
from typing import Any

from snowplow_signals import (
    AtomicProperty,
    Attribute,
    AttributeGroup,
    AttributeKey,
    Criteria,
    Criterion,
    EntityProperty,
    Event,
    EventProperty,
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    StreamAttributeGroup,
    domain_sessionid,
    user_id,
)

from lib.snowplow import contexts, definitions
from lib.snowplow.definitions import Plan
from lib.snowplow.tracking import TASK_COMPLETED, EventName
from lib.studio.vocabulary import Definition

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
TO_USER = [LinkAttributeKey(name="user_id")]


def _named(plan: Plan, name: str) -> EventName:
    """An event of the app, by its name in this module."""
    return plan.completed if name == TASK_COMPLETED else EventName(plan.vendor, name)


def _event(plan: Plan, name: str) -> Event:
    event = _named(plan, name)
    return Event(vendor=event.vendor, name=event.name, version="1-0-0")


def _field(plan: Plan, name: str, path: str) -> EventProperty:
    event = _named(plan, name)
    return EventProperty(vendor=event.vendor, name=event.name, major_version=1, path=path)


def _group(plan: Plan, name: str, *attributes: Attribute, key: Any = user_id) -> AttributeGroup:
    return StreamAttributeGroup(
        name=name, version=1, attribute_key=key, owner=plan.owner, attributes=list(attributes)
    )


def _service(plan: Plan, name: str, *groups: AttributeGroup) -> Service:
    return Service(name=name, owner=plan.owner, attribute_groups=list(groups))


def _served(plan: Plan, group: AttributeGroup) -> list[Definition]:
    return [group, _service(plan, f"{group.name}_service", group)]


def _nudge(plan: Plan, name: str, criteria: Any, **more: Any) -> RuleIntervention:
    return RuleIntervention(
        name=name,
        version=1,
        owner=plan.owner,
        criteria=criteria,
        target_attribute_keys=TO_USER,
        **more,
    )


def _rule(attribute: str, operator: Any, value: Any = None) -> InterventionCriterion:
    return InterventionCriterion(attribute=attribute, operator=operator, value=value)


def _count(plan: Plan, name: str, event: str, period: timedelta | None = WEEK) -> Attribute:
    return Attribute(
        name=name,
        type="int32",
        aggregation="counter",
        events=[_event(plan, event)],
        period=period,
        default_value=0,
    )


# The ideas


def story(plan: Plan) -> list[Definition]:
    """What the app's story defines: a count, the last priority, and a nudge."""
    group = definitions.attribute_group(plan)
    return [group, definitions.service(plan, group), definitions.intervention(plan)]


def context(plan: Plan) -> list[Definition]:
    """What the assistant reads about a session."""
    return [contexts.recent_activity(plan)]


def high_priority(plan: Plan) -> list[Definition]:
    """A counter with criteria."""
    priority = _field(plan, "task_completed", "priority")
    attribute = Attribute(
        name="high_tasks_this_week",
        type="int32",
        aggregation="counter",
        events=[_event(plan, "task_completed")],
        criteria=Criteria(all=[Criterion.eq(priority, "high")]),
        period=WEEK,
        default_value=0,
    )
    return _served(plan, _group(plan, "urgent_work", attribute))


def minutes(plan: Plan) -> list[Definition]:
    """Sum, mean and maximum of a number."""

    def minutes(name: str, aggregation: Any) -> Attribute:
        return Attribute(
            name=name,
            type="double",
            aggregation=aggregation,
            events=[_event(plan, "time_logged")],
            property=_field(plan, "time_logged", "minutes"),
            period=WEEK,
        )

    attributes = [
        minutes("minutes_spent", "sum"),
        minutes("minutes_on_average", "mean"),
        minutes("minutes_at_most", "max"),
    ]
    return _served(plan, _group(plan, "time_spent", *attributes))


def active_days(plan: Plan) -> list[Definition]:
    """Distinct days, counted and listed."""
    day = AtomicProperty(name="derived_tstamp", date_part="active_day")
    attributes = [
        Attribute(
            name="days_active",
            type="int32",
            aggregation="approx_count_distinct",
            events=[],
            property=day,
            period=MONTH,
        ),
        Attribute(
            name="which_days",
            type="string_list",
            aggregation="unique_list",
            events=[],
            property=day,
            period=MONTH,
        ),
    ]
    return _served(plan, _group(plan, "habit", *attributes))


def busiest_hour(plan: Plan) -> list[Definition]:
    """The most frequent part of a date."""
    attribute = Attribute(
        name="busiest_hour",
        type="int32",
        aggregation="most_frequent",
        events=[_event(plan, "task_completed")],
        property=AtomicProperty(name="derived_tstamp", date_part="hour_of_day"),
        period=MONTH,
    )
    return _served(plan, _group(plan, "working_hours", attribute))


def favourite(plan: Plan) -> list[Definition]:
    """The most frequent value."""
    attribute = Attribute(
        name="favourite_priority",
        type="string",
        aggregation="most_frequent",
        events=[_event(plan, "task_completed")],
        property=_field(plan, "task_completed", "priority"),
        period=MONTH,
    )
    return _served(plan, _group(plan, "favourites", attribute))


def _by_priority(plan: Plan) -> list[Attribute]:
    def priorities(name: str, kind: Any, aggregation: Any) -> Attribute:
        return Attribute(
            name=name,
            type=kind,
            aggregation=aggregation,
            events=[_event(plan, "task_completed")],
            property=_field(plan, "task_completed", "priority"),
            period=WEEK,
        )

    return [
        priorities("tasks_by_priority", "dict", "category_count"),
        priorities("priorities_seen", "string_list", "unique_list"),
    ]


def mix(plan: Plan) -> list[Definition]:
    """How often each value occurs, and which there are."""
    return _served(plan, _group(plan, "mix_of_work", *_by_priority(plan)))


def recency(plan: Plan) -> list[Definition]:
    """The time since the last event, and since the first."""

    def days(name: str, aggregation: Any) -> Attribute:
        return Attribute(
            name=name,
            type="double",
            aggregation=aggregation,
            events=[_event(plan, "task_completed")],
            time_unit="d",
        )

    attributes = [
        days("days_since_last_task", "time_since_last"),
        days("days_since_first_task", "time_since_first"),
    ]
    return _served(plan, _group(plan, "recency", *attributes))


def session(plan: Plan) -> list[Definition]:
    """A profile of a session."""
    everything = Attribute(
        name="events_this_session", type="int32", aggregation="counter", events=[]
    )
    done = _count(plan, "tasks_this_session", "task_completed", None)
    group = _group(plan, "this_session", everything, done, key=domain_sessionid)
    return _served(plan, group)


def project_key(vendor: str) -> AttributeKey:
    """A custom key: the project that is attached to an event."""
    return AttributeKey(
        name="project_id",
        description="The project that an event is about",
        property=EntityProperty(vendor=vendor, name="project", major_version=1, path="project_id"),
    )


def project(plan: Plan) -> list[Definition]:
    """A profile of something that an entity names: a custom key."""
    people = Attribute(
        name="people_who_finish",
        type="int32",
        aggregation="approx_count_distinct",
        events=[_event(plan, "task_completed")],
        property=AtomicProperty(name="user_id"),
        period=WEEK,
    )
    done = _count(plan, "tasks_in_project", "task_completed")
    return _served(
        plan, _group(plan, "project_progress", done, people, key=project_key(plan.vendor))
    )


def two_groups(plan: Plan) -> list[Definition]:
    """One service that reads two groups."""
    output = _group(plan, "output", _count(plan, "finished_this_week", "task_completed"))
    views = Attribute(
        name="boards_opened",
        type="int32",
        aggregation="counter",
        events=[Event(vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0")],
        period=WEEK,
    )
    interest = _group(plan, "interest", views)
    return [output, interest, _service(plan, "whole_person", output, interest)]


def combined(plan: Plan) -> list[Definition]:
    """A rule with two levels."""
    priority = Attribute(
        name="last_priority",
        type="string",
        aggregation="last",
        events=[_event(plan, "task_completed")],
        property=_field(plan, "task_completed", "priority"),
        period=WEEK,
    )
    group = _group(
        plan,
        "momentum",
        _count(plan, "finished", "task_completed"),
        _count(plan, "reopened", "task_reopened"),
        priority,
    )
    criteria = InterventionCriteriaAll(
        all=[
            _rule("momentum:finished", ">=", 3),
            InterventionCriteriaAny(
                any=[
                    _rule("momentum:last_priority", "=", "high"),
                    _rule("momentum:finished", ">=", 6),
                ]
            ),
            InterventionCriteriaNone(none=[_rule("momentum:reopened", ">", 2)]),
        ]
    )
    return [*_served(plan, group), _nudge(plan, "on_a_roll", criteria)]


def changed(plan: Plan) -> list[Definition]:
    """A rule that is met whenever a value changes."""
    attribute = Attribute(
        name="current_focus",
        type="string",
        aggregation="last",
        events=[_event(plan, "task_completed")],
        property=_field(plan, "task_completed", "priority"),
    )
    nudge = _nudge(plan, "focus_changed", _rule("focus:current_focus", "changed"))
    return [*_served(plan, _group(plan, "focus", attribute)), nudge]


def payload(plan: Plan) -> list[Definition]:
    """A nudge whose payload has the attributes of another group."""
    trigger = _group(plan, "milestones", _count(plan, "finished_ever", "task_completed", None))
    facts = _group(plan, "facts", *_by_priority(plan))
    nudge = _nudge(
        plan,
        "milestone_with_facts",
        _rule("milestones:finished_ever", ">=", 3),
        payload_attribute_groups=[{"name": "facts", "version": 1}],
    )
    return [trigger, facts, _service(plan, "milestones_service", trigger, facts), nudge]


def from_session(plan: Plan) -> list[Definition]:
    """A rule about a session, sent to the user."""
    group = _group(
        plan,
        "burst",
        _count(plan, "finished_in_session", "task_completed", None),
        key=domain_sessionid,
    )
    nudge = _nudge(plan, "take_a_break", _rule("burst:finished_in_session", ">=", 4))
    return [*_served(plan, group), nudge]
