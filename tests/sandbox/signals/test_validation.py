"""Groups, keys and services that the API refuses with 422, and the reasons that it gives."""

from typing import Any

import pytest

from lib.sandbox.signals.aggregations import AGGREGATIONS
from tests.support.definitions import problems
from tests.support.sandbox import HTTP, OWNER, World, group, service

COUNTER = {"name": "value", "aggregation": "counter", "type": "int32", "events": []}
EMAIL = "value is not a valid email address: An email address must have an @-sign."
AT = {"type": "atomic", "name": "derived_tstamp"}
URL = {"type": "atomic", "name": "page_url"}
SUM = {**COUNTER, "aggregation": "sum", "property": {"type": "atomic", "name": "se_value"}}
LAST = {**COUNTER, "aggregation": "last", "type": "string", "property": URL}
LISTED = {**LAST, "aggregation": "unique_list"}
SINCE = {**COUNTER, "aggregation": "time_since_last", "type": "float", "time_unit": "min"}
EVENT_PROPERTY = {
    "type": "event",
    "vendor": "com.example",
    "name": "task_completed",
    "major_version": 1,
    "path": "priority",
}


def calculated(operation: str, *parts: Any, **options: Any) -> dict[str, Any]:
    return {"type": "calculated", "operation": operation, "properties": parts, **options}


def without(definition: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != name}


def group_body(*attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "name": "things",
        "version": 1,
        "attribute_key": {"name": "user_id"},
        "owner": OWNER,
        "attributes": list(attributes) or [COUNTER],
        **changes,
    }


WRONG_ATTRIBUTES = [
    (
        {**COUNTER, "aggregation": aggregation},
        ["property"],
        f"{aggregation} aggregation requires a property to be set",
    )
    for aggregation in sorted(name for name, each in AGGREGATIONS.items() if each.needs_property)
] + [
    ({**COUNTER, "property": URL}, ["property"], "counter aggregation does not take a property"),
    (
        without(SINCE, "time_unit"),
        ["time_unit"],
        "time_since_last aggregation requires a time_unit to be set",
    ),
    *[
        (
            {**SINCE, "aggregation": aggregation, "property": field},
            ["property"],
            f"{aggregation} aggregation takes no property but derived_tstamp",
        )
        for aggregation in ("time_since_first", "time_since_last")
        for field in (
            URL,
            {**AT, "name": "collector_tstamp"},
            {
                "type": "event",
                "vendor": "a",
                "name": "derived_tstamp",
                "major_version": 1,
                "path": "b",
            },
        )
    ],
    (
        {**SINCE, "type": "int32"},
        ["type"],
        "time_since_last aggregation requires the type float or double",
    ),
    (
        {**COUNTER, "time_unit": "s"},
        ["time_unit"],
        "time_unit is only valid for time_since_last and time_since_first",
    ),
    ({**COUNTER, "ttl": "P1D", "period": "P1D"}, ["ttl"], "ttl cannot be set together with period"),
    ({**COUNTER, "period": "PT0S"}, ["period"], "period must be longer than zero"),
    ({**COUNTER, "ttl": -5}, ["ttl"], "ttl must be longer than zero"),
    (
        {**COUNTER, "events": [{"event_specification_id": "a", "name": "b"}]},
        ["events", 0],
        "event_specification_id cannot be set together with name, vendor or version",
    ),
    (
        {
            **LAST,
            "aggregation": "sum",
            "type": "int32",
            "property": {**AT, "date_part": "hour_of_day"},
        },
        ["property", "date_part"],
        "date_part cannot be used with the sum aggregation",
    ),
    (
        {**LAST, "property": {**AT, "date_part": "hour_of_day"}},
        ["type"],
        "hour_of_day requires the type int32 or int64, not string",
    ),
    *[
        (
            {**LISTED, "type": kind, "property": {**AT, "date_part": part}},
            ["type"],
            f"{part} requires the type {wanted}, not {kind}",
        )
        for kind, part, wanted in [
            ("int32", "hour_of_day", "int32_list or int64_list"),
            ("string_list", "day_of_week", "int32_list or int64_list"),
            ("string", "active_day", "string_list"),
            ("int64_list", "active_month", "string_list"),
        ]
    ],
    (
        {**LAST, "type": "int32_list", "property": {**AT, "date_part": "month_of_year"}},
        ["type"],
        "month_of_year requires the type int32 or int64, not int32_list",
    ),
    (
        {**LAST, "type": "int32", "property": {**AT, "date_part": "active_week"}},
        ["type"],
        "active_week requires the type string, not int32",
    ),
    (
        {**LAST, "property": {**URL, "date_part": "active_day"}},
        ["property", "date_part"],
        "date_part needs a date-time field, page_url is not one",
    ),
    *[
        (
            {**LAST, "property": calculated(operation, URL)},
            ["property"],
            f"{operation} needs at least 2 properties",
        )
        for operation in ("concat", "sum", "product", "min", "max")
    ],
    *[
        (
            {**LAST, "property": calculated(operation, URL, URL, separator="-")},
            ["property", "separator"],
            "separator is only valid for concat",
        )
        for operation in ("sum", "product", "min", "max", "coalesce")
    ],
    (
        {**LAST, "property": {**EVENT_PROPERTY, "path": "a..b"}},
        ["property", "path"],
        "path 'a..b' is not of the form a.b[0].c",
    ),
    (
        {**LAST, "property": calculated("coalesce", {**EVENT_PROPERTY, "path": "a[x]"})},
        ["property", "path"],
        "path 'a[x]' is not of the form a.b[0].c",
    ),
    (
        {
            **COUNTER,
            "criteria": {
                "any": [{"property": {**EVENT_PROPERTY, "path": "[0"}, "operator": "is null"}]
            },
        },
        ["criteria", "any", 0, "property", "path"],
        "path '[0' is not of the form a.b[0].c",
    ),
    (
        {**LAST, "property": {**EVENT_PROPERTY, "date_part": "active_day"}},
        ["property", "date_part"],
        "date_part needs a date-time field, and the schema of com.example/task_completed 1 does"
        " not declare format: date-time at priority",
    ),
    (
        {
            **COUNTER,
            "criteria": {
                "all": [{"property": {**URL, "date_part": "active_day"}, "operator": "is null"}]
            },
        },
        ["criteria", "all", 0, "property", "date_part"],
        "date_part needs a date-time field, page_url is not one",
    ),
    *[
        (
            {**COUNTER, "criteria": {"any": [{"property": URL, "operator": operator}]}},
            ["criteria", "any", 0, "value"],
            f"the operator '{operator}' needs a value",
        )
        for operator in ("=", "!=", "<", ">", "<=", ">=", "like")
    ],
    *[
        (
            {**COUNTER, "criteria": {"all": [{"property": URL, "operator": "in", **value}]}},
            ["criteria", "all", 0, "value"],
            "the operator 'in' needs a list of values",
        )
        for value in ({}, {"value": "a"}, {"value": 1})
    ],
]


@pytest.mark.parametrize(("wrong", "location", "message"), WRONG_ATTRIBUTES)
def test_wrong_attribute_is_refused(
    shared_world: World, wrong: dict[str, Any], location: list[Any], message: str
) -> None:
    found = problems(shared_world, "attribute_groups", group_body(COUNTER | {"name": "a"}, wrong))
    assert found == [(["body", "attributes", 1, *location], message)]


def test_calculated_property_of_a_criterion_is_checked(shared_world: World) -> None:
    value = {"type": "atomic", "name": "se_value"}
    criterion = {
        "property": calculated("sum", value, separator="-"),
        "operator": ">",
        "value": 1,
    }
    wrong = {**COUNTER, "criteria": {"all": [criterion]}}
    location = ["body", "attributes", 0, "criteria", "all", 0, "property"]
    assert problems(shared_world, "attribute_groups", group_body(wrong)) == [
        (location, "sum needs at least 2 properties"),
        ([*location, "separator"], "separator is only valid for concat"),
    ]


@pytest.mark.parametrize(
    "right",
    [
        COUNTER,
        SUM,
        LAST,
        SINCE,
        {**SINCE, "type": "double", "property": AT},
        {**LISTED, "type": "int64_list", "property": {**AT, "date_part": "hour_of_day"}},
        {**LISTED, "type": "string_list", "property": {**AT, "date_part": "active_week"}},
        {**LAST, "type": "int32", "property": {**AT, "date_part": "hour_of_day"}},
        {**LAST, "property": {**AT, "date_part": "active_month"}},
        {**LAST, "property": calculated("coalesce", URL)},
        {**LAST, "property": calculated("concat", URL, EVENT_PROPERTY, separator="-")},
        {**COUNTER, "ttl": 3600},
        {**COUNTER, "events": [{"event_specification_id": "a"}]},
        {**COUNTER, "criteria": {"all": [{"property": URL, "operator": "is null"}]}},
        {**COUNTER, "criteria": {"all": [{"property": URL, "operator": "in", "value": []}]}},
        {**COUNTER, "criteria": {"any": [{"property": URL, "operator": "=", "value": ["a"]}]}},
    ],
)
def test_right_attribute_is_accepted(shared_world: World, right: dict[str, Any]) -> None:
    answer = shared_world.api("POST", "registry/attribute_groups/", group_body(right))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("changes", "location", "message"),
    [
        ({"owner": None}, ["owner"], "Input should be a valid string"),
        ({"owner": "ada"}, ["owner"], EMAIL),
        ({"version": 0}, ["version"], "version must be from 1 to 2147483647"),
        ({"attributes": []}, ["attributes"], "an attribute group needs at least one attribute"),
        (
            {"attributes": [COUNTER, COUNTER]},
            ["attributes"],
            "attribute 'value' appears more than once",
        ),
        (
            {"attribute_key": {"name": "unheard_of"}},
            ["attribute_key"],
            "attribute key 'unheard_of' does not exist. Built-in keys are domain_sessionid,"
            " domain_userid, network_userid, user_id; a custom key needs a property.",
        ),
        (
            {"attribute_key": {"name": "day", "property": {**AT, "date_part": "active_day"}}},
            ["attribute_key", "property", "date_part"],
            "date_part is not allowed on an attribute key",
        ),
        (
            {"attribute_key": {"name": "x", "property": {**EVENT_PROPERTY, "path": "a["}}},
            ["attribute_key", "property", "path"],
            "path 'a[' is not of the form a.b[0].c",
        ),
        ({"ttl": "-P1D"}, ["ttl"], "ttl must be longer than zero"),
        (
            {"attribute_key": {"name": "user_id", "ttl": 0}},
            ["attribute_key", "ttl"],
            "ttl must be longer than zero",
        ),
        (
            {"name": "not a name"},
            ["name"],
            "String should match pattern '^[A-Za-z0-9_]+$'",
        ),
    ],
)
def test_wrong_group_is_refused(
    shared_world: World, changes: dict[str, Any], location: list[Any], message: str
) -> None:
    found = problems(shared_world, "attribute_groups", group_body(**changes))
    assert found == [(["body", *location], message)]


def test_all_problems_are_named_at_once(shared_world: World) -> None:
    body = group_body(without(SUM, "property"), owner="ada")
    assert problems(shared_world, "attribute_groups", body) == [
        (["body", "owner"], EMAIL),
        (
            ["body", "attributes", 0, "property"],
            "sum aggregation requires a property to be set",
        ),
    ]


def test_a_key_with_a_date_part_is_refused(shared_world: World) -> None:
    body = {"name": "key", "property": {**AT, "date_part": "active_day"}}
    assert problems(shared_world, "attribute_keys", body) == [
        (
            ["body", "property", "date_part"],
            "date_part is not allowed on an attribute key",
        )
    ]


def test_a_key_without_a_time_to_live_that_lasts_is_refused(shared_world: World) -> None:
    assert problems(shared_world, "attribute_keys", {"name": "key", "ttl": -5}) == [
        (["body", "ttl"], "ttl must be longer than zero")
    ]


@pytest.mark.parametrize("owner", ["ada", "The data team", ""])
def test_the_owner_of_a_key_may_be_any_text(shared_world: World, owner: str) -> None:
    answer = shared_world.api("POST", "registry/attribute_keys/", {"name": "key", "owner": owner})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("owner", ["ada", "The data team", ""])
def test_the_owner_of_an_agentic_context_may_be_any_text(shared_world: World, owner: str) -> None:
    body = {
        "name": "log",
        "owner": owner,
        "attribute_key": {"name": "domain_sessionid"},
        "events": [{"event": {"name": "page_view"}, "properties": [URL]}],
        "max_events": 5,
        "max_age_seconds": 60,
    }
    answer = shared_world.api("POST", "registry/event_logs/", body)
    assert answer.status_code == 201, answer.text


def test_service_without_an_owner_is_refused(shared_world: World) -> None:
    shared_world.signals.publish([group()])
    body = without(service(group()).model_dump(mode="json"), "owner")
    found = problems(shared_world, "services", body)
    assert found == [(["body", "owner"], "Input should be a valid string")]


def test_service_that_names_an_unknown_group_version_is_refused(shared_world: World) -> None:
    shared_world.signals.publish([group()])
    body = service(group(), group(version=2)).model_dump(mode="json")
    assert problems(shared_world, "services", body) == [
        (
            ["body", "attribute_groups", 1],
            "attribute group 'things' version 2 does not exist",
        )
    ]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"name": NaN}', '{"name": "\\ud800"}'])
def test_body_that_is_not_a_definition_is_422(shared_world: World, body: str) -> None:
    headers = {"Authorization": f"Bearer {shared_world.token}", "Content-Type": "application/json"}
    answer = HTTP.post(
        f"{shared_world.url}/api/v1/registry/services/", content=body, headers=headers
    )
    assert (answer.status_code, list(answer.json()["detail"][0])) == (422, ["loc", "msg", "type"])
