"""What a world knows of the schemas that were added to its sandbox, and when it asks."""

from typing import Any

import httpx

from lib.world.own_schemas import FRESH_SECONDS, OwnSchemas

SCHEMA = {"self": {"name": "order"}}


class Inspector:
    """Answers with the schemas that a test puts into it."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = [{"uri": "a", "is_own": False, "schema": {}}]
        self.is_down = False
        self.asked = 0
        self.more: tuple[bool, list[str]] = False, ["iglu:a"]

    def schemas(self) -> list[dict[str, Any]]:
        if self.is_down:
            raise httpx.ConnectError("down")
        return self.listed

    def wrong_in(self, uri: str, data: dict[str, Any]) -> list[str]:
        if self.is_down:
            raise httpx.ConnectError("down")
        self.asked += 1
        return ["wrong"]

    def more_schemas(self) -> tuple[bool, list[str]]:
        return self.more

    def use_more_schemas(self, is_used: bool) -> tuple[bool, list[str]]:
        self.more = is_used, self.more[1]
        return self.more


class Hand:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def opened() -> tuple[OwnSchemas, Any, Hand]:
    inspector: Any = Inspector()
    hand = Hand()
    return OwnSchemas(inspector, hand), inspector, hand


def test_only_those_that_were_added_are_known() -> None:
    own, inspector, _ = opened()
    inspector.listed.append({"uri": "b", "is_own": True, "schema": SCHEMA})
    assert own.added() == [SCHEMA]


def test_what_others_add_is_seen_after_some_seconds() -> None:
    own, inspector, hand = opened()
    assert own.added() == []
    inspector.listed.append({"uri": "b", "is_own": True, "schema": SCHEMA})
    assert own.added() == []
    hand.seconds = FRESH_SECONDS
    assert own.added() == [SCHEMA]


def test_what_was_read_stays_while_the_sandbox_is_away() -> None:
    own, inspector, hand = opened()
    inspector.listed.append({"uri": "b", "is_own": True, "schema": SCHEMA})
    assert own.added() == [SCHEMA]
    inspector.is_down, hand.seconds = True, FRESH_SECONDS
    assert own.added() == [SCHEMA]


def test_on_snowplow_there_is_nothing_to_read() -> None:
    own = OwnSchemas(None)
    assert (own.added(), own.wrong_in("iglu:a/b/jsonschema/1-0-0", {})) == ([], None)


def test_schemas_on_request_are_used_once_they_are_asked_for() -> None:
    own, _, _ = opened()
    assert own.more() == (False, ["iglu:a"])
    own.use_more(True)
    assert own.more() == (True, ["iglu:a"])


def test_what_is_wrong_with_an_example_is_asked_once_until_the_schemas_change() -> None:
    own, inspector, hand = opened()
    own.added()
    assert [own.wrong_in("iglu:a", {"n": 1}) for _ in range(3)] == [["wrong"]] * 3
    assert inspector.asked == 1
    inspector.listed.append({"uri": "b", "is_own": True, "schema": SCHEMA})
    hand.seconds = FRESH_SECONDS
    own.added()
    assert own.wrong_in("iglu:a", {"n": 1}) == ["wrong"]
    assert inspector.asked == 2


def test_no_answer_is_not_kept() -> None:
    own, inspector, _ = opened()
    inspector.is_down = True
    assert own.wrong_in("iglu:a", {}) is None
    inspector.is_down = False
    assert own.wrong_in("iglu:a", {}) == ["wrong"]
