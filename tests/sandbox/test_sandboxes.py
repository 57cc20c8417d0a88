"""Which sandbox a token names, how many are open at once, and the rate of events of each."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lib.sandbox import sandboxes
from lib.sandbox.errors import NotFound, Unauthorized
from lib.sandbox.limits import BYTES_PER_EVENT, Limits
from lib.sandbox.pipeline.events import FailedEvent
from lib.sandbox.pipeline.iglu import METASCHEMA, Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.signals import traces
from lib.sandbox.signals.interventions import Target
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.storage.store import Store
from tests.support.known import as_json
from tests.support.limited import OTHER, SMALL, TOKEN, many
from tests.support.sandbox import (
    HTTP,
    NOW,
    TRACKER,
    HandClock,
    World,
    attribute,
    group,
    new_id,
    seen,
    task_completed,
    tracker,
)
from tests.support.waiting import eventually

TOKENS = ["a" * 22, "b" * 22, "c" * 22]


@pytest.fixture
def two_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandboxes]:
    """Isolated sandboxes, of which two may be open."""
    monkeypatch.setattr(sandboxes, "OPEN_SANDBOXES", 2)
    store = Store(":memory:")
    yield Sandboxes(store, Iglu(), lambda: 0, isolated=True)
    store.close()


def test_token_names_the_same_sandbox_each_time(two_open: Sandboxes) -> None:
    assert two_open.of_token(TOKENS[0]) is two_open.of_bearer(f"Bearer {TOKENS[0]}")


def test_sandbox_unused_for_longest_is_closed_to_make_room(two_open: Sandboxes) -> None:
    first, second = two_open.of_token(TOKENS[0]), two_open.of_token(TOKENS[1])
    two_open.of_token(TOKENS[0])
    two_open.of_token(TOKENS[2])
    assert (two_open.of_token(TOKENS[0]) is first, two_open.of_token(TOKENS[1]) is second) == (
        True,
        False,
    )


def test_sandbox_with_a_subscriber_stays_open(two_open: Sandboxes) -> None:
    first = two_open.of_token(TOKENS[0])
    with first.subscriptions.open([Target("user_id", "a")]):
        two_open.of_token(TOKENS[1])
        two_open.of_token(TOKENS[2])
        assert two_open.of_token(TOKENS[0]) is first


def test_closed_sandbox_opens_again_with_the_same_id(two_open: Sandboxes) -> None:
    ids = [two_open.of_token(token).id for token in TOKENS]
    assert [two_open.of_token(token).id for token in TOKENS] == ids


def failed(event_id: str) -> FailedEvent:
    return FailedEvent(0, {}, [], event_id)


def kept(sandbox: Sandbox, count: int) -> list[int]:
    """The numbers of the events, of this many, whose traces are kept."""
    ids = {number: str(number) for number in range(count)}
    return [number for number, each in ids.items() if sandbox.traces.find(each) is not None]


def test_sandboxes_share_the_room_for_traces(
    two_open: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "KEPT_BY_ALL", 8)
    first = two_open.of_token(TOKENS[0])
    for number in range(9):
        first.traces.failed(failed(str(number)))
    assert kept(first, 9) == [*range(1, 9)]
    two_open.of_token(TOKENS[1])
    first.traces.failed(failed("9"))
    assert kept(first, 10) == [6, 7, 8, 9]


@pytest.mark.parametrize("token", ["", "a" * 21, "a" * 129, "a" * 21 + "/", "a" * 21 + "é"])
def test_anything_but_a_token_is_not_found(two_open: Sandboxes, token: str) -> None:
    with pytest.raises(NotFound, match="needs 22 or more URL-safe characters"):
        two_open.of_token(token)


def test_bearer_that_is_no_token_is_unauthorized(two_open: Sandboxes) -> None:
    with pytest.raises(Unauthorized, match="This bearer token is not a sandbox token"):
        two_open.of_bearer("Bearer short")


def test_isolated_server_has_no_sandbox_for_everyone(two_open: Sandboxes) -> None:
    with pytest.raises(NotFound, match="use the path /sandbox/<token>"):
        two_open.of_everyone()


# Events a second


def test_events_beyond_the_limit_are_429_with_the_time_to_send_them_again(limited):
    server = limited()
    server.post(*many(5))
    answer = server.post(*many(3))
    detail = (
        "This sandbox sends too many events. The limit is 1 a second, after 5 at once."
        " Stored: none of 3. Send all again in 3 s."
    )
    got = (answer.status_code, answer.headers["Retry-After"], answer.json())
    assert got == (429, "3", {"detail": detail})


def test_nothing_of_a_batch_beyond_the_limit_is_stored(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(4))
    server.post(*many(2))
    assert server.counts() == (4, 0)


def test_large_event_counts_as_several(limited):
    server = limited()
    answer = server.post(seen(None, {"text": "x" * 6 * BYTES_PER_EVENT}))
    assert answer.status_code == 429
    assert "and these count as 7. Stored: none of 1." in answer.json()["detail"]


def test_event_counts_by_what_the_definitions_make_of_it(limited):
    server = limited(Limits(events_per_second=1, events_at_once=50))
    texts = group(*(attribute(f"text_{number}") for number in range(8)))
    body = {**as_json(texts), "is_published": True}
    server.sandboxes.of_token(TOKEN).registry.create(GROUP, GROUP.model.model_validate(body))
    event = seen(new_id(), {"value": "x" * 9_000}, p="srv", tv="py")
    assert server.post(event).status_code == 200
    assert server.post(seen(None, p="srv", tv="py")).status_code == 200
    answer = server.post(*many(10))
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 1


def test_keys_weigh_as_much_as_values(limited):
    server = limited()
    answer = server.post({**seen(None), "x" * 6 * BYTES_PER_EVENT: ""})
    assert answer.status_code == 429
    assert "count as 7" in answer.json()["detail"]


def test_large_body_that_fails_counts_as_several_events(limited):
    server = limited()
    answer = server.post(body=["x" * 6 * BYTES_PER_EVENT])
    assert (answer.status_code, server.counts()) == (429, (0, 0))


def test_small_event_that_fails_for_long_reasons_counts_as_several(limited):
    server = limited(Limits(events_per_second=1, events_at_once=20))
    names = [f"{number:02}" + "x" * 270 for number in range(20)]
    sandbox = server.sandboxes.of_token(TOKEN)
    sandbox.add_schema(
        {
            "$schema": METASCHEMA,
            "self": {"vendor": "co.a", "name": "a", "format": "jsonschema", "version": "1-0-0"},
            "type": "object",
            "properties": {name: {"type": "string"} for name in names},
            "required": names,
        }
    )
    empty = {"schema": "iglu:co.a/a/jsonschema/1-0-0", "data": {}}
    contexts = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
    entities = json.dumps({"schema": contexts, "data": [empty] * 6})
    for _ in range(2):
        assert server.post({**TRACKER, "e": "pv", "co": entities}).status_code == 200
    assert server.counts() == (0, 2)
    [reasons, _] = [each.failures for each in server.store.failed_events(sandbox.id, 2)]
    assert len(json.dumps(reasons)) < 30_000
    assert server.post(*many(3)).status_code == 429


def test_events_sent_again_after_that_time_are_accepted(limited, seconds):
    server = limited()
    server.post(*many(5))
    seconds.now += int(server.post(*many(3)).headers["Retry-After"])
    assert server.post(*many(3)).status_code == 200


def test_failed_events_count_too(limited):
    server = limited()
    server.post({**TRACKER, "e": "nonsense"}, *many(3))
    server.post(body={"schema": "not one"})
    assert server.post(*many(1)).status_code == 429


def test_noisy_sandbox_does_not_stop_others_from_sending(limited):
    server = limited()
    server.post(*many(5))
    assert (server.post(*many(1)).status_code, server.post(*many(5), token=OTHER).text) == (
        429,
        "ok",
    )


def test_reading_is_possible_beyond_the_limit_of_events(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(5))
    assert server.client.get(f"/sandbox/{TOKEN}/micro/all").json()["total"] == 5


def test_clock_of_a_sandbox_does_not_affect_its_limits(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    server.post(*many(5))
    clock.now = NOW + 10**9
    assert server.post(*many(1)).status_code == 429


def test_trackers_lose_no_events_to_the_limit(server_with, seconds):
    world = World(server_with(Limits(events_per_second=1, events_at_once=5)).url)
    world.post(*many(5))
    failed: list[int] = []

    def note_failure(_: int, events: list[Any]) -> None:
        failed.append(len(events))
        seconds.now += 10

    sending = tracker(world.collector, new_id(), on_failure=note_failure, max_retry_delay_seconds=0)
    for _ in range(5):
        sending.track(task_completed())
    assert eventually(lambda: stored(world) == 10)
    assert failed


def stored(world: World) -> int:
    total: int = HTTP.get(f"{world.collector}/micro/all").json()["good"]
    return total


def publish_in(two_open: Sandboxes, token: str) -> int:
    """Publish something, and return the size of it."""
    sandbox = two_open.of_token(token)
    body = group().model_dump(mode="json", exclude_none=True)
    sandbox.registry.create(GROUP, GROUP.model.model_validate(body))
    return sandbox.registry.size


def open_tokens(two_open: Sandboxes) -> list[str]:
    return list(two_open._sandboxes)


def test_definitions_of_open_sandboxes_have_a_bound_in_bytes(
    two_open: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = publish_in(two_open, TOKENS[0])
    monkeypatch.setattr(sandboxes, "OPEN_DEFINITIONS_BYTES", 2 * size - 1)
    two_open.close_some()
    assert open_tokens(two_open) == TOKENS[:1]
    publish_in(two_open, TOKENS[1])
    two_open.close_some()
    assert open_tokens(two_open) == TOKENS[1:2]
    assert two_open.of_token(TOKENS[0]).registry.size == size


def test_largest_definitions_leave_if_somebody_listens_to_all(
    two_open: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = publish_in(two_open, TOKENS[0])
    large, small = (two_open.of_token(token).subscriptions for token in TOKENS[:2])
    target = [Target("user_id", "a")]
    with large.open(target) as first, small.open(target) as second:
        monkeypatch.setattr(sandboxes, "OPEN_DEFINITIONS_BYTES", size - 1)
        two_open.close_some()
        assert open_tokens(two_open) == TOKENS[1:2]
        assert (first._queue.qsize(), second._queue.qsize()) == (1, 0)
