"""The stream of interventions as its clients see it: exact lines, headers, and who has left."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import httpx
import pytest
from snowplow_signals import InterventionInstance, LinkAttributeKey

from lib.sandbox.limits import TARGETS_IN_SUBSCRIPTION
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import (
    HTTP,
    World,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    seen,
    targets,
    thread_of,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

CHANGED = intervention(criterion("things:count", "changed"))


def stream_of(world: World, **identifiers: str) -> Any:
    headers = {"Authorization": f"Bearer {world.token}", "Origin": "https://shop.example"}
    url = f"{world.url}/api/v1/interventions"
    return HTTP.stream("GET", url, params=identifiers, headers=headers)


def listeners(world: World) -> int:
    return int(HTTP.get(f"{world.collector}/stats").json()["subscriptions"])


@contextmanager
def lines_of(world: World, **identifiers: str) -> Iterator[Iterator[str]]:
    with stream_of(world, **identifiers) as answer:
        yield (raw.decode() for raw in answer.iter_raw())


# On the wire


def test_stream_answers_with_headers_for_browsers(shared_world: World) -> None:
    with stream_of(shared_world, user_id=new_id()) as answer:
        headers = {name: answer.headers.get(name) for name in HEADERS}
    assert (answer.status_code, headers) == (200, HEADERS)


HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "access-control-allow-origin": "https://shop.example",
    "cache-control": "no-cache",
    "content-encoding": None,
}


def test_comment_comes_before_any_event(shared_world: World) -> None:
    with lines_of(shared_world, user_id=new_id()) as lines:
        assert next(lines) == ": connected\n\n"


def test_intervention_is_one_data_line_and_a_blank_one(shared_world: World) -> None:
    user = new_id()
    pushed = InterventionInstance(
        name="hello", version=2, intervention_id="abc", attributes={"a": "line\nbreak"}
    )
    with lines_of(shared_world, user_id=user) as lines:
        next(lines)
        shared_world.signals.push_intervention(targets(user_id=user), pushed)
        line = next(lines)
    assert line == (
        'data: {"attributes":{"a":"line\\nbreak"},"intervention_id":"abc","name":"hello",'
        f'"target_attribute_key":{{"id":"{user}","name":"user_id"}},"version":2}}\n\n'
    )


def test_subscription_without_a_target_is_422(shared_world: World) -> None:
    answer = shared_world.api("GET", "interventions")
    problem = {
        "loc": ["query"],
        "msg": "name at least one attribute key and identifier, such as ?user_id=<uuid>",
        "type": "value_error",
    }
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


def test_browser_without_a_bearer_subscribes_by_path(shared_world: World) -> None:
    url = f"{shared_world.collector}/api/v1/interventions"
    with HTTP.stream("GET", url, params={"user_id": new_id()}) as answer:
        assert (answer.status_code, next(answer.iter_text())) == (200, ": connected\n\n")


def test_subscription_names_so_many_targets_at_most(shared_world: World) -> None:
    named = "&".join(["user_id=a"] * (TARGETS_IN_SUBSCRIPTION + 1))
    answer = shared_world.api("GET", f"interventions?{named}")
    assert answer.status_code == 422
    assert "1,001 identifiers, and at most 1,000" in answer.json()["detail"][0]["msg"]


# With the SDK


def test_sdk_gets_each_change_once(shared_world: World) -> None:
    shared_world.signals.publish([group(), CHANGED])
    user = new_id()
    with listening(shared_world.signals, user_id=user) as subscription:
        shared_world.post(seen(user), seen(user), seen(user))
        counts = [subscription.get(timeout=PATIENCE_SECONDS).attributes["count"] for _ in range(3)]
        with pytest.raises(Empty):
            subscription.get(timeout=0.1)
    assert counts == ["1", "2", "3"]


@pytest.mark.parametrize("line_break", [*"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\r\n"])
def test_sdk_gets_a_value_with_a_line_break(shared_world: World, line_break: str) -> None:
    user, value = new_id(), f"one{line_break}two"
    pushed = InterventionInstance(name="hello", version=1, attributes={"text": value})
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        shared_world.signals.push_intervention(targets(user_id=user), pushed)
        assert subscription.get(timeout=PATIENCE_SECONDS).attributes == {"text": value}


def test_sdk_with_two_targets_gets_their_intervention_once(shared_world: World) -> None:
    both = [LinkAttributeKey(name="user_id"), LinkAttributeKey(name="domain_sessionid")]
    rule = intervention(criterion("things:count", ">=", 1), target_attribute_keys=both)
    shared_world.signals.publish([group(), rule])
    user, session = new_id(), new_id()
    with listening(shared_world.signals, user_id=user, domain_sessionid=session) as subscription:
        shared_world.post(seen(user, sid=session))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "nudge"
        with pytest.raises(Empty):
            subscription.get(timeout=0.1)


def test_push_to_a_listener_is_a_success(shared_world: World) -> None:
    user = new_id()
    pushed = InterventionInstance(name="hello", version=1)
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        assert shared_world.signals.push_intervention(targets(user_id=user), pushed) == "success"
        got = subscription.get(timeout=PATIENCE_SECONDS)
    assert (got.attributes, got.target_attribute_key.model_dump()) == (
        {},
        {"name": "user_id", "id": user},
    )


def test_pushed_instance_without_an_id_gets_one(shared_world: World) -> None:
    user = new_id()
    with listening(shared_world.signals, user_id=user) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        shared_world.signals.push_intervention(
            targets(user_id=user), InterventionInstance(name="hello", version=1)
        )
        assert len(subscription.get(timeout=PATIENCE_SECONDS).intervention_id) == 36


def test_push_without_a_subscriber_is_undelivered(shared_world: World) -> None:
    pushed = InterventionInstance(name="hello", version=1)
    answer = shared_world.signals.push_intervention(targets(user_id=new_id()), pushed)
    assert answer == "undelivered"


# Connecting and leaving


def test_subscriber_is_gone_when_the_client_leaves(shared_world: World) -> None:
    with lines_of(shared_world, user_id=new_id()) as lines:
        next(lines)
        assert listeners(shared_world) == 1
    assert eventually(lambda: listeners(shared_world) == 0)


def test_stopping_the_server_ends_open_streams(server: EmbeddedServer, world: World) -> None:
    with lines_of(world, user_id=new_id()) as lines:
        next(lines)
        server.stop()
        assert list(lines) == []


def test_stopping_the_server_ends_the_sdks_thread(server: EmbeddedServer, world: World) -> None:
    with world.signals.pull_interventions(targets(user_id=new_id())) as subscription:
        assert eventually(lambda: listeners(world) == 1)
        server.stop()
        thread = thread_of(subscription)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def test_stopped_server_is_not_alive_and_refuses_connections(
    server: EmbeddedServer, world: World
) -> None:
    with lines_of(world, user_id=new_id()) as lines:
        next(lines)
        server.stop()
    with pytest.raises(httpx.ConnectError):
        HTTP.get(f"{world.url}/health")
    assert not server.is_alive


def test_sdks_thread_ends_with_the_line_after_stop(shared_world: World) -> None:
    user = new_id()
    with shared_world.signals.pull_interventions(targets(user_id=user)) as subscription:
        assert eventually(lambda: listeners(shared_world) == 1)
        thread = thread_of(subscription)
    shared_world.signals.push_intervention(
        targets(user_id=user), InterventionInstance(name="bye", version=1)
    )
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
