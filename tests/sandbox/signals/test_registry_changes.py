"""Definitions that are changed, unpublished and deleted, with the SDK or plain HTTP."""

from typing import Any

import pytest
from snowplow_signals import AttributeKey, InterventionCriteriaAll, LinkAttributeKey, Service

from tests.support.definitions import COLLECTIONS, COUNT, DEFINITIONS, PROJECT, TOTAL, refusal
from tests.support.known import as_json
from tests.support.sandbox import (
    World,
    attribute,
    criterion,
    group,
    intervention,
    new_id,
    seen,
    service,
)

APP = LinkAttributeKey(name="app")


def published(world: World, collection: str) -> dict[str, bool]:
    return {
        each["name"]: each["is_published"]
        for each in world.api("GET", f"registry/{collection}").json()
    }


# Changing


def test_changing_a_published_group_is_refused_with_advice(shared_world: World) -> None:
    shared_world.signals.publish([group(COUNT)])
    assert refusal(lambda: shared_world.signals.publish([group(COUNT, TOTAL)])) == (
        409,
        {
            "detail": "Attribute group 'things' version 1 is published and cannot be changed."
            " Raise the version to publish a changed definition."
        },
    )


def test_changing_a_published_intervention_is_refused(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    changed = intervention(criterion("things:count", ">=", 3))
    assert refusal(lambda: shared_world.signals.publish([changed])) == (
        409,
        {
            "detail": "Intervention 'nudge' version 1 is published and cannot be changed."
            " Raise the version to publish a changed definition."
        },
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "new"},
        {"owner": "grace@example.com"},
        {"attributes": [attribute("count", "counter", description="new")]},
        {"attribute_key": AttributeKey(name="user_id", key="user_id", description="new")},
    ],
    ids=["description", "owner", "attribute's description", "key's description"],
)
def test_descriptions_of_a_published_group_may_change(
    shared_world: World, changes: dict[str, Any]
) -> None:
    shared_world.signals.publish([group(COUNT)])
    shared_world.signals.publish([group(COUNT).model_copy(update=changes)])
    read = as_json(shared_world.signals.get_attribute_group("things"))
    assert {name: read[name] for name in changes} == {
        name: as_json(group(COUNT).model_copy(update=changes))[name] for name in changes
    }


def test_changing_the_description_of_a_published_group_keeps_its_values(
    shared_world: World,
) -> None:
    user = new_id()
    shared_world.signals.publish([group(COUNT), service(group(COUNT))])
    shared_world.post(seen(user))
    shared_world.signals.publish([group(COUNT, description="new")])
    assert shared_world.read("user_id", user)["count"] == [1]


def test_raising_the_version_publishes_a_changed_group(shared_world: World) -> None:
    shared_world.signals.publish([group(COUNT)])
    shared_world.signals.publish([group(COUNT, TOTAL, version=2)])
    read = shared_world.signals.get_attribute_group("things")
    assert [each.name for each in read.attributes or []] == ["count", "total"]


def test_service_may_change_its_groups_while_published(shared_world: World) -> None:
    first, second = group(COUNT), group(COUNT, version=2)
    shared_world.signals.publish([first, second, service(first)])
    shared_world.signals.publish([service(second)])
    read = shared_world.signals.registry.get_service("everything")
    assert [each.version for each in read.attribute_groups] == [2]


# Unpublishing


def test_unpublished_group_keeps_its_values(shared_world: World) -> None:
    user = new_id()
    unpublished = service(group(COUNT))
    shared_world.signals.registry.create_or_update([group(COUNT), unpublished])
    shared_world.signals.publish([group(COUNT)])
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    assert shared_world.read("user_id", user)["count"] == [1]


def test_unpublished_group_computes_nothing_more(shared_world: World) -> None:
    user = new_id()
    shared_world.signals.registry.create_or_update([group(COUNT), service(group(COUNT))])
    shared_world.signals.publish([group(COUNT)])
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    shared_world.post(seen(user))
    assert shared_world.read("user_id", user)["count"] == [1]


def test_changing_an_unpublished_group_wipes_its_values(shared_world: World) -> None:
    user = new_id()
    shared_world.signals.registry.create_or_update([group(COUNT), service(group(COUNT))])
    shared_world.signals.publish([group(COUNT)])
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    shared_world.signals.publish([group(TOTAL, COUNT)])
    assert shared_world.read("user_id", user) == {
        "user_id": [user],
        "total": [None],
        "count": [None],
    }


def test_changing_a_key_wipes_the_values_of_the_groups_that_only_name_it(
    shared_world: World,
) -> None:
    named = AttributeKey(name="app", key="app_id")
    naming = group(COUNT, attribute_key=LinkAttributeKey(name="app"))
    describing = group(attribute("own", "counter"), name="others", attribute_key=named)
    shared_world.signals.registry.create_or_update([named])
    shared_world.publish(naming, describing)
    shared_world.post(seen(None, aid="web"))
    shared_world.signals.unpublish([naming, describing])
    changed = as_json(AttributeKey(name="app", key="platform"))
    assert shared_world.api("PUT", "registry/attribute_keys/app", changed).status_code == 200
    shared_world.signals.publish([naming])
    shared_world.post(seen(None, p="web"))
    assert shared_world.read("app", "web") == {"app": ["web"], "count": [1], "own": [1]}


@pytest.mark.parametrize("others", [[], [service(group(COUNT), name="other")]])
@pytest.mark.parametrize("is_service_first", [True, False])
def test_service_and_its_group_are_unpublished_and_deleted_in_one_call_each(
    shared_world: World, others: list[Service], is_service_first: bool
) -> None:
    """As Snowplow's tutorials end. The SDK unpublishes the group first in either order."""
    both = [service(group(COUNT)), group(COUNT)][:: 1 if is_service_first else -1]
    shared_world.signals.publish([*both, *others])
    shared_world.signals.unpublish(both)
    assert published(shared_world, "attribute_groups") == {"things": False}
    assert published(shared_world, "services")["everything"] is False
    shared_world.signals.unpublish(others)
    shared_world.signals.delete([*both, *others])
    assert published(shared_world, "attribute_groups") == {}


def test_published_service_answers_with_the_values_that_stay(shared_world: World) -> None:
    user = new_id()
    shared_world.publish(group(COUNT))
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    shared_world.post(seen(user))
    assert shared_world.read("user_id", user)["count"] == [1]


def test_unpublishing_a_group_unpublishes_the_interventions_on_it(shared_world: World) -> None:
    other = group(COUNT, name="others")
    rules = [
        intervention(criterion("things:count", ">=", 2), "on_things"),
        intervention(
            InterventionCriteriaAll(
                all=[criterion("others:count", ">=", 2), criterion("things:count", ">=", 2)]
            ),
            "on_both",
        ),
        intervention(criterion("others:count", ">=", 2), "on_others"),
    ]
    shared_world.signals.publish([group(COUNT), other, *rules])
    shared_world.signals.unpublish([group(COUNT)])
    assert published(shared_world, "interventions") == {
        "on_things": False,
        "on_both": False,
        "on_others": True,
    }


def test_unpublishing_an_older_version_leaves_interventions_on_the_latest(
    shared_world: World,
) -> None:
    rule = intervention(criterion("things:count", ">=", 2))
    shared_world.signals.publish([group(COUNT), group(COUNT, version=2), rule])
    shared_world.signals.unpublish([group(COUNT)])
    assert published(shared_world, "interventions") == {"nudge": True}


def test_unpublishing_a_group_unpublishes_the_interventions_that_send_its_values(
    shared_world: World,
) -> None:
    facts = [group(COUNT, name="facts", version=version) for version in (1, 2)]
    rules = [
        intervention(
            criterion("things:count", ">=", 2),
            f"sends_{each.version}",
            payload_attribute_groups=[{"name": "facts", "version": each.version}],
        )
        for each in facts
    ]
    shared_world.signals.publish([group(COUNT), *facts, *rules])
    shared_world.signals.unpublish(facts[:1])
    assert published(shared_world, "interventions") == {"sends_1": False, "sends_2": True}


# Deleting


@pytest.mark.parametrize(
    ("index", "title"),
    [
        (0, "Attribute key 'project_id'"),
        (1, "Attribute group 'things' version 1"),
        (2, "Service 'everything'"),
        (3, "Intervention 'nudge' version 1"),
    ],
)
def test_deleting_what_is_published_is_refused(shared_world: World, index: int, title: str) -> None:
    shared_world.signals.publish(DEFINITIONS)
    assert refusal(lambda: shared_world.signals.delete([DEFINITIONS[index]])) == (
        409,
        {"detail": f"{title} is published. Unpublish it before deleting it."},
    )


def test_deleting_a_group_that_a_service_names_is_refused(shared_world: World) -> None:
    shared_world.signals.registry.create_or_update([group(COUNT), service(group(COUNT))])
    assert refusal(lambda: shared_world.signals.delete([group(COUNT)])) == (
        409,
        {
            "detail": "Attribute group 'things' version 1 is used by Service 'everything'."
            " Delete that first."
        },
    )


def test_deleting_a_group_unpublishes_the_interventions_that_send_its_values(
    shared_world: World,
) -> None:
    facts = group(COUNT, name="facts")
    links = [{"name": "facts", "version": 1}]
    rule = intervention(criterion("things:count", ">=", 2), payload_attribute_groups=links)
    shared_world.signals.registry.create_or_update([facts])
    shared_world.signals.publish([group(COUNT), rule])
    shared_world.signals.delete([facts])
    assert published(shared_world, "attribute_groups") == {"things": True}
    assert published(shared_world, "interventions") == {"nudge": False}


def test_deleting_a_key_that_a_group_is_on_is_refused(shared_world: World) -> None:
    shared_world.signals.registry.create_or_update(
        [PROJECT, group(COUNT, attribute_key=LinkAttributeKey(name="project_id"))]
    )
    assert refusal(lambda: shared_world.signals.delete([PROJECT])) == (
        409,
        {
            "detail": "Attribute key 'project_id' is used by Attribute group 'things' version 1."
            " Delete that first."
        },
    )


def test_deleting_a_key_that_a_published_intervention_targets_is_refused(
    shared_world: World,
) -> None:
    targeting = intervention(criterion("things:count", ">=", 2), target_attribute_keys=[APP])
    key = AttributeKey(name="app", key="app_id")
    shared_world.signals.registry.create_or_update([key])
    shared_world.signals.publish([group(COUNT), targeting])
    assert refusal(lambda: shared_world.signals.delete([key])) == (
        409,
        {
            "detail": "Attribute key 'app' is used by Intervention 'nudge' version 1. Delete that"
            " first."
        },
    )


def test_changing_a_key_that_a_published_intervention_targets_is_refused(
    shared_world: World,
) -> None:
    targeting = intervention(criterion("things:count", ">=", 2), target_attribute_keys=[APP])
    shared_world.signals.registry.create_or_update([AttributeKey(name="app", key="app_id")])
    shared_world.signals.publish([group(COUNT), targeting])
    changed = AttributeKey(name="app", key="platform")
    assert refusal(lambda: shared_world.signals.registry.create_or_update([changed])) == (
        409,
        {
            "detail": "Attribute key 'app' is used by Intervention 'nudge' version 1 and cannot be"
            " changed. Unpublish that first, or define another key."
        },
    )


@pytest.mark.parametrize("order", [1, -1])
def test_key_is_unpublished_and_deleted_with_the_intervention_that_targets_it(
    shared_world: World, order: int
) -> None:
    targeting = intervention(criterion("things:count", ">=", 2), target_attribute_keys=[APP])
    everything = [AttributeKey(name="app", key="app_id"), group(COUNT), targeting][::order]
    shared_world.signals.publish(everything)
    shared_world.signals.unpublish(everything)
    shared_world.signals.delete(everything)
    left = [shared_world.api("GET", f"registry/{each}/").json() for each in COLLECTIONS[1:]]
    assert left == [[], [], []]


def test_everything_can_be_deleted_in_one_call_once_unpublished(shared_world: World) -> None:
    signals = shared_world.signals
    signals.publish(DEFINITIONS)
    signals.unpublish(DEFINITIONS)
    signals.delete(DEFINITIONS)
    left = [shared_world.api("GET", f"registry/{each}/").json() for each in COLLECTIONS[1:]]
    assert left == [[], [], []]


def test_group_created_again_after_deletion_starts_without_values(shared_world: World) -> None:
    user = new_id()
    shared_world.signals.publish([group(COUNT)])
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    shared_world.signals.delete([group(COUNT)])
    shared_world.signals.publish([group(COUNT), service(group(COUNT))])
    assert shared_world.read("user_id", user)["count"] == [None]
