"""Which sandbox a token names, and how many are open at once."""

from collections.abc import Iterator

import pytest

from lib.sandbox import sandboxes
from lib.sandbox.errors import NotFound, Unauthorized
from lib.sandbox.pipeline.events import FailedEvent
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.signals import traces
from lib.sandbox.signals.interventions import Target
from lib.sandbox.storage.store import Store

TOKENS = ["a" * 22, "b" * 22, "c" * 22]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandboxes]:
    """Isolated sandboxes, of which two may be open."""
    monkeypatch.setattr(sandboxes, "OPEN_AT_MOST", 2)
    store = Store(":memory:")
    yield Sandboxes(store, Iglu(), lambda: 0, isolated=True)
    store.close()


def test_token_names_the_same_sandbox_each_time(many: Sandboxes) -> None:
    assert many.of_token(TOKENS[0]) is many.of_bearer(f"Bearer {TOKENS[0]}")


def test_sandbox_unused_for_longest_is_closed_to_make_room(many: Sandboxes) -> None:
    first, second = many.of_token(TOKENS[0]), many.of_token(TOKENS[1])
    many.of_token(TOKENS[0])
    many.of_token(TOKENS[2])
    assert (many.of_token(TOKENS[0]) is first, many.of_token(TOKENS[1]) is second) == (True, False)


def test_sandbox_that_somebody_listens_to_stays_open(many: Sandboxes) -> None:
    first = many.of_token(TOKENS[0])
    with first.subscriptions.open([Target("user_id", "a")]):
        many.of_token(TOKENS[1])
        many.of_token(TOKENS[2])
        assert many.of_token(TOKENS[0]) is first


def test_closed_sandbox_is_opened_again_as_the_same(many: Sandboxes) -> None:
    ids = [many.of_token(token).id for token in TOKENS]
    assert [many.of_token(token).id for token in TOKENS] == ids


def failed(event_id: str) -> FailedEvent:
    return FailedEvent(0, {}, [], event_id)


def kept(sandbox: Sandbox, count: int) -> list[int]:
    """Which of so many events' traces are kept."""
    ids = {number: str(number) for number in range(count)}
    return [number for number, each in ids.items() if sandbox.traces.find(each) is not None]


def test_sandboxes_share_the_room_for_traces(
    many: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "KEPT_BY_ALL", 8)
    first = many.of_token(TOKENS[0])
    for number in range(9):
        first.traces.failed(failed(str(number)))
    assert kept(first, 9) == [*range(1, 9)]
    many.of_token(TOKENS[1])
    first.traces.failed(failed("9"))
    assert kept(first, 10) == [6, 7, 8, 9]


@pytest.mark.parametrize("token", ["", "a" * 21, "a" * 129, "a" * 21 + "/", "a" * 21 + "é"])
def test_what_is_no_token_names_no_sandbox(many: Sandboxes, token: str) -> None:
    with pytest.raises(NotFound, match="needs 22 or more URL-safe characters"):
        many.of_token(token)


def test_bearer_that_is_no_token_is_unauthorized(many: Sandboxes) -> None:
    with pytest.raises(Unauthorized, match="This bearer token is not a sandbox token"):
        many.of_bearer("Bearer short")


def test_isolated_server_has_no_sandbox_for_everyone(many: Sandboxes) -> None:
    with pytest.raises(NotFound, match="use the path /sandbox/<token>"):
        many.of_everyone()
