"""What arrives with an intervention."""

import snowplow_signals as sdk

from lib.studio.edits import links_to
from lib.studio.payload import brought


def group(name: str, *attributes: str) -> sdk.StreamAttributeGroup:
    return sdk.StreamAttributeGroup(
        name=name,
        version=1,
        attribute_key=sdk.user_id,
        owner="a@example.com",
        attributes=[
            sdk.Attribute(name=each, type="int32", aggregation="counter", events=[])
            for each in attributes
        ],
    )


GROUPS = [group("work", "tasks", "minutes"), group("extra", "label", "tasks"), group("unused", "x")]


def rule(**more: object) -> sdk.RuleIntervention:
    criterion = sdk.InterventionCriterion(attribute="work:tasks", operator=">", value=1)
    criteria = sdk.InterventionCriteriaAll(all=[sdk.InterventionCriteriaAny(any=[criterion])])
    return sdk.RuleIntervention.model_validate(
        {"name": "n", "version": 1, "owner": "a@example.com", "criteria": criteria, **more}
    )


def test_all_attributes_of_the_groups_in_the_rule_arrive() -> None:
    assert brought(rule(), GROUPS) == ["tasks", "minutes"]


def test_so_do_those_of_the_groups_it_names_besides_each_once() -> None:
    links = links_to([("extra", 1)])
    assert brought(rule(payload_attribute_groups=links), GROUPS) == ["label", "tasks", "minutes"]


def test_nothing_is_said_of_groups_that_are_not_known() -> None:
    assert brought(rule(), []) == []
