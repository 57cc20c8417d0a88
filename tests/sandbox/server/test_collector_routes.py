"""The collector's routes: their answers, the order of events, and failures."""

import gzip
import threading
from typing import Any

import httpx
import pytest

from lib.sandbox.server.collector_routes import PIXEL
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.collected import counts, failures, newest, sandbox_of
from tests.support.sandbox import (
    HTTP,
    JSON,
    NOW,
    PAYLOAD,
    TASK_COMPLETED,
    TP2,
    TRACKER,
    World,
    attribute,
    group,
    new_id,
    payload,
    seen,
    service,
    task_completed,
    tracker,
)

COUNT = group(attribute("count", "counter"), attribute("last", "last", type="int64"))
DEFINITIONS = [COUNT, service(COUNT)]


# Answers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b'{"schema": "iglu:a/b/jsonschema/1-0-0", "data": []}',
        payload(),
        b'{"schema": "%s", "data": [1, null, [], {}]}' % PAYLOAD.encode(),
        payload({"e": "ue"}),
        payload({"e": "ue", "ue_px": "!"}),
        payload({"e": "pv", "dtm": "yesterday"}),
        b"[" * 100_000,
    ],
)
def test_collector_answers_ok_to_any_body(shared_world: World, body: bytes) -> None:
    answer = HTTP.post(shared_world.collector + TP2, content=body)
    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("path", ["/com.acme/track", "/com.mailchimp/v1", "/a/tp2", "/x/v1"])
def test_what_no_adapter_knows_is_answered_and_fails_as_a_whole(
    shared_server: EmbeddedServer, shared_world: World, path: str
) -> None:
    """AdapterRegistry in snowplow/enrich."""
    body = payload(seen(None), seen(None))
    answer = HTTP.post(shared_world.collector + path, content=body)
    assert (answer.text, counts(shared_server, shared_world)) == ("ok", (0, 1))
    [failure] = failures(shared_server, shared_world)
    assert failure["message"].startswith(f"no adapter reads what is sent to {path[1:]}: send")


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("GET", {"params": {"schema": TASK_COMPLETED, "task_id": "t", "priority": "low"}}),
        (
            "POST",
            {
                "params": {"schema": TASK_COMPLETED},
                "json": [{"task_id": "t", "priority": "low"}],
            },
        ),
        (
            "POST",
            {
                "params": {"schema": TASK_COMPLETED},
                "data": {"task_id": "t", "priority": "low"},
            },
        ),
        (
            "POST",
            {"json": {"schema": TASK_COMPLETED, "data": {"task_id": "t", "priority": "low"}}},
        ),
    ],
)
def test_the_iglu_webhook_takes_events(
    shared_server: EmbeddedServer, shared_world: World, method: str, options: dict[str, Any]
) -> None:
    """IgluAdapter in snowplow/enrich."""
    path = shared_world.collector + "/com.snowplowanalytics.iglu/v1"
    with httpx.Client(trust_env=False) as client:
        assert client.request(method, path, **options).status_code == 200
    assert counts(shared_server, shared_world) == (1, 0)
    event = newest(shared_server, shared_world)
    assert (event.name, event.data) == ("task_completed", {"task_id": "t", "priority": "low"})


def test_what_the_iglu_webhook_cannot_read_fails(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    path = shared_world.collector + "/com.snowplowanalytics.iglu/v1"
    HTTP.get(path, params={"task_id": "t"})
    assert counts(shared_server, shared_world) == (0, 1)
    HTTP.get(path, params={"schema": TASK_COMPLETED, "task_id": "t", "priority": "urgent"})
    assert counts(shared_server, shared_world) == (0, 2)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/i", "/ice.png", TP2, "/com.snowplowanalytics.snowplow/tp1"])
def test_pixels_are_answered_and_counted(
    shared_server: EmbeddedServer, shared_world: World, method: str, path: str
) -> None:
    """Routes in snowplow/stream-collector."""
    event = {"e": "pv", "p": "web", "tv": "test"}
    answer = HTTP.request(method, shared_world.collector + path, params=event)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"
    assert counts(shared_server, shared_world) == (1, 0)


@pytest.mark.parametrize("path", ["/r/tp2", "/r/tp1", "/r/anything"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_redirects_are_off_and_count_no_event(
    shared_server: EmbeddedServer, shared_world: World, method: str, path: str
) -> None:
    address = shared_world.collector + path
    answer = HTTP.request(method, address, params={"u": "https://shop.example", "e": "pv"})
    assert (answer.status_code, counts(shared_server, shared_world)) == (404, (0, 0))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/robots.txt", "/health", "/sink-health"])
def test_what_crawlers_and_monitors_ask_is_answered(
    shared_world: World, path: str, method: str
) -> None:
    assert HTTP.request(method, shared_world.collector + path).status_code == 200


def test_get_is_answered_with_a_pixel_that_is_not_cached(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    answer = HTTP.get(shared_world.collector + "/i", params={"e": "pv", "url": "https://a.example"})
    assert (
        answer.content,
        answer.headers["content-type"],
        answer.headers["cache-control"],
        counts(shared_server, shared_world),
    ) == (PIXEL, "image/gif", "no-cache, no-store, must-revalidate", (1, 0))


def test_query_string_of_a_post_wins_over_its_events(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    HTTP.post(
        shared_world.collector + TP2, params={"aid": "q"}, content=payload(seen(None, aid="b"))
    )
    assert newest(shared_server, shared_world).atomic["app_id"] == "q"


def test_gzip_body_is_read(shared_server: EmbeddedServer, shared_world: World) -> None:
    HTTP.post(
        shared_world.collector + TP2,
        content=gzip.compress(payload(seen(None))),
        headers={"Content-Encoding": "gzip"},
    )
    assert counts(shared_server, shared_world) == (1, 0)


def test_event_has_its_time_of_arrival(shared_server: EmbeddedServer, shared_world: World) -> None:
    shared_world.post(seen(None))
    assert newest(shared_server, shared_world).collector_tstamp == NOW


def test_python_tracker_reports_success(shared_world: World) -> None:
    sent: list[Any] = []
    person = tracker(shared_world.collector, new_id(), on_success=sent.extend)
    person.track(task_completed())
    assert len(sent) == 1


def test_body_that_inflates_beyond_two_megabytes_becomes_a_failed_event(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    HTTP.post(
        shared_world.collector + TP2,
        content=gzip.compress(b" " * 50_000_000),
        headers={"Content-Encoding": "gzip"},
    )
    assert failures(shared_server, shared_world) == [
        {"schema": None, "path": "$", "message": "the body is larger than 2,097,152 bytes"}
    ]


# Order, load, retries


def test_events_are_processed_by_position(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    user = new_id()
    shared_world.post(*[seen(user, {"value": number}) for number in range(250)])
    assert shared_world.read("user_id", user)["last"] == [249]


def test_retried_event_counts_once(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    user = new_id()
    event = seen(user)
    shared_world.post(event, event)
    shared_world.post(event)
    assert shared_world.read("user_id", user)["count"] == [1]


def test_large_batch_does_not_hold_up_a_health_request(shared_world: World) -> None:
    shared_world.signals.publish(DEFINITIONS)
    user = new_id()
    batch = payload(*[{"e": "pv", "uid": user, "eid": new_id()} for _ in range(10_000)])
    answered = threading.Event()

    def send() -> None:
        HTTP.post(shared_world.collector + TP2, content=batch)
        answered.set()

    sender = threading.Thread(target=send)
    sender.start()
    answers = 0
    while not answered.is_set():
        assert HTTP.get(f"{shared_world.url}/health").text == "ok"
        answers += 1
    sender.join()
    assert answers > 5


def test_large_batch_is_stored_completely(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    events = [{"e": "pv", "eid": new_id()} for _ in range(10_000)]
    HTTP.post(shared_world.collector + TP2, content=payload(*events))
    assert counts(shared_server, shared_world) == (10_000, 0)


# Failed events


def test_failed_event_is_kept_with_its_reason(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    shared_world.post({"e": "pv", "dtm": "yesterday", "eid": new_id()})
    assert failures(shared_server, shared_world) == [
        {
            "schema": "iglu:com.snowplowanalytics.snowplow/atomic/jsonschema/1-0-0",
            "path": "$.dtm",
            "message": 'dtm (dvce_created_tstamp): "yesterday" is not an integer of milliseconds'
            " since 1970",
        }
    ]


def test_wrong_priority_fails_the_event_of_the_sdk(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    tracker(shared_world.collector, new_id()).track(task_completed("urgent"))
    assert failures(shared_server, shared_world) == [
        {
            "schema": "iglu:com.example/task_completed/jsonschema/1-0-0",
            "path": "$.priority",
            "message": '"urgent" is not one of "low", "medium" or "high"',
        }
    ]


def test_failed_event_keeps_its_payload(shared_server: EmbeddedServer, shared_world: World) -> None:
    event = {"e": "pv", "dtm": "yesterday", "eid": new_id()}
    shared_world.post(event)
    sandbox = sandbox_of(shared_server, shared_world)
    assert [row.payload for row in sandbox.store.failed_events(sandbox.id, 10)] == [
        {**TRACKER, **event}
    ]


def test_failed_event_does_not_fail_the_rest_of_its_batch(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    shared_world.post(seen(None), {"e": "pv", "dtm": "yesterday"}, seen(None))
    assert counts(shared_server, shared_world) == (2, 1)


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        (payload(seen(None), {"e": "pv", "price": "5"}, seen(None)), JSON),
        (payload(seen(None)), {"Content-Type": "text/plain"}),
        (b'{"schema": "%s", "data": [{"e": "pv", "p": "web"}]}' % PAYLOAD.encode(), JSON),
        (payload(), JSON),
    ],
)
def test_payload_that_breaks_its_rules_is_one_failed_event(
    shared_server: EmbeddedServer, shared_world: World, sent: bytes, headers: dict[str, str]
) -> None:
    """As Tp2Adapter in snowplow/enrich fails it; the collector answers ok all the same."""
    answer = HTTP.post(shared_world.collector + TP2, content=sent, headers=headers)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert counts(shared_server, shared_world) == (0, 1)


def test_failed_payload_is_known_by_its_first_event(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    first = seen(new_id())
    shared_world.post(first, {"e": "pv", "price": "5"})
    sandbox = sandbox_of(shared_server, shared_world)
    [row] = sandbox.store.failed_events(sandbox.id, 10)
    assert (row.event_id, row.user_id) == (first["eid"], first["uid"])


def test_semicolon_separates_the_parameters_of_a_request(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    HTTP.get(shared_world.collector + "/i?e=pv;aid=a&page=b")
    atomic = newest(shared_server, shared_world).atomic
    assert (atomic["app_id"], atomic["page_title"]) == ("a", "b")
