"""The story that tells itself: when a scene ends, what it waits for, and how it is held."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lib.demo.demo_profile import DEFAULT
from lib.story.autoplay import PATIENCE_SECONDS, TROUBLE, Autoplay, Scene, story
from lib.world.participant import Participant

NOBODY = cast(Participant, SimpleNamespace(is_paused=False))


def scene(
    seconds: float = 5,
    act: Callable[[Any], object] | None = None,
    until: Callable[[Any], bool] | None = None,
    page: str = "Board",
) -> Scene:
    return Scene(page, f"{seconds}", seconds, act, until)


def play(*scenes: Scene) -> Autoplay:
    return Autoplay("world", scenes, now=0)


def test_scene_lasts_as_long_as_it_says():
    played = play(scene(5), scene(6))

    assert not played.step(NOBODY, now=4.9)
    assert played.step(NOBODY, now=5)
    assert played.scene.seconds == 6


def test_no_time_passes_while_the_room_is_paused():
    held = cast(Participant, SimpleNamespace(is_paused=True))
    done: list[object] = []
    played = play(scene(5), scene(6, act=done.append))

    assert not played.step(held, now=4)
    assert not played.step(held, now=99)
    assert not played.step(NOBODY, now=103.9)
    assert played.step(NOBODY, now=104)
    assert not played.step(held, now=105)
    assert done == []
    assert played.step(NOBODY, now=106)
    assert done == [NOBODY]


def test_what_a_scene_does_is_done_once_and_its_time_counts_from_then():
    done: list[object] = []
    played = play(scene(5, act=done.append), scene())

    assert played.step(NOBODY, now=1)
    assert not played.step(NOBODY, now=5.9)
    assert played.step(NOBODY, now=6)
    assert done == [NOBODY]


def test_scene_goes_on_until_it_had_its_effect():
    effect: list[bool] = []
    played = play(scene(5, until=lambda _: bool(effect)), scene(6))

    assert not played.step(NOBODY, now=9)
    effect.append(True)
    assert played.step(NOBODY, now=9.5)
    assert played.scene.seconds == 6


def test_scene_without_its_effect_pauses_and_says_so():
    played = play(scene(5, until=lambda _: False), scene(6))

    assert played.step(NOBODY, now=PATIENCE_SECONDS)

    assert (played.is_paused, played.caption) == (True, TROUBLE)


def test_nothing_happens_while_it_is_paused():
    done: list[object] = []
    played = play(scene(5, act=done.append), scene(6))
    played.pause()

    assert not played.step(NOBODY, now=100)
    assert (done, played.scene.seconds) == ([], 5)


def test_resumed_scene_has_its_full_time_again():
    played = play(scene(5), scene(6))
    played.pause("why")
    assert played.caption == "why"
    played.resume(now=100)

    assert played.caption == "5"
    assert not played.step(NOBODY, now=104.9)
    assert played.step(NOBODY, now=105)


def test_what_was_done_before_a_pause_is_not_done_again():
    done: list[object] = []
    played = play(scene(5, act=done.append), scene(6))
    played.step(NOBODY, now=0)
    played.pause()
    played.resume(now=10)

    played.step(NOBODY, now=11)
    assert done == [NOBODY]


def test_next_scene_can_be_chosen_whatever_this_one_waits_for():
    played = play(scene(5, until=lambda _: False), scene(6))
    played.skip(now=1)
    assert (played.scene.seconds, played.is_last, played.fraction) == (6, True, 1)


def test_last_scene_stays():
    played = play(scene(5))
    played.skip(now=1)
    assert not played.step(NOBODY, now=1_000)
    assert (played.scene.seconds, played.is_paused) == (5, False)


@pytest.mark.parametrize("threshold", [1, 2, 5, 20])
def test_story_completes_as_many_tasks_as_the_intervention_waits_for(threshold: int) -> None:
    scenes = story(threshold, publish=lambda _: None)
    until_then = [each for each in scenes if each.page == "Board" and each.act and each.until]
    assert len(until_then) == threshold
    assert f"With task {threshold}, the threshold is crossed" in until_then[-1].caption


def test_story_is_told_in_the_words_of_the_profile() -> None:
    shop = replace(DEFAULT, item="order", items="orders", action="Order now")
    said = " ".join(each.caption for each in story(5, lambda _: None, shop))
    assert "at 5 orders" in said and "Each “Order now” is an event." in said
    assert "task" not in said


def test_captions_say_no_direction_and_fit_in_one_line_of_a_small_projector() -> None:
    said = [each.caption for each in story(20, lambda _: None)]
    assert [each for each in said if "below" in each or "above" in each or len(each) > 66] == []
