"""The registry's routes: slashes, answers that the SDK hides, and what the sandbox lacks."""

from datetime import timedelta
from typing import Any

import pytest
from snowplow_signals import AttributeKey, LinkAttributeKey, user_attribute_key
from snowplow_signals.models import AttributeGroupResponse, AttributeKeyOutput, Service
from snowplow_signals.models.model import RuleInterventionOutput

from lib.sandbox.limits import DEFINITION_BYTES, NAMES_IN_REQUEST
from tests.support.definitions import COLLECTIONS, COUNT, DEFINITIONS
from tests.support.known import LOG, as_json
from tests.support.sandbox import HTTP, World, group


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_collection_answers_the_same_without_the_trailing_slash(
    shared_world: World, collection: str
) -> None:
    shared_world.signals.publish(DEFINITIONS)
    with_slash, without = (
        shared_world.api("GET", f"registry/{collection}{end}") for end in ("/", "")
    )
    assert (with_slash.status_code, with_slash.json()) == (without.status_code, without.json())


def test_creating_works_without_the_trailing_slash(shared_world: World) -> None:
    answer = shared_world.api("POST", "registry/attribute_groups", as_json(group(COUNT)))
    assert (answer.status_code, answer.json()["name"]) == (201, "things")


def test_deletion_answers_ok_in_json(shared_world: World) -> None:
    shared_world.signals.registry.create_or_update([group(COUNT)])
    answer = shared_world.api("DELETE", "registry/attribute_groups/things/versions/1")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_backfill_is_501_when_its_group_is_published_by_name(shared_world: World) -> None:
    body = {**as_json(group(COUNT)), "backfill_since_tstamp": "2026-01-01T00:00:00Z"}
    assert shared_world.api("POST", "registry/attribute_groups/", body).status_code == 201
    named = {"attribute_groups": [{"name": "things", "version": 1}]}
    answer = shared_world.api("POST", "engines/publish", named)
    assert answer.status_code == 501
    assert "Leave out backfill_since_tstamp here" in answer.json()["detail"]
    assert not shared_world.signals.get_attribute_group("things").is_published
    assert shared_world.api("POST", "engines/unpublish", named).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_datasets_are_501_with_a_sentence(shared_world: World, method: str) -> None:
    answer = shared_world.api(method, "datasets/sql")
    assert (answer.status_code, answer.json()) == (
        501,
        {"detail": "The sandbox has no warehouse: datasets need Snowplow."},
    )


def test_batch_group_is_501_with_a_sentence(shared_world: World) -> None:
    batch = {**as_json(group(COUNT)), "offline": True}
    answer = shared_world.api("POST", "registry/attribute_groups/", batch)
    assert (answer.status_code, answer.json()) == (
        501,
        {
            "detail": "The sandbox has no warehouse: batch and external batch attribute groups"
            " need Snowplow."
        },
    )


HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)
APP = AttributeKey(name="app", key="app_id", ttl=DAILY)


@pytest.mark.parametrize(
    ("options", "key", "ttl"),
    [
        ({"attribute_key": user_attribute_key}, "domain_userid", None),
        ({"attribute_key": AttributeKey(name="user_id")}, "user_id", None),
        ({"attribute_key": APP}, "app_id", DAILY),
        ({"attribute_key": APP, "ttl": HOURLY}, "app_id", HOURLY),
        ({"attribute_key": LinkAttributeKey(name="app")}, "app_id", DAILY),
    ],
    ids=["key", "name", "key's ttl", "group's ttl", "key of the registry"],
)
def test_group_says_which_column_its_key_is_and_how_long_its_values_live(
    shared_world: World, options: dict[str, Any], key: str, ttl: timedelta | None
) -> None:
    shared_world.signals.registry.create_or_update([APP, group(COUNT, **options)])
    read = shared_world.signals.get_attribute_group("things")
    assert (read.attribute_key_or_name, read.attribute_group_or_attribute_key_ttl) == (key, ttl)


def test_docs_describe_every_registry_route_once(shared_world: World) -> None:
    paths = HTTP.get(f"{shared_world.url}/openapi.json").json()["paths"]
    assert sorted(path for path in paths if "registry/attribute_groups" in path) == [
        "/api/v1/registry/attribute_groups/",
        "/api/v1/registry/attribute_groups/{name}",
        "/api/v1/registry/attribute_groups/{name}/versions/{version}",
    ]


@pytest.mark.parametrize(
    ("collection", "model"),
    [
        ("attribute_keys", AttributeKeyOutput),
        ("attribute_groups", AttributeGroupResponse),
        ("services", Service),
        ("interventions", RuleInterventionOutput),
    ],
)
def test_every_listed_definition_is_one_to_the_sdk(
    shared_world: World, collection: str, model: Any
) -> None:
    shared_world.signals.publish(DEFINITIONS)
    listed = shared_world.api("GET", f"registry/{collection}/").json()
    parsed = [as_json(model.model_validate(each)) for each in listed]
    assert parsed == [strip_nulls(each) for each in listed]


def strip_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: strip_nulls(each) for name, each in value.items() if each is not None}
    return [strip_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "path",
    [
        "registry/attribute_groups/",
        "registry/interventions/",
        "engines/publish",
        "engines/unpublish",
    ],
)
def test_definitions_that_are_too_large_are_422(shared_world: World, path: str) -> None:
    answer = shared_world.api("POST", path, {"description": "d" * DEFINITION_BYTES})
    assert answer.status_code == 422
    assert f"at most {DEFINITION_BYTES:,} are allowed" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("action", ["publish", "unpublish"])
def test_one_request_names_so_many_definitions_at_most(shared_world: World, action: str) -> None:
    named = [{"name": f"log_{number}"} for number in range(NAMES_IN_REQUEST + 1)]
    answer = shared_world.api("POST", f"engines/{action}", {"event_logs": named})
    assert answer.status_code == 422
    assert "names 501 definitions, and at most 500" in answer.json()["detail"][0]["msg"]


def test_a_name_that_is_repeated_is_published_once(shared_world: World) -> None:
    shared_world.signals.publish([group(COUNT)])
    named = [{"name": "things", "version": 1}] * 600
    answer = shared_world.api("POST", "engines/publish", {"attribute_groups": named})
    assert (answer.status_code, answer.json()) == (200, {"status": "published"})


def test_a_version_of_more_than_64_bits_is_refused(shared_world: World) -> None:
    body = as_json(LOG) | {"version": "99999999999999999999"}
    answer = shared_world.api("POST", "registry/event_logs/", body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"] == "a number in this definition has more than 64 bits"
