"""What people are told of a published intervention that may never fire."""

from types import SimpleNamespace
from typing import Any

import pytest

from lib.diagnosis.traps import traps
from lib.snowplow.publishing import Published
from tests.support.sandbox import attribute, criterion, every, group, intervention, none

IDLE = criterion("things:idle", ">=", 15)
MANY = criterion("things:count", ">", 1)
TIME = "Time alone never fires the intervention `nudge`. Its criteria name `idle`,"
KEY = "The intervention `nudge` targets the key `project`."


def published(criteria: Any, *keys: str, is_published: bool = True) -> Published:
    idle = attribute("idle", "time_since_last", type="double", time_unit="min")
    links = [{"name": key} for key in keys] or None
    nudge = intervention(criteria, target_attribute_keys=links, is_published=is_published)
    return Published(group=group(attribute("count", "counter"), idle), intervention=nudge)


@pytest.mark.parametrize(
    ("seen", "starts"),
    [
        (published(IDLE, "user_id"), [TIME]),
        (published(every(MANY, IDLE), "user_id"), [TIME]),
        (published(none(IDLE)), [TIME]),
        (published(MANY, "project"), [KEY]),
        (published(MANY, "user_id", "project"), [KEY]),
        (published(IDLE, "project"), [TIME, KEY]),
        (published(MANY, "user_id", "domain_userid"), []),
        (published(IDLE, "project", is_published=False), []),
        (Published(), []),
        (Published(intervention=published(MANY).intervention), []),
    ],
)
def test_each_trap_is_told_once(seen: Published, starts: list[str]) -> None:
    told = list(traps(seen))
    assert [text[: len(start)] for text, start in zip(told, starts, strict=True)] == starts


def test_names_from_outside_are_shown_as_code() -> None:
    nudge = SimpleNamespace(
        name="a`b",
        is_published=True,
        criteria=MANY,
        target_attribute_keys=[SimpleNamespace(name="**bold**")],
    )
    (told,) = traps(Published(intervention=nudge))
    assert "`` a`b ``" in told and "`**bold**`" in told
