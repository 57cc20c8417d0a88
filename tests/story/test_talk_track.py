"""The talk track: something to say on every page, and in every scene of the story."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from lib.demo.demo_profile import DemoProfile
from lib.story.autoplay import story
from lib.story.talk_track import Chapter, notes, progress_of, told

TITLES = sorted(each.stem.title() for each in Path("pages").glob("*.py"))
FEWEST, MOST = 2, 3
ALL_PROGRESS: tuple[Chapter, ...] = get_args(Chapter)


def user(
    *,
    is_published: bool = True,
    counted_instead: str = "",
    is_nudged: bool = False,
    answer: str | None = None,
    is_personalized: bool = False,
    other_rule: str = "",
) -> Any:
    received = SimpleNamespace(
        intervention=SimpleNamespace(name="nudge"), answer=answer, is_test=False
    )
    return SimpleNamespace(
        seen=SimpleNamespace(
            published=SimpleNamespace(
                is_complete=is_published,
                counted_instead=lambda _: counted_instead,
                follows_another=bool(other_rule),
                rule=other_rule,
                threshold=None,
            )
        ),
        own_event=SimpleNamespace(current=None),
        nudge_name="nudge",
        is_nudged=is_nudged,
        inbox=[received] if is_nudged else [],
        stage=SimpleNamespace(is_personalized=is_personalized),
        names=SimpleNamespace(intervention="nudge"),
        plan=SimpleNamespace(threshold=3),
        profile=DemoProfile(product="*Shop*", item="order", items="orders", action="Buy"),
    )


@pytest.mark.parametrize("progress", ALL_PROGRESS)
@pytest.mark.parametrize("page", TITLES)
def test_every_page_of_the_menu_has_its_lines_and_a_next(page: str, progress: Chapter) -> None:
    said = notes(page, progress)
    assert FEWEST <= len(said.lines) <= MOST
    assert said.next


@pytest.mark.parametrize("progress", ALL_PROGRESS)
def test_every_scene_of_the_story_has_its_lines(progress: Chapter) -> None:
    scenes = story(5, lambda _: None)
    assert all(notes(scene.page, progress).lines for scene in scenes)


@pytest.mark.parametrize(
    ("somebody", "progress"),
    [
        (user(is_published=False), "unpublished"),
        (user(counted_instead="com.shop/order_placed"), "unpublished"),
        (user(), "counting"),
        (user(is_nudged=True), "nudged"),
        (user(is_nudged=True, answer="accepted"), "answered"),
        (user(is_nudged=True, answer="accepted", is_personalized=True), "personalized"),
    ],
)
def test_progress_is_how_far_the_user_truly_is(somebody: Any, progress: Chapter) -> None:
    assert progress_of(somebody) == progress


def test_lines_have_the_words_of_the_profile_as_text() -> None:
    line = told("{product}: {action} until it comes {when}.", user())
    assert line == r"\*Shop\*: “Buy” until it comes at 3 orders."


@pytest.mark.parametrize("progress", ALL_PROGRESS)
@pytest.mark.parametrize("page", TITLES)
def test_every_line_can_be_told(page: str, progress: Chapter) -> None:
    said = notes(page, progress)
    for line in (said.title, *said.lines, said.next):
        assert "{" not in told(line, user())


def test_another_rule_is_told_in_its_own_words() -> None:
    somebody = user(is_published=False, other_rule="priority = high")

    assert progress_of(somebody) == "counting"
    assert told("It comes {when}.", somebody) == "It comes when priority = high."
