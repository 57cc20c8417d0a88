"""The card of the personalized board, and its switch."""

import inspect

import pytest
from streamlit.testing.v1 import AppTest

from lib.story.personalization import layout
from lib.world.participant import Participant
from tests.support.steps import unescaped
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.worlds import World, complete, joined, world  # noqa: F401 (a fixture)


def show(participant: object) -> None:
    from lib.ui.personalization import show_personalized, show_personalized_toggle

    show_personalized_toggle(participant)  # type: ignore[arg-type]
    show_personalized(participant)  # type: ignore[arg-type]


@pytest.fixture
def someone(world: World) -> Participant:
    """Somebody who completed two tasks, both of high priority."""
    participant = joined(world)
    complete(participant, 2)
    return participant


def lines(at: AppTest) -> list[str]:
    """What the card says, without the icons."""
    (said,) = (each.value for each in at.get_by_key("personalized_card").markdown)
    return [unescaped(each).partition(": ")[2] for each in str(said).split("\n\n")]


def test_the_card_is_the_same_for_everybody_until_the_switch_is_on(someone: Participant) -> None:
    at = AppTest.from_function(show, args=(someone,), default_timeout=PATIENCE_SECONDS).run()
    assert not at.exception
    assert lines(at) == [
        "**Welcome to Website relaunch.** :small[:gray[the same for everybody]]",
        "Next: Write the home page :small[:gray[the same for everybody]]",
        "Your plan: growth. :small[:gray[the same for everybody]]",
    ]

    at.get_by_key("personalized").set_value(True).run()

    assert not at.exception
    welcome, step, offer = lines(at)
    assert welcome == (
        "**Welcome back: 2 tasks so far. Keep going!**"
        " :small[:gray[because `tasks_completed_count is 2`]]"
    )
    assert step == (
        "Next: Redirect the old blog :small[:gray[because `last_completed_task_priority is high`]]"
    )
    assert offer.startswith("Included in your plan (growth)")


def test_what_somebody_typed_stays_text_on_the_card(someone: Participant) -> None:
    with someone.own_project.changed() as project:
        project.tasks = []
        project.add("**bold** :red[x] <b>y</b>", "high")
    at = AppTest.from_function(show, args=(someone,), default_timeout=PATIENCE_SECONDS).run()

    (said,) = (str(each.value) for each in at.get_by_key("personalized_card").markdown)
    assert not at.exception
    assert "Next: **bold**" not in said and "Next: **bold** :red[x] <b>y</b>" in unescaped(said)


def test_the_function_from_values_to_the_board_is_shown_as_it_runs(someone: Participant) -> None:
    at = AppTest.from_function(show, args=(someone,), default_timeout=PATIENCE_SECONDS).run()

    (shown,) = (each.value for each in at.code)
    assert inspect.getsource(layout) in shown
