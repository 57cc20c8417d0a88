"""Schemas that somebody adds to their own sandbox, over HTTP: they hold there, and nowhere else."""

from typing import Any

import httpx
import pytest

from lib.sandbox.limits import SCHEMA_BYTES, SCHEMA_DEPTH, SCHEMA_PARTS, SCHEMAS_IN_SANDBOX
from lib.sandbox.pipeline.iglu import METASCHEMA
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import HTTP, HandClock, World, new_id, seen

URI = "iglu:com.acme/order/jsonschema/1-0-0"
FIELDS: dict[str, Any] = {"amount": {"type": "integer", "minimum": 0}}


def order(version: str = "1-0-0", vendor: str = "com.acme", **changes: Any) -> dict[str, Any]:
    described = {"vendor": vendor, "name": "order", "format": "jsonschema", "version": version}
    body = {"type": "object", "properties": FIELDS, "required": ["amount"]}
    return {"$schema": METASCHEMA, "self": described, **body, **changes}


def add(world: World, schema: Any) -> httpx.Response:
    return HTTP.post(f"{world.collector}/schemas", json=schema)


def delete(world: World, uri: str) -> httpx.Response:
    return HTTP.delete(f"{world.collector}/schemas/{uri.removeprefix('iglu:')}")


def own(world: World) -> list[str]:
    listed = HTTP.get(f"{world.collector}/schemas").json()
    return [each["uri"] for each in listed if each["is_own"]]


def problem(answer: httpx.Response) -> tuple[list[Any], str]:
    """The place in the document, and what is wrong there."""
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["detail"]
    return found["loc"][1:], found["msg"]


def track(world: World, data: Any, uri: str = URI) -> None:
    event = seen(new_id())
    event["ue_pr"] = event["ue_pr"].replace("iglu:org.example/seen/jsonschema/1-0-0", uri)
    event["ue_pr"] = event["ue_pr"].replace('"data": {}', f'"data": {data}')
    world.post(event)


def failures(world: World) -> list[Any]:
    return [each["errors"] for each in HTTP.get(f"{world.collector}/micro/bad").json()]


def counts(world: World) -> tuple[int, int]:
    told = HTTP.get(f"{world.collector}/micro/all").json()
    return told["good"], told["bad"]


def test_an_event_that_breaks_an_added_schema_fails_with_the_reason(shared_world: World) -> None:
    assert add(shared_world, order()).json() == {"uri": URI}
    track(shared_world, '{"amount": "much"}')
    track(shared_world, '{"amount": 3}')
    assert counts(shared_world) == (1, 1)
    assert '"much" is not of type' in str(failures(shared_world))


def test_a_schema_is_of_its_own_sandbox_alone(shared_world: World) -> None:
    other = World(shared_world.url)
    add(shared_world, order())
    track(other, '{"amount": "much"}')
    assert counts(other) == (1, 0)
    assert (own(shared_world), own(other)) == ([URI], [])


def test_a_schema_can_be_read_as_micro_shows_it(shared_world: World) -> None:
    add(shared_world, order())
    path = URI.removeprefix("iglu:")
    assert HTTP.get(f"{shared_world.collector}/micro/iglu/{path}").json() == order()


def test_versions_follow_each_other(shared_world: World) -> None:
    assert problem(add(shared_world, order("1-0-1"))) == (
        ["self", "version"],
        "the first version is 1-0-0, not 1-0-1",
    )
    add(shared_world, order())
    assert problem(add(shared_world, order("1-2-0"))) == (
        ["self", "version"],
        "after 1-0-0 comes 1-0-1, 1-1-0 or 2-0-0, not 1-2-0",
    )
    place, words = problem(add(shared_world, order()))
    assert place == ["self", "version"] and "a version never changes" in words
    assert add(shared_world, order("2-0-0")).status_code == 201


@pytest.mark.parametrize("vendor", ["com.example", "com.snowplowanalytics.snowplow"])
def test_a_vendor_that_is_somebody_else_s_is_refused(shared_world: World, vendor: str) -> None:
    place, words = problem(add(shared_world, order(vendor=vendor)))
    assert place == ["self", "vendor"]
    assert words.startswith(f"{vendor} is not yours")


def test_the_newest_version_goes_first(shared_world: World) -> None:
    add(shared_world, order())
    add(shared_world, order("1-0-1"))
    assert "delete that one first" in problem(delete(shared_world, URI))[1]
    for version in ("1-0-1", "1-0-0"):
        uri = URI.replace("1-0-0", version)
        assert delete(shared_world, uri).status_code == 200
    assert own(shared_world) == []
    assert "is not one of this sandbox's own schemas" in problem(delete(shared_world, URI))[1]


def test_what_was_accepted_before_a_schema_came_stays_in_the_lists(shared_world: World) -> None:
    track(shared_world, '{"amount": "much"}')
    add(shared_world, order())
    assert len(HTTP.get(f"{shared_world.collector}/micro/good").json()) == 1


def test_schemas_outlive_a_restart_and_end_with_a_reset(tmp_path, clock: HandClock) -> None:
    server = EmbeddedServer(tmp_path / "sandbox.db", clock)
    world = World(server.url)
    add(world, order())
    server.stop()
    server = EmbeddedServer(tmp_path / "sandbox.db", clock)
    again = World(server.url, world.token)
    track(again, '{"amount": "much"}')
    assert (own(again), counts(again)) == ([URI], (0, 1))
    HTTP.post(f"{again.collector}/reset")
    assert own(again) == []
    server.stop()


def test_data_can_be_checked_without_an_event(shared_world: World) -> None:
    add(shared_world, order())

    def checked(data: Any) -> Any:
        body = {"schema_uri": URI, "data": data}
        return HTTP.post(f"{shared_world.collector}/schemas/check", json=body).json()

    assert checked({"amount": 1}) == {"failures": []}
    assert checked({"amount": -1})["failures"][0]["path"] == "$.amount"


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema["properties"]


# A change of the schema, the place of the problem, and what is said of it
BAD: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "no $schema": ({"$schema": None}, ["$schema"], "it must be http"),
    "no self": ({"self": None}, ["self"], "it must have vendor"),
    "a name with spaces": (
        {"self": order()["self"] | {"name": "my order"}},
        ["self"],
        "a vendor is like com.acme",
    ),
    "no object": ({"type": "array"}, ["type"], 'it must be "object"'),
    "an unknown type": (
        {"properties": {"a": {"type": "text"}}},
        ["properties", "a", "type"],
        "it must be array, boolean",
    ),
    "required that is no list": ({"required": "amount"}, ["required"], "is not of type"),
    "a pattern that is none": (
        {"properties": {"a": {"pattern": "(a"}}},
        ["properties", "a", "pattern"],
        "this pattern cannot be used",
    ),
    "a pattern that is huge": (
        {"properties": {"a": {"pattern": "(a{900}){90}"}}},
        ["properties", "a", "pattern"],
        "this pattern is too large",
    ),
    "a pattern that looks ahead": (
        {"properties": {"a": {"pattern": "(?=.*x)[a-z]*$"}}},
        ["properties", "a", "pattern"],
        "looks around or back",
    ),
    "an enum of lists": (
        {"properties": {"a": {"enum": [[1]]}}},
        ["properties", "a", "enum"],
        "a value is a text",
    ),
    "a reference to itself": (
        {"properties": {"a": {"$ref": "#"}}},
        ["properties", "a", "$ref"],
        "this sandbox accepts no $ref",
    ),
    "a reference to the web": (
        {"items": [{"$ref": "http://example.com"}]},
        ["items", 0, "$ref"],
        "this sandbox accepts no $ref",
    ),
    "too deep": (
        {"properties": nested(SCHEMA_DEPTH)},
        ["properties", "a"] * SCHEMA_DEPTH,
        "it is nested more than",
    ),
    "too many fields": (
        {"properties": {f"f{n}": {} for n in range(SCHEMA_PARTS + 1)}},
        [],
        "it describes more than",
    ),
    "too many values": (
        {"properties": {"a": {"enum": list(range(101))}}},
        ["properties", "a", "enum"],
        "at most 100 values",
    ),
    "too many alternatives": ({"anyOf": [{}] * 11}, [], "allOf, anyOf and oneOf"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_schema_is_refused_with_its_place(shared_world: World, case: str) -> None:
    changes, place, words = BAD[case]
    found = problem(add(shared_world, order(**changes)))
    assert found[0] == place
    assert words in found[1]
    assert own(shared_world) == []


def test_a_schema_that_is_too_large_is_refused(shared_world: World) -> None:
    answer = add(shared_world, order(description="x" * SCHEMA_BYTES))
    assert "at most 64,000 are allowed" in problem(answer)[1]


def test_a_sandbox_has_so_many_schemas_at_most(shared_world: World) -> None:
    for number in range(SCHEMAS_IN_SANDBOX):
        assert add(shared_world, order(vendor=f"com.acme{number}")).status_code == 201
    assert "which is the limit: delete one" in problem(add(shared_world, order()))[1]


@pytest.mark.parametrize("body", ["[]", '"a"', "{", "null"])
def test_what_is_no_object_is_refused(shared_world: World, body: str) -> None:
    assert HTTP.post(f"{shared_world.collector}/schemas", content=body).status_code == 422


# Those that there are on request

CLICK = "iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1"
OF_NO_SCHEMA = "iglu:com.snowplowanalytics.snowplow/no_such_event/jsonschema/1-0-0"
BROKEN_CLICK = '{"elementId": "buy"}'  # without its target


def use_more(world: World, is_used: bool) -> dict[str, Any]:
    answer = HTTP.put(f"{world.collector}/schemas/more", json={"is_used": is_used})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_event_of_snowplows_own_passes_unchecked_until_its_schemas_are_asked_for(
    shared_world: World,
) -> None:
    track(shared_world, BROKEN_CLICK, CLICK)
    assert counts(shared_world) == (1, 0)

    assert CLICK in use_more(shared_world, True)["uris"]
    track(shared_world, BROKEN_CLICK, CLICK)
    track(shared_world, '{"targetUrl": "https://example.com/"}', CLICK)
    assert counts(shared_world) == (2, 1)
    assert '"targetUrl" is a required property' in str(failures(shared_world))

    assert use_more(shared_world, False)["is_used"] is False
    track(shared_world, BROKEN_CLICK, CLICK)
    assert counts(shared_world) == (3, 1)


def test_what_snowplow_has_and_this_sandbox_has_not_still_passes(shared_world: World) -> None:
    use_more(shared_world, True)
    track(shared_world, "{}", OF_NO_SCHEMA)
    assert counts(shared_world) == (1, 0)


def test_schemas_on_request_are_of_one_sandbox_and_read_as_micro_shows_them(
    shared_world: World,
) -> None:
    other, path = World(shared_world.url), CLICK.removeprefix("iglu:")
    use_more(shared_world, True)
    told = [HTTP.get(f"{each.collector}/micro/iglu/{path}") for each in (shared_world, other)]
    assert [each.status_code for each in told] == [200, 404]
    assert told[0].json()["self"]["name"] == "link_click"


def test_a_reset_sandbox_uses_no_schemas_on_request(shared_world: World) -> None:
    use_more(shared_world, True)
    HTTP.post(f"{shared_world.collector}/reset")
    assert HTTP.get(f"{shared_world.collector}/schemas/more").json()["is_used"] is False
