"""What can be read of what is published, in parts by key."""

import snowplow_signals as sdk

from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.readable import Readable, readables
from lib.studio.registry import GROUP, SERVICE, Found, Registry
from lib.studio.vocabulary import Definition
from lib.world.watched import SOURCES_AT_MOST

PLAN = Plan(owner="you@example.com", vendor="com.example")


def published(*definitions: Definition) -> Registry:
    kinds = {sdk.AttributeGroup: GROUP, sdk.Service: SERVICE}
    return Registry(
        tuple(
            Found(kind, (each.model_copy(update={"is_published": True}),))
            for each in definitions
            for model, kind in kinds.items()
            if isinstance(each, model)
        )
    )


def keys(found: list[Readable]) -> list[str]:
    return [each.key for each in found]


def test_nothing_published_is_nothing_to_read() -> None:
    assert readables(Registry(), "any") == []


def test_the_storys_service_is_the_first_and_all_groups_together_the_last() -> None:
    found = readables(published(*ideas.mix(PLAN), *ideas.story(PLAN)), "project_engagement_service")
    assert keys(found) == [
        "service:project_engagement_service",
        "service:mix_of_work_service",
        "group:mix_of_work",
        "group:project_engagement",
        "all",
    ]


def test_a_draft_cannot_be_read() -> None:
    registry = Registry((Found(GROUP, (ideas.mix(PLAN)[0],)),))
    assert readables(registry, "any") == []


def test_a_service_over_several_keys_is_read_in_as_many_parts() -> None:
    session, project = ideas.session(PLAN)[0], ideas.project(PLAN)[0]
    service = sdk.Service(name="both", owner=PLAN.owner, attribute_groups=[session, project])
    (found,) = (
        each
        for each in readables(published(session, project, service), "any")
        if each.key == "service:both"
    )
    assert [(part.source.key, part.source.version) for part in found.parts] == [
        ("domain_sessionid", None),
        ("project_id", None),
    ]
    assert found.size == 4


def test_a_group_is_read_in_its_version_with_the_units_of_its_times() -> None:
    (found,) = readables(published(ideas.recency(PLAN)[0]), "any")
    (part,) = found.parts
    assert (part.source.version, dict(part.source.units)) == (
        1,
        {"days_since_last_task": "d", "days_since_first_task": "d"},
    )


def test_more_groups_than_are_read_at_once_are_counted() -> None:
    group = ideas.mix(PLAN)[0]
    many = [group.model_copy(update={"name": f"group_{n}"}) for n in range(SOURCES_AT_MOST + 3)]
    found = readables(published(*many), "any")[-1]
    assert (len(found.parts), found.label) == (12, "12 of 15 groups, side by side")
