"""The app's own file cannot be used while people are there.

Nothing that was acknowledged is lost, nothing is counted twice, and nobody gets an exception.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.people import participants as participants_module
from lib.ui import session
from lib.world.app_state import AppState
from tests.support import steps
from tests.support.file_faults import (
    LONG,
    Fault,
    breakable_files,  # noqa: F401 (a fixture)
    damaged,
    faults,
    locked,
)
from tests.support.waiting import eventually
from tests.support.worlds import World, complete, is_settled, joined, running_world

OpenApp = Callable[..., AppTest]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    with running_world(tmp_path) as running:
        yield running


@faults
def test_tasks_completed_while_the_file_cannot_be_used_are_counted_once_and_bring_the_nudge(
    fault: Fault, world: World
) -> None:
    participant = joined(world)
    complete(participant, 3)
    with fault(world.backend.settings.app_db):
        world.state.save_project("other", LONG)
        complete(participant, 2)
        assert eventually(lambda: is_settled(participant, 5))
        assert len(participant.project.filtered("done")) == 5
        assert participant.emitter.delivery.refused == []
    assert eventually(lambda: world.state.problem is None)

    with closing(AppState(world.backend.settings.app_db)) as again:
        assert again.project(participant.world) == participant.project.to_json()
        assert len(again.inbox(participant.world)) == 1
        assert again.outboxes.worlds() == []
    assert is_settled(participant, 5)


def test_an_intervention_that_arrives_while_the_file_is_locked_is_kept_with_its_answer(
    world: World,
) -> None:
    participant = joined(world)
    complete(participant, 4)
    with locked(world.backend.settings.app_db):
        complete(participant, 1)
        assert eventually(lambda: len(participant.inbox) == 1)
        participant.answer(participant.inbox[0], "accepted")
    assert eventually(lambda: world.state.problem is None)
    with closing(AppState(world.backend.settings.app_db)) as again:
        assert [answer for *_, answer, _ in again.inbox(participant.world)] == ["accepted"]


def test_every_world_has_news_when_the_file_fails_and_when_it_works_again(world: World) -> None:
    participant = joined(world)
    assert eventually(lambda: participant.is_live)
    with locked(world.backend.settings.app_db):
        before = participant.revision
        world.state.save_project("other", "{}")
        assert eventually(lambda: participant.revision > before)
        before = participant.revision
    assert eventually(lambda: participant.revision > before)
    assert world.state.problem is None


# What the pages show of it


PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")
TITLE = "The app's file cannot be used: database is locked"


@pytest.fixture
def app(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    return steps.publish(open_app())


def own_file() -> Path:
    return session.process().settings.app_db


def titles(at: AppTest) -> list[str]:
    return [title for title, _ in steps.alerts(at.warning)]


def test_every_page_renders_and_says_that_the_file_cannot_be_used(app: AppTest) -> None:
    with locked(own_file()):
        steps.complete(app, 1)
        for page in PAGES:
            steps.go_to(app, page)
            assert not app.exception, page
            assert titles(app) == [TITLE], page


def test_the_message_names_the_file_and_no_folder(app: AppTest) -> None:
    path = own_file()
    with locked(path):
        steps.complete(app, 1)
        ((_, text),) = steps.alerts(app.warning)
    assert "Another program has locked sandbox.app.db. Close that program." in text
    assert str(path.parent) not in text


def test_the_message_goes_when_the_file_can_be_used_again(app: AppTest) -> None:
    with locked(own_file()):
        steps.complete(app, 1)
        assert titles(app) == [TITLE]
    assert eventually(lambda: titles(app.run()) == [])
    assert not app.exception


@faults
def test_the_whole_story_plays_on_while_the_file_cannot_be_used(fault: Fault, app: AppTest) -> None:
    with fault(own_file()):
        session.process().state.save_project("other", LONG)
        steps.complete(app, 5)
        assert steps.count(app) == "5"
        steps.click(app, "accept_nudge")
        assert not app.exception
        assert not steps.has(app, "nudge")


def test_a_newcomer_comes_in_while_the_file_is_damaged(app: AppTest, open_app: OpenApp) -> None:
    with damaged(own_file()):
        newcomer = open_app()
        steps.complete(steps.publish(newcomer), 1)
        assert not newcomer.exception
        assert steps.count(newcomer) == "1"
