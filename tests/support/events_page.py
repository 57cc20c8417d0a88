"""What tests read and press on the events page."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.world.events import UserEvent
from tests.support.steps import click, unescaped, world


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page waits for the events that it lists, however busy the machine is."""
    monkeypatch.setattr("lib.world.event_feed.PAGE_WAITS_SECONDS", 5.0)


def lists(at: AppTest) -> list[Any]:
    """The list of events; the page has tables of schemas too."""
    return [each for each in at.dataframe if "event" in each.value.columns]


def listed(at: AppTest) -> list[tuple[str, str]]:
    """Name and status of the events in the list, which is there if there are any."""
    (table,) = lists(at)
    return list(zip(table.value["event"], table.value["status"], strict=True))


def tasks(at: AppTest) -> list[UserEvent]:
    """The user's task_completed events."""
    feed = world(at).events
    feed.refresh()
    return [each for each in feed.events if each.name == "task_completed"]


def broken(at: AppTest, kind: str) -> str:
    """Send a broken event, and what its card then says."""
    click(at, f"broken_{kind}")
    card = at.get_by_key(f"mistake_{kind}")
    return "\n".join(unescaped(each.value) for each in (*card.markdown, *card.caption))
