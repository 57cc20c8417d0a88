"""What the big screen is told to show."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.charts.room_chart import Everybody
from lib.demo.demo_profile import DEFAULT, DemoProfile
from lib.demo.ready_profiles import ready_profiles
from lib.people.room import Member, Standing
from lib.ui.big_screen import CROSSING_SECONDS, screen_data

LINK = "https://snowplow-demo.streamlit.app/?sandbox=amber-otter-stone-482"


def standing(name: str, nudged_at: datetime | None = None) -> Standing:
    return Standing(Member(f"id of {name}", name, True), 0, 1, nudged_at, is_here=True)


def data(
    *people: Standing,
    simulated_nudges: int = 0,
    threshold: float | None = 5,
    profile: DemoProfile = DEFAULT,
    link: str = LINK,
) -> Any:
    return screen_data(
        Everybody(people),
        simulated_nudges,
        threshold,
        profile,
        link=link,
        code="a-b-c-1",
        is_paused=False,
    )


@pytest.mark.parametrize(
    ("threshold", "task"),
    [
        (5, "Scan, then complete 5 tasks"),
        (1, "Scan, then complete 1 task"),
        (None, "Scan to join"),
    ],
)
def test_screen_says_how_to_get_the_nudge(threshold: float | None, task: str) -> None:
    assert data(threshold=threshold)["task"] == task


def test_screen_uses_the_words_of_a_demo_profile() -> None:
    shop = ready_profiles()["webshop"]
    assert data(profile=shop)["task"] == "Scan, then put 5 products in the cart"


def test_where_nobody_can_join_there_is_nothing_to_scan() -> None:
    shown = [data(link="", threshold=each) for each in (5, None)]
    assert [(each["task"], each["qr"], each["address"]) for each in shown] == [
        ("Complete 5 tasks", "", []),
        ("", "", []),
    ]


def test_address_comes_in_pieces_that_end_where_it_may_break() -> None:
    pieces = data()["address"]
    assert "".join(pieces) == LINK.removeprefix("https://")
    assert all(each[-1] in "/?&=.-" for each in pieces[:-1])


def test_counter_counts_people_and_simulated_users() -> None:
    shown = data(standing("Ana", datetime.now(UTC)), standing("Bo"), simulated_nudges=2)
    assert (shown["nudges"], shown["detail"]) == (3, "1 person, 2 simulated")


def test_only_people_who_just_got_the_nudge_are_named_without_their_ids() -> None:
    now = datetime.now(UTC)
    shown = data(
        standing("Late", now),
        standing("Early", now - timedelta(seconds=1)),
        standing("Old", now - timedelta(seconds=CROSSING_SECONDS + 1)),
        standing("Never"),
    )
    assert [each["name"] for each in shown["crossings"]] == ["Early", "Late"]
    assert "id of" not in str(shown)
