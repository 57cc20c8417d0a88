"""Which steps of the guide a user has done."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from lib.world.app_state import AppState
from lib.world.guide_steps import GuideSteps
from lib.world.news import News


@pytest.fixture
def state() -> Iterator[AppState]:
    state = AppState(":memory:")
    yield state
    state.close()


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def steps(state: AppState, news: News) -> GuideSteps:
    return GuideSteps(state, "w", news)


def test_a_step_is_done_from_the_first_time_on_and_is_news_once(steps, news):
    before = datetime.now(UTC)
    steps.note("track")
    done = steps.done
    steps.note("track")
    assert (list(steps.done), steps.done, news.revision) == (["track"], done, 1)
    assert before <= done["track"] <= datetime.now(UTC)


def test_what_is_forgotten_is_to_be_done_again_and_the_rest_stays_done(steps, news):
    for key in ("track", "publish", "watch"):
        steps.note(key)
    steps.forget(["publish", "watch", "never done"])
    assert (list(steps.done), news.revision) == (["track"], 4)


def test_users_have_steps_of_their_own_that_outlive_the_session(state, steps):
    steps.note("track")
    assert GuideSteps(state, "another", News()).done == {}
    assert GuideSteps(state, "w", News()).done == steps.done
