"""Values of groups are read by each group's own key."""

from typing import Any

from snowplow_signals import domain_sessionid

from lib.studio.values import as_texts, group_values
from tests.support.sandbox import attribute, group

USER = group(attribute("n", "counter"), name="work")
SESSION = group(attribute("n", "counter"), name="visit", attribute_key=domain_sessionid)


class Signals:
    """Answers who and what it was asked for, as the SDK's client does."""

    def get_group_attributes(
        self, name: str, version: int, attributes: list[str], attribute_key: str, identifier: str
    ) -> dict[str, Any]:
        return {
            attribute_key: identifier,
            **{each: f"{name} of {identifier}" for each in attributes},
        }


def test_each_group_is_read_by_its_key() -> None:
    mine = {"user_id": "me", "domain_sessionid": "now"}
    found = group_values(Signals(), [USER, SESSION], mine)  # type: ignore[arg-type]
    assert found == {"work:n": "work of me", "visit:n": "visit of now"}


def test_a_key_that_is_not_known_is_left_out() -> None:
    mine = {"user_id": "me", "domain_sessionid": ""}
    assert group_values(Signals(), [USER, SESSION], mine) == {"work:n": "work of me"}  # type: ignore[arg-type]


def test_values_become_the_texts_of_an_intervention() -> None:
    values = {"g:a": 1.5, "g:b": "high", "g:c": None, "g:d": {"low": 2}}
    assert as_texts(values) == {"a": "1.5", "b": "high", "d": '{"low": 2}'}
