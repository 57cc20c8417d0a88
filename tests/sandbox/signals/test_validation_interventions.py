"""Interventions that the API refuses with 422, and the reasons that it gives."""

from typing import Any

import pytest

from tests.support.definitions import problems
from tests.support.sandbox import HTTP, OWNER, World, attribute, criterion, group, intervention

LEAF = {"attribute": "things:count", "operator": ">=", "value": 5}
CHANGED = {"attribute": "things:count", "operator": "changed"}
MISPLACED = "changed is only valid alone or in an all"


def intervention_body(criteria: Any, **changes: Any) -> dict[str, Any]:
    return {
        "name": "nudge",
        "owner": OWNER,
        "is_published": True,
        "criteria": criteria,
        **changes,
    }


@pytest.fixture
def published(shared_world: World) -> World:
    shared_world.signals.publish([group(attribute("count", "counter"))])
    return shared_world


@pytest.mark.parametrize("name", ["things:other", "others:count"])
def test_intervention_on_an_unknown_attribute_is_refused(published: World, name: str) -> None:
    body = intervention_body({"all": [LEAF, {**LEAF, "attribute": name}]})
    message = f"no published attribute group has the attribute '{name}'"
    assert problems(published, "interventions", body) == [(["body", "criteria"], message)]


def test_intervention_on_an_unpublished_group_is_refused(shared_world: World) -> None:
    shared_world.signals.registry.create_or_update([group(attribute("count", "counter"))])
    message = "no published attribute group has the attribute 'things:count'"
    assert problems(shared_world, "interventions", intervention_body(LEAF)) == [
        (["body", "criteria"], message)
    ]


@pytest.mark.parametrize(
    ("changes", "location", "message"),
    [
        ({"owner": None}, ["owner"], "Input should be a valid string"),
        ({"version": 2**31}, ["version"], "version must be from 1 to 2147483647"),
        (
            {"target_attribute_keys": [{"name": "user_id"}, {"name": "unheard_of"}]},
            ["target_attribute_keys", 1],
            "attribute key 'unheard_of' does not exist",
        ),
        (
            {"payload_attribute_groups": [{"name": "others"}]},
            ["payload_attribute_groups", 0],
            "attribute group 'others' version 1 does not exist",
        ),
    ],
)
def test_wrong_intervention_is_refused(
    published: World, changes: dict[str, Any], location: list[Any], message: str
) -> None:
    found = problems(published, "interventions", intervention_body(LEAF, **changes))
    assert found == [(["body", *location], message)]


@pytest.mark.parametrize(
    "criteria",
    [
        {"any": [LEAF, CHANGED]},
        {"none": [CHANGED]},
        {"any": [{"all": [CHANGED]}]},
        {"all": [LEAF, {"any": [CHANGED]}]},
        {"all": [{"all": [{"none": [CHANGED]}]}]},
    ],
)
def test_misplaced_changed_is_refused(published: World, criteria: Any) -> None:
    found = problems(published, "interventions", intervention_body(criteria))
    assert found == [(["body", "criteria"], MISPLACED)]


@pytest.mark.parametrize(
    "criteria",
    [
        CHANGED,
        {"all": [LEAF, CHANGED]},
        {"all": [LEAF, {"all": [CHANGED]}]},
        {"all": [{"any": [LEAF, LEAF]}, {"all": [{"all": [CHANGED, LEAF]}]}]},
    ],
)
def test_changed_alone_or_in_alls_is_accepted(published: World, criteria: Any) -> None:
    answer = published.api("POST", "registry/interventions/", intervention_body(criteria))
    assert answer.status_code == 201, answer.text


COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "like", "not like", "rlike", "not rlike")


@pytest.mark.parametrize(
    ("operator", "value", "what"),
    [(operator, {}, "a value") for operator in COMPARISONS]
    + [
        (operator, value, "a list of values")
        for operator in ("in", "not in")
        for value in ({}, {"value": None}, {"value": "a"}, {"value": 5})
    ],
)
def test_a_criterion_that_compares_with_nothing_is_refused(
    published: World, operator: str, value: dict[str, Any], what: str
) -> None:
    wrong = {"attribute": "things:count", "operator": operator, **value}
    body = intervention_body({"all": [LEAF, {"none": [wrong]}]})
    assert problems(published, "interventions", body) == [
        (
            ["body", "criteria", "all", 1, "none", 0, "value"],
            f"the operator '{operator}' needs {what}",
        )
    ]


@pytest.mark.parametrize("operator", ["is null", "is not null", "in", "not in"])
def test_a_criterion_without_a_value_or_with_an_empty_list_is_accepted(
    published: World, operator: str
) -> None:
    criteria = {"attribute": "things:count", "operator": operator}
    criteria |= {"value": []} if "in" in operator.split() else {}
    answer = published.api("POST", "registry/interventions/", intervention_body(criteria))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("depth", [300, 5000])
def test_criteria_nested_too_deep_to_parse_are_422(published: World, depth: int) -> None:
    criteria = '{"any":[' * depth + '{"attribute":"a:b","operator":"="}' + "]}" * depth
    body = f'{{"name":"nudge","owner":"{OWNER}","criteria":{criteria}}}'
    headers = {"Authorization": f"Bearer {published.token}", "Content-Type": "application/json"}
    answer = HTTP.post(
        f"{published.url}/api/v1/registry/interventions/", content=body, headers=headers
    )
    assert answer.status_code == 422


def test_unpublished_intervention_may_precede_its_group(shared_world: World) -> None:
    waiting = intervention(criterion("things:count", ">=", 5))
    [answer] = shared_world.signals.registry.create_or_update([waiting])
    assert answer.is_published is False
