"""The personalized board: what depends on which value, and what everybody gets without any."""

import doctest

import pytest

from lib.demo.demo_profile import DEFAULT, DemoProfile
from lib.project import PRIORITIES, Project
from lib.snowplow.definitions import COUNT, PRIORITY
from lib.story import personalization
from lib.story.personalization import FOR_EVERYBODY, Layout, Phrase, layout


def of(count: object = None, priority: object = None, project: Project | None = None) -> Layout:
    return layout({COUNT: count, PRIORITY: priority}, project or Project.fresh(), DEFAULT, 5)


def test_examples_are_true():
    assert doctest.testmod(personalization).failed == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {COUNT: None, PRIORITY: None},
        {COUNT: 0},
        {COUNT: "many", PRIORITY: "urgent"},
        {PRIORITY: ["high"]},
    ],
)
def test_without_a_value_to_go_by_everybody_gets_the_same(values):
    board = layout(values, Project.fresh(), DEFAULT, 5)
    assert board == layout({}, Project.fresh(), DEFAULT, 5)
    assert {board.welcome.why, board.step.why, board.offer.why} == {FOR_EVERYBODY}
    assert list(board.order) == Project.fresh().tasks
    assert board.next == Project.fresh().next_open


@pytest.mark.parametrize("priority", PRIORITIES)
def test_what_is_like_the_last_thing_done_comes_first_and_is_recommended(priority):
    board = of(1, priority)
    priorities = [each.priority == priority for each in board.order]
    assert priorities == sorted(priorities, reverse=True) and priorities[0]
    assert sorted(each.id for each in board.order) == [each.id for each in Project.fresh().tasks]
    assert (board.next, board.step.text) == (board.order[0], f"Next: {board.order[0].title}")
    assert board.step.why == f"{PRIORITY} is {priority}"


def test_of_what_is_like_it_what_is_under_way_comes_first():
    project = Project.fresh()
    project.start("task-8")
    assert [each.id for each in of(1, "medium", project).order[:3]] == [
        "task-2",
        "task-8",
        "task-6",
    ]


def test_what_is_done_is_neither_shown_nor_recommended():
    project = Project.fresh()
    project.complete("task-5")
    assert "task-5" not in [each.id for each in of(1, "low", project).order]


def test_welcome_and_offer_change_at_the_threshold():
    before, after = of(4), of(5)
    assert before.welcome.text == "Welcome back: 4 tasks so far. Keep going!"
    assert after.welcome.text.startswith("You are one of our most active people: 5 tasks")
    assert (before.offer.text, after.offer.text) == (
        "Included in your plan (growth): a ten-minute tour of Project app.",
        "Outgrown your plan (growth)? Try the next one free for a month.",
    )
    assert [each.why for each in (before.welcome, after.offer)] == [
        f"{COUNT} is 4",
        f"{COUNT} is 5",
    ]


def test_finished_round_recommends_the_next_one():
    project = Project.fresh()
    while task := project.next_open:
        project.complete(task.id)
    board = of(9, "high", project)
    assert (board.order, board.next) == ((), None)
    assert board.step == Phrase("Nothing is open. Start the next sprint?", FOR_EVERYBODY)


def test_words_are_those_of_the_product_that_is_shown():
    shop = DemoProfile(product="Shop", item="order", items="orders")
    board = layout({COUNT: 1}, Project.fresh(), shop, 5)
    assert "1 order so far" in board.welcome.text
    assert board.offer.text.endswith("tour of Shop.")
