"""The life cycle of definitions, with the SDK, or plain HTTP where the SDK hides the answer."""

from collections.abc import Callable
from typing import Any

import pytest
from snowplow_signals import (
    AttributeKey,
    EntityProperty,
    InterventionCriteriaAll,
    LinkAttributeKey,
    Service,
    SignalsAPIError,
)

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

COUNT = attribute("count", "counter")
TOTAL = attribute("total", "sum", type="int64")
PROJECT = AttributeKey(
    name="project_id",
    property=EntityProperty(vendor="com.example", name="project", major_version=1, path="id"),
)
DEFINITIONS = [
    PROJECT,
    group(COUNT),
    service(group(COUNT)),
    intervention(criterion("things:count", ">=", 2)),
]
COLLECTIONS = ("attribute_keys", "attribute_groups", "services", "interventions")


def refusal(call: Callable[[], Any]) -> tuple[int, Any]:
    with pytest.raises(SignalsAPIError) as caught:
        call()
    return caught.value.status_code, caught.value.message


def published(world: World, collection: str) -> dict[str, bool]:
    return {
        each["name"]: each["is_published"]
        for each in world.api("GET", f"registry/{collection}").json()
    }


# Publishing and reading


def test_publishing_answers_with_the_definitions_published(shared_world: World) -> None:
    answers = shared_world.signals.publish(DEFINITIONS)
    assert [as_json(each) for each in answers] == [
        {**as_json(each), "is_published": True} for each in DEFINITIONS
    ]


def test_group_read_with_the_sdk_is_the_published_one(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    read = shared_world.signals.get_attribute_group("things", 1)
    assert as_json(read) == {
        **as_json(group(COUNT)),
        "is_published": True,
        "attribute_key_or_name": "user_id",
        "full_name": "things_v1",
        "feast_name": "things_v1",
    }


def test_service_read_with_the_sdk_is_the_published_one(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    read = shared_world.signals.registry.get_service("everything")
    assert as_json(read) == {**as_json(service(group(COUNT))), "is_published": True}


def test_intervention_read_with_the_sdk_is_the_published_one(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    read = shared_world.signals.interventions.get("nudge", version=1)
    assert as_json(read) == {**as_json(DEFINITIONS[3]), "is_published": True}


def test_attribute_key_is_created_with_its_group(shared_world: World) -> None:
    shared_world.signals.publish([group(COUNT, attribute_key=PROJECT)])
    [key] = shared_world.api("GET", "registry/attribute_keys/").json()
    assert key == {**as_json(PROJECT), "blobl_path": None}


def test_group_read_without_a_version_is_the_highest(shared_world: World) -> None:
    signals = shared_world.signals
    signals.publish([group(COUNT, version=version) for version in (1, 10, 2)])
    assert signals.get_attribute_group("things").version == 10


def test_intervention_read_without_a_version_is_the_highest(shared_world: World) -> None:
    rule = criterion("things:count", ">=", 2)
    rules = [intervention(rule, version=version) for version in (1, 3, 2)]
    shared_world.signals.publish([group(COUNT), *rules])
    assert shared_world.signals.interventions.get("nudge").version == 3


# Definitions that exist or do not


@pytest.mark.parametrize(
    ("index", "collection", "name"),
    [
        (0, "attribute_keys", "Attribute key 'project_id'"),
        (1, "attribute_groups", "Attribute group 'things' version 1"),
        (2, "services", "Service 'everything'"),
        (3, "interventions", "Intervention 'nudge' version 1"),
    ],
)
def test_posting_what_exists_is_400(
    shared_world: World, index: int, collection: str, name: str
) -> None:
    shared_world.signals.publish(DEFINITIONS)
    answer = shared_world.api("POST", f"registry/{collection}/", as_json(DEFINITIONS[index]))
    assert (answer.status_code, answer.json()) == (400, {"detail": f"{name} already exists"})


def test_publishing_the_same_again_is_allowed(shared_world: World) -> None:
    first = shared_world.signals.publish(DEFINITIONS)
    assert shared_world.signals.publish(DEFINITIONS) == first


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("attribute_keys/nothing", "Attribute key 'nothing' does not exist"),
        ("attribute_groups/nothing", "Attribute group 'nothing' does not exist"),
        ("attribute_groups/things/versions/2", "Attribute group 'things' version 2 does not exist"),
        ("services/nothing", "Service 'nothing' does not exist"),
        ("interventions/nothing", "Intervention 'nothing' does not exist"),
        ("interventions/nudge/versions/2", "Intervention 'nudge' version 2 does not exist"),
    ],
)
def test_reading_what_does_not_exist_is_404(shared_world: World, path: str, detail: str) -> None:
    shared_world.signals.publish(DEFINITIONS)
    answer = shared_world.api("GET", f"registry/{path}")
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_updating_what_does_not_exist_is_404(shared_world: World) -> None:
    answer = shared_world.api("PUT", "registry/services/everything", as_json(service(group(COUNT))))
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "Service 'everything' does not exist"},
    )


def test_deleting_what_does_not_exist_is_404(shared_world: World) -> None:
    assert refusal(lambda: shared_world.signals.delete([group(COUNT)])) == (
        404,
        {"detail": "Attribute group 'things' version 1 does not exist"},
    )


def test_name_in_the_body_must_match_the_path(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    other = as_json(service(group(COUNT), name="other"))
    answer = shared_world.api("PUT", "registry/services/everything", other)
    problem = {
        "loc": ["body", "name"],
        "msg": "does not match the path: Service 'everything'",
        "type": "value_error",
    }
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


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
