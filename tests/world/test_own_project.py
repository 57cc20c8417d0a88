"""A user's project in the app's file: changed by one at a time, saved whole or not at all."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.project import DEFAULT_TEMPLATE, Project
from lib.world.app_state import AppState
from lib.world.news import News
from lib.world.own_project import OwnProject


@pytest.fixture
def state() -> Iterator[AppState]:
    state = AppState(":memory:")
    yield state
    state.close()


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def own(state: AppState, news: News) -> OwnProject:
    return OwnProject(state, "w", news)


def test_a_new_user_has_the_project_that_everyone_starts_with(own):
    assert own.current == Project.fresh()


def test_a_change_is_saved_for_this_user_and_told(state, own, news):
    with own.changed() as project:
        task = project.add("Call the printer")
    assert (own.current.tasks[-1], news.revision) == (task, 1)
    assert OwnProject(state, "another", News()).current == Project.fresh()


def test_a_change_that_failed_leaves_the_project_as_it_was(own, news):
    with pytest.raises(ZeroDivisionError), own.changed() as project:
        project.add("Call the printer")
        raise ZeroDivisionError
    assert (own.current, news.revision) == (Project.fresh(), 0)


def test_changes_at_once_lose_none(own):
    def add(number: int) -> None:
        with own.changed() as project:
            project.add(f"Task {number}")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {f"Task {number}" for number in range(20)} <= {each.title for each in own.current.tasks}


def test_resetting_restores_the_first_project_and_is_news(own, news):
    with own.changed() as project:
        project.add("Call the printer")
    own.reset()
    assert (own.current, news.revision) == (Project.fresh(), 2)


def test_with_another_template_the_project_begins_anew_and_only_then(state, news):
    templates = [DEFAULT_TEMPLATE]
    own = OwnProject(state, "w", news, lambda: templates[-1])
    with own.changed() as project:
        project.add("Call the printer")
    assert own.current.tasks[-1].title == "Call the printer"

    templates.append(replace(DEFAULT_TEMPLATE, name="Autumn hiking"))
    assert own.current == Project.fresh(templates[-1])
