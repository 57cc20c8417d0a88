"""The schemas of one sandbox: its own, those of the server, and those on request."""

from typing import Any

import pytest

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import SCHEMAS_IN_SANDBOX
from lib.sandbox.pipeline.iglu import METASCHEMA, Iglu, SchemaKey
from lib.sandbox.pipeline.own_schemas import OwnSchemas
from lib.sandbox.server.serving import IGLU_CENTRAL, SCHEMAS

SHARED = Iglu(SCHEMAS, on_request=Iglu(IGLU_CENTRAL))
CLICK = "iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1"


def order(version: str = "1-0-0", vendor: str = "com.acme") -> dict[str, Any]:
    described = {"vendor": vendor, "name": "order", "format": "jsonschema", "version": version}
    fields = {"amount": {"type": "integer"}}
    return {"$schema": METASCHEMA, "self": described, "type": "object", "properties": fields}


def uri(version: str = "1-0-0") -> str:
    return SchemaKey("com.acme", "order", version).uri


def holding(*schemas: dict[str, Any], uses_more: bool = False) -> OwnSchemas:
    iglu = OwnSchemas(SHARED)
    iglu.load(schemas, uses_more=uses_more)
    return iglu


def refusal(iglu: OwnSchemas, schema: dict[str, Any]) -> str:
    with pytest.raises(InvalidDefinition) as refused:
        iglu.check_new(schema)
    (problem,) = refused.value.detail
    return str(problem["msg"])


def test_own_schemas_are_strict_beside_those_of_the_server() -> None:
    iglu = holding(order())
    assert iglu.check(uri(), {"amount": "much"}).failures
    assert not iglu.check(uri(), {"amount": 1}).failures
    assert iglu.check(uri("2-0-0"), {}).failures  # of a vendor that is held
    assert iglu.own_names() == [uri()]
    assert uri() in iglu.names() and len(iglu.names()) == len(SHARED.names()) + 1
    assert iglu.schema(uri()) == order()
    assert iglu.versions("com.acme", "order", 1) == [order()]


def test_schemas_on_request_hold_only_where_they_are_used() -> None:
    unused, used = holding(order()), holding(order(), uses_more=True)
    assert not unused.check(CLICK, {}).validated and unused.schema(CLICK) is None
    assert used.check(CLICK, {}).failures and used.schema(CLICK) is not None
    assert not used.check(CLICK.replace("link_click", "no_such"), {}).validated


def test_versions_follow_each_other_and_never_change() -> None:
    iglu = holding(order())
    assert iglu.check_new(order("1-0-1")).version == "1-0-1"
    assert "a version never changes" in refusal(iglu, order())
    assert "after 1-0-0 comes" in refusal(iglu, order("3-0-0"))
    assert "the first version is 1-0-0" in refusal(holding(), order("1-0-1"))


def test_a_vendor_of_somebody_else_and_one_schema_too_many_are_refused() -> None:
    many = [order(vendor=f"com.acme{number}") for number in range(SCHEMAS_IN_SANDBOX)]
    assert "com.example is not yours" in refusal(holding(), order(vendor="com.example"))
    assert "which is the limit" in refusal(holding(*many), order())


def test_the_newest_version_is_deleted_first() -> None:
    iglu = holding(order(), order("1-0-1"))
    iglu.check_deletion(uri("1-0-1"))
    for each in (uri(), uri("9-0-0"), "nonsense"):
        with pytest.raises(InvalidDefinition):
            iglu.check_deletion(each)


def test_a_schema_that_is_no_longer_possible_fails_its_events_and_nothing_else() -> None:
    broken = order() | {"properties": {"amount": {"type": "text"}}}
    assert holding(broken).check(uri(), {}).failures
