"""The sandbox's thread dies while the app runs.

Nothing that was acknowledged is lost, nothing is counted twice, and nobody gets an exception.
"""

import gc
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection import backend as connection_module
from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.people import participants as participants_module
from lib.sandbox.server.serving import EmbeddedServer
from lib.ui import session
from tests.support import steps
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import World, complete, count_of, is_settled, joined, running_world

OpenApp = Callable[..., AppTest]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    with running_world(tmp_path) as running:
        yield running


@pytest.fixture
def app(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    return steps.publish(open_app())


def dies(test: Callable[..., None]) -> Callable[..., None]:
    """A thread dies in this test, of an exception, and leaves its loop to close what is open."""
    for warning in ("pytest.PytestUnhandledThreadExceptionWarning", "ResourceWarning"):
        test = pytest.mark.filterwarnings(f"ignore::{warning}")(test)
    return test


def kill(sandbox: EmbeddedServer | None) -> None:
    """Have the server's loop raise something that nobody expected."""
    assert sandbox is not None

    async def fail(_: int) -> bool:
        raise RuntimeError("the loop fails")

    sandbox.server.on_tick = fail  # type: ignore[method-assign]
    assert eventually(lambda: not sandbox.is_alive)


def revived(world: World, dead: EmbeddedServer | None) -> bool:
    sandbox = world.backend.sandbox
    return sandbox is not None and sandbox is not dead and sandbox.is_alive


@dies
def test_after_the_sandboxs_thread_died_a_task_brings_the_nudge_and_counts_once(
    world: World,
) -> None:
    participant = joined(world)
    complete(participant, 4)
    kill(world.backend.sandbox)
    complete(participant, 1)
    assert eventually(lambda: participant.is_live and is_settled(participant, 5))
    assert len(participant.project.filtered("done")) == 5


@dies
def test_a_sandbox_whose_loop_was_stopped_is_started_again_where_it_was(world: World) -> None:
    dead = world.backend.sandbox
    assert dead is not None
    loop = dead.server.servers[0].get_loop()
    loop.call_soon_threadsafe(loop.stop)
    assert eventually(lambda: revived(world, dead))
    assert world.backend.sandbox is not None
    assert world.backend.sandbox.url == dead.url


@dies
def test_what_the_sandbox_acknowledged_before_its_thread_died_is_still_there(world: World) -> None:
    participant, dead = joined(world), world.backend.sandbox
    complete(participant, 2)
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    kill(dead)
    assert eventually(lambda: revived(world, dead))
    assert count_of(participant) == 2
    assert participant.connection.inspector is not None
    assert len(participant.connection.inspector.events()) == 2


@dies
def test_a_sandbox_that_cannot_start_again_is_tried_until_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, fails, tries = connection_module.start_sandbox, threading.Event(), []
    fails.set()

    def start_if_it_can(database: Path, port: int) -> EmbeddedServer:
        tries.append(port)
        if fails.is_set():
            raise OSError("Address already in use")
        return start(database, port)

    monkeypatch.setattr(connection_module, "start_sandbox", start_if_it_can)
    dead = world.backend.sandbox
    with caplog.at_level(logging.WARNING, logger="lib.connection.backend"):
        kill(dead)
        assert eventually(lambda: len(tries) >= 3)
        fails.clear()
        assert eventually(lambda: revived(world, dead))
    assert [each.message for each in caplog.records if each.name == "lib.connection.backend"] == [
        "The sandbox's thread died. Restarting it.",
        "The sandbox does not restart: Address already in use",
    ]


def test_a_sandbox_that_was_stopped_stays_stopped(world: World) -> None:
    stopped = world.backend.sandbox
    assert stopped is not None
    stopped.stop()
    world.backend.keep_alive()
    assert world.backend.sandbox is stopped
    assert not stopped.is_alive


@dies
def test_a_server_that_died_keeps_nothing_in_memory(tmp_path: Path) -> None:
    """What belongs to it: the rest may stay, as the app has the garbage collector pass over it."""
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    dead = backend.sandbox
    assert dead is not None
    kept = weakref.ref(dead.app.state.sandboxes.of_token(new_token()))
    died = weakref.ref(dead)
    kill(dead)
    backend.keep_alive()
    del dead
    gc.collect()
    assert (kept(), died()) == (None, None)
    backend.close()


@dies
def test_a_backend_that_was_closed_starts_nothing_again(tmp_path: Path) -> None:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    dead = backend.sandbox
    kill(dead)
    backend.close()
    backend.keep_alive()
    assert backend.sandbox is dead


@dies
def test_pages_recover_by_themselves_after_the_sandboxs_thread_died(app: AppTest) -> None:
    steps.complete(app, 4)
    kill(session.process().backend.sandbox)
    steps.complete(app, 1)
    assert not app.exception
    assert eventually(lambda: steps.count(app.run()) == "5")
    assert eventually(lambda: steps.has(app.run(), "nudge") and not app.run().warning)
    assert not app.exception
    assert len(steps.world(app).inbox) == 1
