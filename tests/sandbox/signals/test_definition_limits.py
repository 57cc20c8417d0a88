"""How large a definition may be: the limit is taken, and one beyond is refused and named."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import (
    ATTRIBUTES_IN_GROUP,
    CRITERIA_DEPTH,
    CRITERIA_IN_ATTRIBUTE,
    CRITERIA_IN_INTERVENTION,
    DEFINITIONS_BYTES,
    EVENTS_IN_ATTRIBUTE,
    PAYLOAD_GROUPS,
    PUBLISHED_ATTRIBUTES,
    PUBLISHED_CRITERIA,
    PUBLISHED_INTERVENTIONS,
    PUBLISHED_PATTERNS,
    PUBLISHED_REGEXES,
    TARGET_KEYS,
    TEXT_IN_CRITERION,
    VALUES_IN_LIST,
)
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.kinds import EVENT_LOG, GROUP, INTERVENTION, KEY, SERVICE, Kind
from lib.sandbox.signals.registry import Registry
from lib.sandbox.storage.store import Store
from tests.support.sandbox import NOW, OWNER

URL = {"type": "atomic", "name": "page_url"}
COUNTED = {"attribute": "things:count", "operator": ">", "value": 1}
MATCHED = {"attribute": "things:count", "operator": "rlike", "value": "a"}


@pytest.fixture
def registry() -> Iterator[Registry]:
    store = Store(":memory:")
    sandbox = Sandbox("limits", store, Iglu(), lambda: NOW)
    yield sandbox.registry
    store.close()


def counter(name: str = "count", **changes: Any) -> dict[str, Any]:
    return {"name": name, "aggregation": "counter", "type": "int32", "events": [], **changes}


def counters(count: int) -> list[dict[str, Any]]:
    return [counter(f"count_{number}") for number in range(count)]


def group(*attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    chosen = list(attributes) or [counter()]
    named = {"name": "things", "attribute_key": {"name": "user_id"}, "owner": OWNER}
    return {**named, "attributes": chosen, **changes}


def intervention(criteria: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "nudge", "owner": OWNER, "criteria": criteria, **changes}


def nested(depth: int) -> Any:
    criteria: Any = COUNTED
    for _ in range(depth - 1):
        criteria = {"any": [criteria]}
    return criteria


def filtered(count: int, operator: str = "=", value: Any = "a") -> dict[str, Any]:
    criterion = {"property": URL, "operator": operator, "value": value}
    return {"all": [criterion] * count}


def last_of(path: str) -> dict[str, Any]:
    read = {"type": "entity", "vendor": "a", "name": "b", "major_version": 1, "path": path}
    return counter(aggregation="last", type="string", property=read)


def logged(path: str) -> dict[str, Any]:
    read = {"type": "event", "vendor": "a", "name": "b", "major_version": 1, "path": path}
    return {
        "name": "recent",
        "attribute_key": {"name": "domain_sessionid"},
        "events": [{"event": {"name": "b"}, "properties": [read]}],
        "max_events": 5,
        "max_age_seconds": 60,
    }


def create(registry: Registry, kind: Kind, body: dict[str, Any]) -> None:
    registry.create(kind, kind.model.model_validate(body))


def refusal(registry: Registry, kind: Kind, body: dict[str, Any]) -> str:
    with pytest.raises(InvalidDefinition) as refused:
        create(registry, kind, body)
    return str(refused.value.detail[0]["msg"])


LIMITED: list[tuple[str, Kind, int, Callable[[int], dict[str, Any]]]] = [
    ("attributes", GROUP, ATTRIBUTES_IN_GROUP, lambda count: group(*counters(count))),
    (
        "events",
        GROUP,
        EVENTS_IN_ATTRIBUTE,
        lambda count: group(counter(events=[{"name": "a"}] * count)),
    ),
    (
        "criteria",
        GROUP,
        CRITERIA_IN_ATTRIBUTE,
        lambda count: group(counter(criteria=filtered(count))),
    ),
    (
        "values",
        GROUP,
        VALUES_IN_LIST,
        lambda count: group(counter(criteria=filtered(1, "in", ["a"] * count))),
    ),
    (
        "values",
        GROUP,
        VALUES_IN_LIST,
        lambda count: group(counter(default_value=["a"] * count)),
    ),
    (
        "characters",
        GROUP,
        TEXT_IN_CRITERION,
        lambda count: group(counter(criteria=filtered(1, "like", "%" * count))),
    ),
    (
        "characters",
        GROUP,
        TEXT_IN_CRITERION,
        lambda count: group(last_of("a" * count)),
    ),
    ("characters", EVENT_LOG, TEXT_IN_CRITERION, lambda count: logged("a" * count)),
    (
        "criteria",
        INTERVENTION,
        CRITERIA_IN_INTERVENTION,
        lambda count: intervention({"all": [COUNTED] * count}),
    ),
    (
        "values",
        INTERVENTION,
        VALUES_IN_LIST,
        lambda count: intervention({**COUNTED, "operator": "in", "value": [1] * count}),
    ),
    (
        "characters",
        INTERVENTION,
        TEXT_IN_CRITERION,
        lambda count: intervention({**MATCHED, "value": "a" * count}),
    ),
    ("deep", INTERVENTION, CRITERIA_DEPTH, lambda count: intervention(nested(count))),
    (
        "target attribute keys",
        INTERVENTION,
        TARGET_KEYS,
        lambda count: intervention(COUNTED, target_attribute_keys=[{"name": "user_id"}] * count),
    ),
    (
        "payload attribute groups",
        INTERVENTION,
        PAYLOAD_GROUPS,
        lambda count: intervention(
            COUNTED, payload_attribute_groups=[{"name": "things", "version": 1}] * count
        ),
    ),
]


@pytest.mark.parametrize(("what", "kind", "most", "body"), LIMITED)
def test_definition_is_taken_at_the_limit_and_refused_beyond(
    registry: Registry, what: str, kind: Kind, most: int, body: Callable[[int], dict[str, Any]]
) -> None:
    message = refusal(registry, kind, body(most + 1))
    assert what in message and f"{most:,}" in message
    create(registry, kind, body(most))


def test_service_has_as_many_groups_as_the_sdk_s_model_allows(registry: Registry) -> None:
    create(registry, GROUP, group())
    links = [{"name": "things", "version": 1}] * 100
    body = {"name": "all", "owner": OWNER, "attribute_groups": links}
    create(registry, SERVICE, body)
    with pytest.raises(ValidationError, match="at most 100 items"):
        create(registry, SERVICE, {**body, "attribute_groups": [*links, links[0]]})


def test_path_of_an_attribute_key_is_limited(registry: Registry) -> None:
    read = {"type": "event", "vendor": "a", "name": "b", "major_version": 1}
    body = {"name": "cart", "property": {**read, "path": "a" * (TEXT_IN_CRITERION + 1)}}
    assert "1,001 characters" in refusal(registry, KEY, body)


# All that is published


def published(body: dict[str, Any], number: int = 0) -> dict[str, Any]:
    return {**body, "name": f"{body['name']}_{number}", "is_published": True}


def fill(registry: Registry, kind: Kind, bodies: list[dict[str, Any]], over: dict[str, Any]) -> str:
    """Publish all, and say why one more is refused that may be saved unpublished."""
    for number, body in enumerate(bodies):
        create(registry, kind, published(body, number))
    message = refusal(registry, kind, published(over, len(bodies)))
    create(registry, kind, over)
    return message


def test_published_attributes_are_limited(registry: Registry) -> None:
    full = [group(*counters(ATTRIBUTES_IN_GROUP))] * (PUBLISHED_ATTRIBUTES // ATTRIBUTES_IN_GROUP)
    assert fill(registry, GROUP, full, group()) == (
        "this sandbox would have 501 published attributes, and at most 500 are allowed."
        " Unpublish some."
    )


def test_published_interventions_are_limited(registry: Registry) -> None:
    create(registry, GROUP, group(is_published=True))
    bodies = [intervention(COUNTED)] * PUBLISHED_INTERVENTIONS
    assert "101 published interventions" in fill(
        registry, INTERVENTION, bodies, intervention(COUNTED)
    )


def test_published_criteria_of_groups_and_interventions_are_limited(registry: Registry) -> None:
    heavy = counter(criteria=filtered(CRITERIA_IN_ATTRIBUTE))
    each = [{**heavy, "name": f"count_{number}"} for number in range(19)]
    bodies = [group(*each), group(*each)]
    for number, body in enumerate(bodies):
        create(registry, GROUP, published(body, number))
    create(registry, GROUP, group(is_published=True))
    full = intervention({"all": [COUNTED] * CRITERIA_IN_INTERVENTION})
    message = fill(registry, INTERVENTION, [full], intervention(COUNTED))
    assert f"2,001 published criteria, and at most {PUBLISHED_CRITERIA:,}" in message


def test_published_regular_expressions_are_limited(registry: Registry) -> None:
    create(registry, GROUP, group(is_published=True))
    full = intervention({"all": [MATCHED] * PUBLISHED_REGEXES})
    message = fill(registry, INTERVENTION, [full], intervention(MATCHED))
    assert "11 published criteria with rlike" in message


def test_published_patterns_are_limited(registry: Registry) -> None:
    matched = counter(criteria=filtered(CRITERIA_IN_ATTRIBUTE, "like", "%a%"))
    count = PUBLISHED_PATTERNS // CRITERIA_IN_ATTRIBUTE
    full = group(*({**matched, "name": f"count_{number}"} for number in range(count)))
    over = group(counter(criteria=filtered(1, "like", "%a%")))
    assert "201 published criteria with like" in fill(registry, GROUP, [full], over)


def test_publishing_again_and_unpublishing_do_not_count(registry: Registry) -> None:
    full = [group(*counters(ATTRIBUTES_IN_GROUP))] * (PUBLISHED_ATTRIBUTES // ATTRIBUTES_IN_GROUP)
    fill(registry, GROUP, full, group())
    registry.set_published(GROUP, "things_0", 1, is_published=True)
    registry.set_published(GROUP, "things_0", 1, is_published=False)
    registry.set_published(GROUP, "things", 1, is_published=True)


def test_definitions_of_a_sandbox_have_so_many_bytes_at_most(registry: Registry) -> None:
    described = [{**each, "description": "d" * 1_800} for each in counters(ATTRIBUTES_IN_GROUP)]
    fitting = DEFINITIONS_BYTES // 200_000
    for number in range(fitting):
        create(registry, GROUP, group(*described, name=f"things_{number}"))
    message = refusal(registry, GROUP, group(*described, name="more"))
    assert f"at most {DEFINITIONS_BYTES:,} are allowed" in message
    assert registry.find(GROUP, "more") is None
    create(registry, GROUP, group())
