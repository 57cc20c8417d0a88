"""Snowplow Micro's interface for test tools."""

import json

import pytest

from lib.sandbox.limits import Limits
from lib.sandbox.queries import micro as micro_module
from lib.sandbox.queries import stored_events
from lib.sandbox.queries.micro_columns import COLUMNS
from lib.sandbox.sandboxes import LimitedSandbox
from lib.sandbox.server import json_answers
from tests.support.sandbox import (
    HTTP,
    SEEN,
    TASK_COMPLETED,
    TRACKER,
    UNSTRUCT,
    World,
    new_id,
    payload,
    seen,
)

PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"


def micro(world: World, path: str, method: str = "GET", **options):
    answer = HTTP.request(method, f"{world.collector}/micro/{path}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def task(priority: str = "high", **fields: str) -> dict[str, str]:
    data = {"schema": TASK_COMPLETED, "data": {"task_id": "t", "priority": priority}}
    project = {"schema": PROJECT, "data": {"project_id": "p", "plan": "free"}}
    return {
        "e": "ue",
        "eid": new_id(),
        "ue_pr": json.dumps({"schema": UNSTRUCT, "data": data}),
        "co": json.dumps({"schema": CONTEXTS, "data": [project]}),
        **fields,
    }


def test_accepted_and_failed_events_are_counted(shared_world):
    shared_world.post(task(), task("urgent"), seen(new_id()))
    for method in ("GET", "POST"):
        assert micro(shared_world, "all", method) == {"total": 3, "good": 2, "bad": 1}


def test_reset_deletes_the_events_and_answers_with_the_counts(shared_world):
    shared_world.post(task(), task("urgent"))
    assert micro(shared_world, "reset") == {"total": 0, "good": 0, "bad": 0}
    assert (micro(shared_world, "good"), micro(shared_world, "bad")) == ([], [])


def test_an_accepted_event_shows_its_schema_type_and_contexts(shared_world):
    event = task(uid="someone")
    shared_world.post(event)
    (good,) = micro(shared_world, "good")
    assert (good["eventType"], good["schema"], good["contexts"]) == (
        "unstruct",
        TASK_COMPLETED,
        [PROJECT],
    )
    assert good["rawEvent"]["parameters"] == {**TRACKER, **event}
    assert good["rawEvent"]["api"] == {"vendor": "com.snowplowanalytics.snowplow", "version": "tp2"}
    assert good["event"]["user_id"] == "someone"
    assert good["event"]["unstruct_event"]["data"]["data"] == {"task_id": "t", "priority": "high"}
    assert good["event"]["collector_tstamp"].endswith("Z")


def test_the_newest_event_comes_first(shared_world):
    shared_world.post(task(uid="first"), task(uid="second"))
    assert [each["event"]["user_id"] for each in micro(shared_world, "good")] == ["second", "first"]


def test_accepted_events_are_filtered(shared_world):
    shared_world.post(task(), seen(new_id()), {"e": "pv", "eid": new_id()})
    filters = {
        "schema": [{"schema": SEEN}, [SEEN]],
        "event_type": [
            {"event_type": "page_view"},
            ["iglu:com.snowplowanalytics.snowplow/page_view/jsonschema/1-0-0"],
        ],
        "contexts": [{"contexts": [PROJECT]}, [TASK_COMPLETED]],
        "nothing": [{"contexts": [PROJECT], "schema": SEEN}, []],
    }
    found = {
        name: [each["schema"] for each in micro(shared_world, "good", "POST", json=asked)]
        for name, (asked, _) in filters.items()
    }
    assert found == {name: expected for name, (_, expected) in filters.items()}


def test_limit_keeps_the_newest(shared_world):
    shared_world.post(task(uid="old"), task(uid="new"))
    newest = micro(shared_world, "good", "POST", json={"limit": 1})
    assert [each["event"]["user_id"] for each in newest] == ["new"]
    assert len(micro(shared_world, "good", params={"limit": 1})) == 1


def test_a_failed_event_shows_why(shared_world):
    shared_world.post(task("urgent"))
    (bad,) = micro(shared_world, "bad")
    first, bad_row, in_words = bad["errors"]
    reason = '"urgent" is not one of "low", "medium" or "high"'
    assert first == "Error while validating the event."
    assert in_words == f"{TASK_COMPLETED} $.priority: {reason}"
    row = json.loads(bad_row)
    assert row["schema"].endswith("badrows/schema_violations/jsonschema/2-0-0")
    (message,) = row["data"]["failure"]["messages"]
    report = {"message": reason, "path": "$.priority", "keyword": None, "targets": None}
    assert message == {
        "schemaKey": TASK_COMPLETED,
        "error": {"error": "ValidationError", "dataReports": [report]},
    }
    assert {"name": "e", "value": "ue"} in row["data"]["payload"]["raw"]["parameters"]
    assert bad["rawEvent"]["parameters"]["e"] == "ue"


def test_a_body_that_could_not_be_read_is_kept(shared_world):
    HTTP.post(f"{shared_world.collector}/com.snowplowanalytics.snowplow/tp2", content=b"{nonsense")
    (bad,) = micro(shared_world, "bad")
    assert (bad["collectorPayload"]["body"], bad["rawEvent"]) == ("{nonsense", None)


def test_failed_events_are_filtered_by_the_path(shared_world):
    shared_world.post(task("urgent"))
    found = {
        vendor: len(micro(shared_world, "bad", "POST", json={"vendor": vendor}))
        for vendor in ("com.snowplowanalytics.snowplow", "com.other")
    }
    assert found == {"com.snowplowanalytics.snowplow": 1, "com.other": 0}


def test_a_schema_can_be_read(shared_world):
    schema = micro(shared_world, "iglu/com.example/task_completed/jsonschema/1-0-0")
    assert schema["self"] == {
        "vendor": "com.example",
        "name": "task_completed",
        "format": "jsonschema",
        "version": "1-0-0",
    }


def test_an_unknown_schema_is_not_found(shared_world):
    path = "micro/iglu/com.example/missing/jsonschema/1-0-0"
    answer = HTTP.get(f"{shared_world.collector}/{path}")
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "iglu:com.example/missing/jsonschema/1-0-0 is not in this Iglu"},
    )


@pytest.mark.parametrize(
    "event",
    [task(), seen(new_id()), {"e": "pv", "eid": new_id()}, {"e": "pp", "eid": new_id()}],
)
def test_an_accepted_event_has_every_column_null_where_empty(shared_world, event):
    """As in the example of `/micro/good` in the documentation of Micro's API."""
    shared_world.post(event)
    (good,) = micro(shared_world, "good")
    assert set(COLUMNS) <= set(good["event"])
    empty = ("geo_country", "refr_medium", "mkt_source", "ti_sku", "etl_tags", "true_tstamp")
    assert [good["event"][name] for name in empty] == [None] * len(empty)
    assert (good["event"]["derived_contexts"], good["incomplete"]) == ({}, False)


def test_contexts_are_an_object_even_when_there_are_none(shared_world):
    shared_world.post(task(), {"e": "pv", "eid": new_id()})
    without, with_project = (each["event"]["contexts"] for each in micro(shared_world, "good"))
    assert without == {}
    assert with_project == {
        "schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0",
        "data": [{"schema": PROJECT, "data": {"project_id": "p", "plan": "free"}}],
    }


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "goood",
        "events",
        "timeline",
        "columns",
        "columnStats",
        "auth-config",
        "ui",
        "ui/index.html",
        "",
    ],
)
def test_other_paths_of_micro_are_404_and_count_no_event(shared_world, method, path):
    """As Routing.scala in snowplow/snowplow-micro answers."""
    answer = HTTP.request(method, f"{shared_world.collector}/micro/{path}?e=pv")
    assert answer.status_code == 404
    assert micro(shared_world, "all") == {"total": 0, "good": 0, "bad": 0}


SENT = {
    "Referer": "https://shop.example/cart",
    "Cookie": "sp=secret",
    "Authorization": "Bearer secret",
    "X-Test": "yes",
}


def send(world: World, path: str = "/com.snowplowanalytics.snowplow/tp2", **options) -> None:
    HTTP.post(world.collector + path, headers=SENT | options.pop("headers", {}), **options)


def shown(sent: dict) -> tuple:
    return (
        sent["api"]["version"],
        sent["contentType"],
        sent["source"]["hostname"],
        sent["context"]["refererUri"],
        "X-Test: yes" in sent["context"]["headers"],
    )


def test_the_request_of_an_event_is_shown_without_what_is_secret(shared_world):
    """CollectorPayload in snowplow/enrich; cookies and authorization are left out *(ours)*."""
    send(shared_world, content=payload(task(), task("urgent")))
    (good,), (bad,) = micro(shared_world, "good"), micro(shared_world, "bad")
    expected = ("tp2", "application/json", "127.0.0.1", "https://shop.example/cart", True)
    sent = (good["rawEvent"], bad["rawEvent"], bad["collectorPayload"])
    assert [shown(each) for each in sent] == [expected] * 3
    assert "secret" not in json.dumps([good, bad])
    assert bad["collectorPayload"]["context"]["ipAddress"] == "127.0.0.1"


def test_a_failed_event_has_the_whole_payload_that_it_came_in(shared_world):
    body = payload(task(uid="good one"), task("urgent"))
    send(shared_world, content=body, params={"aid": "shop"})
    (bad,) = micro(shared_world, "bad")
    assert bad["collectorPayload"]["body"] == body.decode()
    assert bad["collectorPayload"]["querystring"] == ["aid=shop"]


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        ("/com.snowplowanalytics.snowplow/tp2", b"{nonsense", "tracker_protocol_violations"),
        ("/com.snowplowanalytics.iglu/v1", b"{}", "adapter_failures"),
        ("/com.mailchimp/v1", b"{}", "adapter_failures"),
    ],
)
def test_a_payload_that_could_not_be_read_has_its_bad_row(shared_world, path, content, name):
    """AdapterRegistry in snowplow/enrich."""
    send(shared_world, path, content=content)
    (bad,) = micro(shared_world, "bad")
    assert bad["errors"][0].startswith("Error while extracting event(s) from collector payload")
    row = json.loads(bad["errors"][1])
    assert row["schema"].endswith(f"badrows/{name}/jsonschema/1-0-0")
    assert row["data"]["payload"]["body"] == content.decode()
    vendor, version = path[1:].split("/")
    asked = {"vendor": vendor, "version": version}
    assert bad["collectorPayload"]["api"] == asked
    assert len(micro(shared_world, "bad", "POST", json=asked)) == 1
    assert micro(shared_world, "bad", "POST", json={"vendor": "com.other"}) == []


def test_an_anonymous_request_shows_no_address(shared_world):
    """`headers` of Service in snowplow/stream-collector."""
    headers = {"SP-Anonymous": "*", "X-Forwarded-For": "1.2.3.4", "X-Real-IP": "1.2.3.4"}
    send(shared_world, content=payload(task(), task("urgent")), headers=headers)
    (good,), (bad,) = micro(shared_world, "good"), micro(shared_world, "bad")
    assert "1.2.3.4" not in json.dumps([good, bad])
    for sent in (good["rawEvent"], bad["collectorPayload"]):
        assert sent["context"]["ipAddress"] == "unknown"
        assert sent["context"]["userId"] == "00000000-0000-0000-0000-000000000000"


def test_the_lists_have_as_many_events_as_are_counted(shared_world, monkeypatch):
    """As InMemoryStorage in snowplow/snowplow-micro, which has no bound."""
    monkeypatch.setattr(stored_events, "EVENTS_AT_ONCE", 20)
    monkeypatch.setattr(json_answers, "STREAMED_BYTES", 50_000)
    monkeypatch.setattr(micro_module, "ANSWER_BYTES", 10_000)
    users = [str(number) for number in range(50)]
    shared_world.post(*[task(uid=user) for user in users])
    shared_world.post(*[task("urgent", uid=user) for user in users])
    assert micro(shared_world, "all") == {"total": 100, "good": 50, "bad": 50}
    good, bad = micro(shared_world, "good"), micro(shared_world, "bad")
    assert [each["event"]["user_id"] for each in good] == users[::-1]
    assert [each["rawEvent"]["parameters"]["uid"] for each in bad] == users[::-1]


@pytest.mark.parametrize("asked", [{}, {"event_type": "unstruct"}, {"schema": TASK_COMPLETED}])
@pytest.mark.parametrize(("limit", "listed"), [(0, 0), (1, 1), (30, 30), (99, 50)])
def test_so_many_events_are_listed_as_were_asked_for(
    shared_world, monkeypatch, asked, limit, listed
):
    monkeypatch.setattr(stored_events, "EVENTS_AT_ONCE", 20)
    shared_world.post(*[task() for _ in range(50)])
    assert len(micro(shared_world, "good", "POST", json=asked | {"limit": limit})) == listed


@pytest.mark.parametrize("asked", [{}, {"version": "tp2"}])
@pytest.mark.parametrize(("limit", "listed"), [(0, 0), (1, 1), (30, 30), (99, 50)])
def test_so_many_failed_events_are_listed_as_were_asked_for(
    shared_world, monkeypatch, asked, limit, listed
):
    monkeypatch.setattr(stored_events, "EVENTS_AT_ONCE", 20)
    shared_world.post(*[task("urgent") for _ in range(50)])
    assert len(micro(shared_world, "bad", "POST", json=asked | {"limit": limit})) == listed


def test_on_a_shared_server_the_lists_have_the_newest_and_the_counts_all(server_with, monkeypatch):
    monkeypatch.setattr(LimitedSandbox, "most_listed", 2)
    world = World(server_with(Limits()).url)
    world.post(*[task() for _ in range(3)], *[task("urgent") for _ in range(3)])
    assert micro(world, "all") == {"total": 6, "good": 3, "bad": 3}
    assert (len(micro(world, "good")), len(micro(world, "bad"))) == (2, 2)


def test_on_a_shared_server_failed_events_of_a_large_payload_are_listed_up_to_a_limit(
    server_with, monkeypatch
):
    """Each has the whole payload that it came in."""
    monkeypatch.setattr(micro_module, "ANSWER_BYTES", 200_000)
    world = World(server_with(Limits()).url)
    world.post(*[task("urgent") for _ in range(50)])
    listed = micro(world, "bad")
    assert 1 < len(listed) < 50
    assert len(json.dumps(listed)) < 400_000


@pytest.mark.parametrize("path", ["/i", "/com.acme/v1?x=1&y=2"])
def test_a_request_without_a_body_has_none_in_its_bad_row(shared_world, path):
    assert HTTP.get(shared_world.collector + path).status_code == 200
    (bad,) = micro(shared_world, "bad")
    row = json.loads(bad["errors"][1])
    assert (bad["collectorPayload"]["body"], row["data"]["payload"]["body"]) == (None, None)
