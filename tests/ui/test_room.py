"""The room as its presenter sees it: the link, and who did what."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.people.crowd import APP_ID
from lib.people.room import Member, Standing
from lib.story.guide import STEPS
from lib.ui.room import is_for_this_computer_only

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def standing(name: str, nudged_at: datetime | None = None, tasks: float | None = None) -> Standing:
    return Standing(Member(f"id of {name}", name, True), 2, tasks, nudged_at, name == "Ana")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://localhost:8501/?sandbox=a-b-c-100", True),
        ("http://127.0.0.1:8501/?sandbox=a-b-c-100", True),
        ("http://[::1]:8501/?sandbox=a-b-c-100", True),
        ("http://192.168.1.20:8501/?sandbox=a-b-c-100", False),
        ("https://localhost.example.com/?sandbox=a-b-c-100", False),
    ],
)
def test_only_a_link_to_a_loopback_address_is_for_this_computer_only(
    link: str, expected: bool
) -> None:
    assert is_for_this_computer_only(link) is expected


def element(name: str, *arguments: object) -> None:
    from lib.ui import room

    getattr(room, name)(*arguments)


def drawn(name: str, *arguments: Any) -> AppTest:
    at = AppTest.from_function(element, args=(name, *arguments)).run()
    assert not at.exception
    return at


def test_members_are_listed_with_how_far_they_are_and_without_their_ids() -> None:
    at = drawn("show_members", [standing("Ana", NOW, 5.0), standing("*Bo*")])
    (table,) = at.table
    assert table.value.to_numpy().tolist() == [
        ["Ana", f"2/{len(STEPS)}", "5", ":violet-badge[12:30]", ":green-badge[here]"],
        [r"\*Bo\*", f"2/{len(STEPS)}", "—", "—", ":gray-badge[left]"],
    ]


def event(user_id: str, app_id: str = "app", *, is_failed: bool = False) -> Any:
    return SimpleNamespace(
        tstamp=NOW,
        user_id=user_id,
        name="task_completed",
        status="failed" if is_failed else "accepted",
        failures=["no"] if is_failed else [],
        summary="=reason",
        raw={"aid": app_id},
    )


def test_events_of_the_room_have_names_of_people_and_are_safe_in_a_spreadsheet() -> None:
    events = [
        event("id of =Ana"),
        event("unknown"),
        event("unknown", APP_ID),
        event("unknown", is_failed=True),
    ]
    (table,) = drawn("show_room_events", events, [standing("=Ana")]).dataframe
    assert list(table.value["Who"]) == ["'=Ana", "somebody else", "simulated", "somebody else"]
    assert list(table.value["Event"])[2:] == ["task_completed accepted", "task_completed failed"]
    assert list(table.value["Why"]) == ["", "", "", "'=reason"]
    assert list(table.value["UTC"]) == ["12:30:15"] * 4


def test_room_without_events_says_so() -> None:
    at = drawn("show_room_events", [], [])
    assert [each.value for each in at.caption] == [
        "None yet. The events of people in the room show here."
    ]
