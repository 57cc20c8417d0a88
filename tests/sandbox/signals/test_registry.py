"""How definitions are published and read, with the SDK, or plain HTTP where it hides the answer."""

import pytest

from tests.support.definitions import COUNT, DEFINITIONS, PROJECT, refusal
from tests.support.known import as_json
from tests.support.sandbox import World, criterion, group, intervention, service

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
