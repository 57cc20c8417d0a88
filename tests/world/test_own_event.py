"""The event of a profile: tracked, checked, counted and nudged, over HTTP with the real SDKs."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from lib.connection.sandbox_inspector import SchemaRefused
from lib.demo.demo_profile import DEFAULT
from lib.demo.profile_link import link_of
from lib.demo.ready_profiles import ready_profiles
from lib.snowplow.definitions import Plan
from lib.snowplow.tracking import EventName
from lib.world.own_event import RETRY_SECONDS, OwnEvent, schema_of
from tests.support.waiting import eventually
from tests.support.worlds import (
    World,
    complete,
    is_settled,
    world,  # noqa: F401 (a fixture)
)

READ = EventName("com.acme", "page_read")
PROFILE = replace(DEFAULT, event=READ.name, vendor=READ.vendor, threshold=3)
PLAN = Plan(owner="you@example.com", vendor="com.example")


class Registry:
    """In place of a sandbox's inspector."""

    def __init__(self, *problems: Exception) -> None:
        self.schemas: list[str] = []
        self.asked = 0
        self.problems = list(problems)

    def has_schema(self, uri: str) -> bool:
        self.asked += 1
        return uri in self.schemas

    def add_schema(self, schema: dict[str, Any]) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.schemas.append(EventName(schema["self"]["vendor"], schema["self"]["name"]).schema)


def own_event(registry: Registry | None, profile: Any = PROFILE) -> OwnEvent:
    """With a mark of the definitions that a test may change."""
    client = SimpleNamespace(sandbox_definitions="1")
    connection = SimpleNamespace(inspector=registry, api_client=client)
    return OwnEvent(PLAN, lambda: profile, cast(Any, connection))


def test_cards_track_the_profile_s_event_which_is_counted_and_nudged(world: World) -> None:
    participant = world.join()
    participant.shown_profile.choose(link_of(PROFILE), for_everyone=True)
    participant.own_event.wait_for_schema()
    participant.definitions.publish(participant.plan)
    assert eventually(lambda: participant.is_live)
    complete(participant, 3)

    assert eventually(lambda: is_settled(participant, 3))
    assert participant.last_event is not None
    assert participant.last_event.schema == READ.schema
    assert {each.label.split(":")[0] for each in participant.marks if each.kind == "event"} == {
        "page_read"
    }
    inspector = participant.connection.inspector
    assert inspector is not None
    events = [each for each in inspector.events(participant.user_id) if each["name"] == READ.name]
    assert [(each["status"], each["unvalidated"]) for each in events] == [("accepted", [])] * 3
    assert {entity["schema"] for each in events for entity in each["entities"]} == {
        "iglu:com.example/project/jsonschema/1-0-0"
    }


def test_without_a_profile_s_own_it_is_the_app_s_own() -> None:
    registry = Registry()
    event = own_event(registry, DEFAULT)
    event.wait_for_schema()
    assert event.current == EventName("com.example", "task_completed")
    assert (event.is_own, event.plan, registry.asked) == (False, PLAN, 0)


def test_the_plan_has_the_profile_s_event_and_threshold() -> None:
    plan = own_event(None).plan
    assert plan == replace(PLAN, event="page_read", event_vendor="com.acme", threshold=3)
    assert plan.completed == READ


def test_the_schema_is_the_app_s_own_under_another_name() -> None:
    known, own = schema_of(EventName("com.example", "task_completed")), schema_of(READ)
    assert own["self"] == {
        "vendor": "com.acme",
        "name": "page_read",
        "format": "jsonschema",
        "version": "1-0-0",
    }
    assert {**own, "self": None} == {**known, "self": None}


def test_a_sandbox_is_asked_once_and_again_when_its_definitions_have_changed() -> None:
    registry = Registry()
    event = own_event(registry)
    for _ in range(3):
        event.wait_for_schema()
    assert (registry.schemas, registry.asked) == ([READ.schema], 1)

    registry.schemas.clear()
    event._connection.api_client.sandbox_definitions = "2"
    event.wait_for_schema()
    assert registry.schemas == [READ.schema]


def test_a_sandbox_that_does_not_answer_is_asked_again_a_little_later() -> None:
    registry = Registry(httpx.ConnectError("down"))
    event = own_event(registry)
    for _ in range(2):
        event.wait_for_schema()
    assert (registry.schemas, registry.asked) == ([], 1)
    event._due_at -= RETRY_SECONDS
    event.wait_for_schema()
    assert registry.schemas == [READ.schema]


def test_a_sandbox_that_takes_no_schema_is_not_asked_again() -> None:
    registry = Registry(SchemaRefused("full"))
    event = own_event(registry)
    for _ in range(2):
        event.wait_for_schema()
    assert (registry.schemas, registry.asked) == ([], 1)


@pytest.mark.parametrize("profile", [PROFILE, DEFAULT])
def test_an_account_is_given_nothing(profile: Any) -> None:
    event = own_event(None, profile)
    event.wait_for_schema()
    assert event._giving is None


def test_on_snowplow_a_profile_that_ships_with_the_app_keeps_the_apps_event() -> None:
    webshop = ready_profiles()["webshop"]
    assert own_event(Registry(), webshop).current == (webshop.vendor, webshop.event)
    assert own_event(None, webshop).current == ("com.example", "task_completed")
    assert own_event(None, PROFILE).current == READ
