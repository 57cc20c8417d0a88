"""Mistakes in definitions: the SDK refuses most before anything is sent, Signals the others."""

from snowplow_signals import (
    Attribute,
    Event,
    EventProperty,
    InterventionCriteriaAny,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    StreamAttributeGroup,
    user_id,
)
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.story.mistakes.given import Print
from lib.story.mistakes.mistake import Mistake


def no_property(signals: BaseSignalsWithApiClient) -> None:
    last_priority = Attribute(
        name="last_completed_task_priority",
        type="string",
        aggregation="last",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
    )
    group = StreamAttributeGroup(
        name="priorities",
        version=1,
        attribute_key=user_id,
        owner="you@example.com",
        attributes=[last_priority],
    )
    signals.publish([group])


def with_property(signals: BaseSignalsWithApiClient, print: Print) -> None:
    last_priority = Attribute(
        name="last_completed_task_priority",
        type="string",
        aggregation="last",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
        property=EventProperty(
            vendor="com.example", name="task_completed", major_version=1, path="priority"
        ),
    )
    group = StreamAttributeGroup(
        name="priorities",
        version=1,
        attribute_key=user_id,
        owner="you@example.com",
        attributes=[last_priority],
    )
    print(signals.publish([group])[0].name)


def attribute_without_group() -> None:
    InterventionCriterion(attribute="tasks_completed_count", operator=">=", value=5)


def attribute_with_group(print: Print) -> None:
    criterion = InterventionCriterion(
        attribute="project_engagement:tasks_completed_count", operator=">=", value=5
    )
    print(criterion.attribute)


def key_instead_of_link() -> None:
    RuleIntervention(
        name="power_user_nudge",
        version=1,
        owner="you@example.com",
        criteria=InterventionCriteriaAny(
            any=[InterventionCriterion(attribute="tasks:count", operator=">=", value=5)]
        ),
        target_attribute_keys=[user_id],
    )


def link_to_key(print: Print) -> None:
    nudge = RuleIntervention(
        name="power_user_nudge",
        version=1,
        owner="you@example.com",
        criteria=InterventionCriteriaAny(
            any=[InterventionCriterion(attribute="tasks:count", operator=">=", value=5)]
        ),
        target_attribute_keys=[LinkAttributeKey(name="user_id")],
    )
    print(nudge.target_attribute_keys)


def owner_is_no_email(count: Attribute) -> None:
    StreamAttributeGroup(
        name="project_engagement", attribute_key=user_id, owner="me", attributes=[count]
    )


def owner_is_an_email(count: Attribute, print: Print) -> None:
    group = StreamAttributeGroup(
        name="project_engagement",
        attribute_key=user_id,
        owner="you@example.com",
        attributes=[count],
    )
    print(group.owner)


def name_instead_of_key(count: Attribute) -> None:
    StreamAttributeGroup(
        name="project_engagement",
        attribute_key="user_id",
        owner="you@example.com",
        attributes=[count],
    )


def built_in_key(count: Attribute, print: Print) -> None:
    group = StreamAttributeGroup(
        name="project_engagement",
        attribute_key=user_id,
        owner="you@example.com",
        attributes=[count],
    )
    print(group.name)


def one_instead_of_list(signals: BaseSignalsWithApiClient, group: StreamAttributeGroup) -> None:
    signals.publish(group)


def a_list(signals: BaseSignalsWithApiClient, group: StreamAttributeGroup, print: Print) -> None:
    print(signals.publish([group])[0].name)


MISTAKES = (
    Mistake(
        "An aggregation without its property",
        "Only `counter`, `time_since_last` and `time_since_first` need no property. All others read"
        " a value, so they must know which.",
        no_property,
        with_property,
        "last aggregation requires a property to be set",
    ),
    Mistake(
        "An attribute without its group",
        "Two groups may have an attribute of the same name, so a criterion names the group too.",
        attribute_without_group,
        attribute_with_group,
        "attribute\n  String should match pattern",
    ),
    Mistake(
        "A key where a link belongs",
        "An attribute group takes the built-in key. An intervention takes a link to it.",
        key_instead_of_link,
        link_to_key,
        "Input should be a valid dictionary or instance of LinkAttributeKey",
    ),
    Mistake(
        "A name where a key belongs",
        "An attribute group takes the built-in key, not its name.",
        name_instead_of_key,
        built_in_key,
        "Input should be a valid dictionary or instance of AttributeKey",
    ),
    Mistake(
        "An owner that is no email address",
        "The owner is whom people ask about a definition.",
        owner_is_no_email,
        owner_is_an_email,
        "owner\n  value is not a valid email address",
    ),
    Mistake(
        "One definition instead of a list",
        "`publish` takes a list, even for a single definition.",
        one_instead_of_list,
        a_list,
        "object has no attribute 'model_copy'",
    ),
)
