"""Definitions: what the plan says, as the SDK sends it."""

from dataclasses import replace
from datetime import timedelta

from lib.snowplow.definitions import (
    ATTRIBUTES,
    COUNT,
    PRIORITY,
    Names,
    Plan,
    as_json,
    attribute_group,
    intervention,
    service,
)

PLAN = Plan(owner="you@example.com", vendor="com.example")


def test_fewer_attributes_are_computed_when_fewer_are_chosen():
    group = attribute_group(replace(PLAN, attributes=(PRIORITY,)))
    assert [attribute.name for attribute in group.attributes or []] == [PRIORITY]


def test_completed_tasks_are_those_of_the_plan_s_event():
    plan = replace(PLAN, event="product_added", event_vendor="com.fjordandfell")
    attributes = {each.name: each for each in attribute_group(plan).attributes}
    for (event,) in (each.events for each in attributes.values()):
        assert (event.vendor, event.name) == ("com.fjordandfell", "product_added")
    priority = attributes[PRIORITY].property
    assert (priority.vendor, priority.name) == ("com.fjordandfell", "product_added")
    assert PLAN.completed == ("com.example", "task_completed")


def test_every_attribute_is_over_seven_days_by_default():
    attributes = attribute_group(PLAN).attributes or []
    assert [(each.name, each.period) for each in attributes] == [
        (name, timedelta(days=7)) for name in ATTRIBUTES
    ]


def test_a_suffix_is_in_every_name_and_in_what_the_intervention_looks_at():
    plan = replace(PLAN, names=Names("_emea"))
    group = attribute_group(plan)
    bundle, nudge = as_json(service(plan, group)), as_json(intervention(plan))
    assert (group.name, bundle["name"], nudge["name"]) == (
        "project_engagement_emea",
        "project_engagement_service_emea",
        "power_user_nudge_emea",
    )
    assert [each["name"] for each in bundle["attribute_groups"]] == [group.name]
    assert nudge["criteria"]["any"][0]["attribute"] == f"{group.name}:{COUNT}"


def test_the_nudge_comes_at_the_threshold_of_the_plan():
    (criterion,) = as_json(intervention(replace(PLAN, threshold=3)))["criteria"]["any"]
    assert (criterion["operator"], criterion["value"]) == (">=", 3)


def test_json_is_what_the_sdk_sends_when_it_publishes():
    sent = as_json(attribute_group(PLAN, version=2))
    assert (sent["version"], sent["is_published"], sent["owner"]) == (2, True, PLAN.owner)
