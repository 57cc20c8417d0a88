"""A demo profile: its words, and the project that it starts with."""

from datetime import date

import pytest

from lib.demo.demo_profile import DEFAULT, DemoProfile, Item
from lib.project import DEFAULT_TEMPLATE, MAX_TITLE, Project


def cards(number: int) -> tuple[Item, ...]:
    return tuple(Item(f"Card {each}") for each in range(1, number + 1))


def test_without_a_profile_everything_is_as_it_was() -> None:
    assert DEFAULT.template == DEFAULT_TEMPLATE
    assert DEFAULT.button == "Invite a teammate"


def test_the_project_of_a_profile_has_its_title_plan_and_cards() -> None:
    profile = DemoProfile(project="Autumn hiking", plan="club", cards=cards(4))
    project = Project.fresh(profile.template)

    assert (project.id, project.name, project.plan) == ("autumn-hiking", "Autumn hiking", "club")
    assert [task.title for task in project.tasks] == ["Card 1", "Card 2", "Card 3", "Card 4"]
    assert [task.status for task in project.tasks] == ["in_progress"] * 3 + ["todo"]


def test_more_than_ten_cards_make_two_rounds() -> None:
    first, second = DemoProfile(cards=cards(15)).template.sprints
    assert [title for title, *_ in (*first, *second)] == [each.title for each in cards(15)]
    assert {len(first), len(second)} == {7, 8}


def test_a_title_without_letters_still_makes_an_id() -> None:
    assert DemoProfile(project="!!!").template.id.startswith("project-")


def test_placeholders_are_filled_in_and_nothing_else_is() -> None:
    said = DEFAULT.filled("{count} of {product}, {project}: {0.__class__} {other} {", 2.0)
    assert said == "2 of Project app, Website relaunch: {0.__class__} {other} {"


@pytest.mark.parametrize(
    ("language", "due", "day", "said"),
    [
        ("en-GB", "due", date(2026, 1, 31), "due 31 Jan"),
        ("de-CH", "bis", date(2026, 1, 31), "bis 31.1."),
        ("fr", "le", date(2026, 12, 4), "le 4/12"),
        ("en", "", date(2026, 1, 31), ""),
        ("en", "due", None, ""),
    ],
)
def test_day_is_written_as_in_the_language_of_the_product(
    language: str, due: str, day: date | None, said: str
) -> None:
    assert DemoProfile(language=language, due=due).due_words(day) == said


def test_titles_of_cards_fit_on_the_board() -> None:
    from lib.demo.checks import TITLE_AT_MOST

    assert TITLE_AT_MOST <= MAX_TITLE
