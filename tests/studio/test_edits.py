"""Edits of the form change one thing, and leave everything else as it is."""

from dataclasses import replace
from typing import Any

import snowplow_signals as sdk
from hypothesis import given, settings

from lib.snowplow.definitions import Plan
from lib.studio import edits
from lib.studio.context_edits import new_context
from lib.studio.edits import part_at, parts_of, with_part
from lib.studio.registry import attributes_in
from tests.support import generated_definitions as generated
from tests.support.sandbox import attribute, criterion, every, group, intervention, none, service

PLAN = Plan("you@example.com", "com.example")
GROUP = group(attribute("value"))
DRAFT = (GROUP, service(GROUP), intervention(every(criterion("things:value", "is null"))))


def paths(criteria: Any) -> list[edits.Path]:
    if not edits.combination_of(criteria):
        return []
    inner = enumerate(parts_of(criteria))
    return [
        path for at, part in inner for path in ((at,), *((at, *below) for below in paths(part)))
    ]


@given(generated.rules)
@settings(max_examples=30)
def test_putting_back_a_part_of_a_rule_changes_nothing(criteria: Any) -> None:
    for path in paths(criteria):
        assert with_part(criteria, path, part_at(criteria, path)) == criteria


@given(generated.groups)
@settings(max_examples=30)
def test_putting_back_the_attributes_of_a_group_changes_nothing(each: Any) -> None:
    assert edits.with_attributes((each,), each, each.attributes or []) == (
        (each,) if each.attributes is not None else (each.model_copy(update={"attributes": []}),)
    )


def test_a_renamed_group_is_renamed_where_it_is_named() -> None:
    first, bundle, nudge = edits.renamed(DRAFT, GROUP, "others")

    assert first.name == bundle.attribute_groups[0].name == "others"
    assert list(attributes_in(nudge.criteria)) == ["others:value"]


def test_a_rule_follows_an_attributes_new_name() -> None:
    changed = edits.with_attributes(DRAFT, GROUP, [attribute("other")])

    assert list(attributes_in(changed[2].criteria)) == ["things:other"]


def test_a_removed_group_takes_along_a_service_that_reads_nothing_else() -> None:
    assert edits.without(DRAFT, GROUP) == DRAFT[2:]


def test_a_removed_group_is_not_brought_along_any_more() -> None:
    link = edits.links_to([("things", 1)])
    rule = DRAFT[2].model_copy(update={"payload_attribute_groups": link})

    (left,) = edits.without((GROUP, rule), GROUP)
    assert left.payload_attribute_groups is None


def test_a_renamed_key_is_renamed_where_it_is_named() -> None:
    plan = sdk.EntityProperty(vendor="com.example", name="project", major_version=1, path="plan")
    key = sdk.AttributeKey(name="plan", property=plan)
    mine = GROUP.model_copy(update={"attribute_key": key})
    rule = DRAFT[2].model_copy(
        update={"target_attribute_keys": [sdk.LinkAttributeKey(name=str(key.name))]}
    )
    _, group_after, rule_after = edits.renamed((key, mine, rule), key, "tariff")

    assert group_after.attribute_key.name == "tariff"
    assert [each.name for each in rule_after.target_attribute_keys] == ["tariff"]


def test_a_combination_without_parts_goes_too() -> None:
    one = criterion("g:a", "is null")

    assert with_part(every(one, none(one)), (1, 0), None) == every(one)


def test_new_definitions_have_names_of_their_own() -> None:
    twice = edits.with_new_group(edits.with_new_group((), PLAN), PLAN)

    assert len({each.name for each in twice}) == 4


def test_new_definitions_begin_with_the_event_in_use() -> None:
    plan = replace(PLAN, event="product_added", event_vendor="com.fjordandfell")
    group, _ = edits.with_new_group((), plan)
    (log,) = new_context((), plan)
    (counted,) = group.attributes[0].events
    for event in (counted, log.events[0].event):
        assert (event.vendor, event.name) == ("com.fjordandfell", "product_added")


def test_a_new_rule_is_on_an_attribute_that_there_is() -> None:
    draft = edits.with_new_rule(edits.with_new_group((), PLAN), PLAN, [])

    assert isinstance(draft[-1], sdk.RuleIntervention)
    assert edits.unknown_attributes(draft, []) == []


def test_a_rule_on_nothing_is_noticed() -> None:
    assert edits.unknown_attributes(DRAFT[2:], []) == ["things:value"]
    assert edits.unknown_attributes(DRAFT[2:], ["things:value"]) == []


def test_a_rule_that_has_only_another_name_is_renamed() -> None:
    new = DRAFT[2].model_copy(update={"name": "other"})

    assert edits.new_names_of_rules(DRAFT, (GROUP, new)) == [("nudge", "other")]


def test_a_rule_that_asks_for_something_else_is_another_one() -> None:
    other = intervention(criterion("things:value", "is not null"), name="other")

    assert edits.new_names_of_rules(DRAFT, (GROUP, other)) == []


def test_definitions_of_one_name_are_called_by_their_versions() -> None:
    second = GROUP.model_copy(update={"version": 2})
    assert edits.labels((GROUP, second, DRAFT[1])) == [
        "Group: things version 1",
        "Group: things version 2",
        f"Service: {DRAFT[1].name}",
    ]
    assert edits.labels((DRAFT[1], DRAFT[1])) == [
        f"Service: {DRAFT[1].name}",
        f"Service: {DRAFT[1].name} (2)",
    ]
