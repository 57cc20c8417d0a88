"""Definitions that are right but for a few changes, over HTTP.

Random input rarely gets past validation. These do, and then have to be computed and read.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support import wire
from tests.support.hostile import dumped, mutated
from tests.support.known import GROUP, LOG, RULE, SESSION, USER, Known, as_json, strict_json
from tests.support.sandbox import HTTP, World, seen, service
from tests.support.size import FULL, sized

SEEN_PROPERTY = {
    "type": "event",
    "vendor": "org.example",
    "name": "seen",
    "major_version": 1,
    "path": "value",
}
PROPERTIES = [
    {"type": "atomic", "name": "collector_tstamp", "date_part": "active_week"},
    {"type": "atomic", "name": "user_id"},
    {
        "type": "event",
        "vendor": "org.example",
        "name": "seen",
        "major_version": 1,
        "path": "a[0].b",
    },
    {
        "type": "entity",
        "vendor": "org.example",
        "name": "thing",
        "major_version": 1,
        "path": "value",
        "index": 1,
    },
    {
        "type": "calculated",
        "operation": "concat",
        "separator": "-",
        "properties": [
            {"type": "atomic", "name": "app_id"},
            {
                "type": "event",
                "vendor": "org.example",
                "name": "seen",
                "major_version": 1,
                "path": "value",
            },
        ],
    },
]
CRITERION = {"property": SEEN_PROPERTY, "operator": "rlike", "value": "^a"}
RICH_GROUP = as_json(GROUP) | {
    "is_published": True,
    "attributes": [
        *as_json(GROUP)["attributes"],
        *[
            {
                "name": f"of_{index}",
                "aggregation": "unique_list",
                "type": "string_list",
                "events": [],
                "property": each,
                "criteria": {"any": [CRITERION]},
                "default_value": ["none"],
            }
            for index, each in enumerate(PROPERTIES)
        ],
    ],
}
KEYED_GROUP = RICH_GROUP | {
    "name": "keyed",
    "attribute_key": {"name": "thing", "property": PROPERTIES[3] | {"index": 0}},
    "ttl": "P1D",
}
RICH_RULE = as_json(RULE) | {
    "is_published": True,
    "criteria": {
        "all": [
            {"attribute": "things:count", "operator": "changed"},
            {"any": [{"attribute": "things:listed", "operator": "like", "value": "%a%"}]},
            {"none": [{"attribute": "things:last", "operator": "in", "value": ["x", 1]}]},
        ]
    },
    "payload_attribute_groups": [{"name": "things", "version": 1}],
}
SERVICE = as_json(service(GROUP)) | {"is_published": True}
NAMED = {
    "attribute_groups": [{"name": "things", "version": 1}],
    "event_logs": [{"name": "activity"}],
}
BODIES: dict[str, list[Any]] = {
    "registry/attribute_keys": [KEYED_GROUP["attribute_key"]],
    "registry/attribute_groups": [RICH_GROUP, KEYED_GROUP, RICH_GROUP | {"version": 2}],
    "registry/services": [SERVICE],
    "registry/interventions": [RICH_RULE, as_json(RULE) | {"is_published": True}],
    "registry/event_logs": [as_json(LOG)],
    "engines/publish": [NAMED],
    "engines/unpublish": [NAMED],
    "get-online-attributes": [
        {"service": "everything", "attribute_keys": {"user_id": [USER]}},
        {"attributes": ["things_v1:count"], "attribute_keys": {"user_id": [USER]}},
    ],
    "testing/attribute_groups": [
        {"attribute_group": RICH_GROUP, "window": "P1D", "app_ids": ["web"]},
        {"attribute_group": KEYED_GROUP, "attribute_key_ids": ["b"]},
    ],
    f"interventions?user_id={USER}": [{"name": "nudge", "version": 1, "attributes": {"a": "b"}}],
}
ITEMS = [
    "attribute_keys/user_id",
    "attribute_keys/thing",
    *[f"attribute_groups/{each}/versions/{n}" for each in ("things", "keyed") for n in (1, 2)],
    "services/everything",
    "interventions/nudge/versions/1",
    "event_logs/activity",
]
CHANGES = 12  # requests to one sandbox, one after the other


def rich_event() -> dict[str, str]:
    """An event that every kind of property finds a value in."""
    things = [
        {"schema": "iglu:org.example/thing/jsonschema/1-0-0", "data": {"value": v}} for v in "bc"
    ]
    contexts = {
        "schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
        "data": things,
    }
    data = {"value": "a", "a": [{"b": 1}]}
    return seen(USER, data, sid=SESSION, aid="web", co=json.dumps(contexts))


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A request to the API that defines, redefines or deletes, or reads in a body's words."""
    if draw(st.integers(0, 3)) == 0:
        item = draw(st.sampled_from(ITEMS))
        method = draw(st.sampled_from(["GET", "DELETE", "PUT", "PUT"]))
        path = f"registry/{item}"
        body = draw(mutated(BODIES[f"registry/{item.split('/')[0]}"])) if method == "PUT" else None
    else:
        path = draw(st.sampled_from(list(BODIES)))
        method, body = "POST", draw(mutated(BODIES[path]))
    sent = dumped(body)
    if draw(st.integers(0, 19)) == 0:
        sent = sent[: draw(st.integers(0, len(sent)))]
    return method, path, sent


@sized(8, FULL // CHANGES + 1)
@given(requests=st.lists(changes(), min_size=CHANGES, max_size=CHANGES))
def run_changes(known: Known, requests: list[tuple[str, str, bytes]]) -> None:
    scratch = World(known.world.url)
    for method, path, body in requests:
        wire.count()
        headers = {"Authorization": f"Bearer {scratch.token}", "Content-Type": "application/json"}
        url = f"{scratch.url}/api/v1/{path}"
        answer = HTTP.request(method, url, content=body, headers=headers)
        said = f"{method} {path} {body!r}: {answer.status_code} {answer.text}"
        assert answer.status_code < 500 or answer.status_code == 501, said
        read = strict_json(answer.text)
        assert answer.status_code < 400 or "detail" in read, said
        assert answer.status_code != 400 or read["detail"].endswith("already exists"), said
    check_sandbox(scratch)


def test_no_definition_that_was_taken_breaks_what_follows(known: Known) -> None:
    run_changes(known)
    assert known.is_as_it_was()
    assert known.takes_in_events()


def check_sandbox(world: World) -> None:
    """Asserts that events are taken in and everything that is defined can be read."""
    events = [rich_event(), rich_event()]
    world.post(*events)
    good = HTTP.get(f"{world.collector}/micro/all").json()["good"]
    assert good == len(events)
    for collection in ("attribute_keys", "services", "interventions", "event_logs"):
        assert world.api("GET", f"registry/{collection}").status_code == 200
    groups = world.api("GET", "registry/attribute_groups").json()
    names = [f"{each['full_name']}:{a['name']}" for each in groups for a in each["attributes"]]
    keys = {"user_id": [USER], "thing": ["b"]}
    for body in [{"attributes": [each], "attribute_keys": keys} for each in names]:
        answer = world.api("POST", "get-online-attributes", body)
        assert answer.status_code == 200, answer.text
        strict_json(answer.text)
    for each in groups:
        body = {"attribute_group": each, "window": "P1D"}
        answer = world.api("POST", "testing/attribute_groups/", body)
        assert answer.status_code == 200, f"{each}: {answer.text}"
    trace = HTTP.get(f"{world.collector}/trace/{events[1]['eid']}")
    assert trace.status_code == 200, trace.text
