"""Somebody else's sandbox, and that of one who tries to reach it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.connection.backend import new_token, start_sandbox
from lib.people.room import Rooms
from lib.sandbox.server.serving import EmbeddedServer
from lib.world.app_state import AppState
from tests.support.isolation import API, SECRET, Other, definitions, listening_raw
from tests.support.sandbox import World, new_id, seen


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """As the app starts it, with its limits."""
    server = start_sandbox(tmp_path_factory.mktemp("isolation") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def other(shared: EmbeddedServer, tmp_path: Path) -> Other:
    return opened_other(shared, tmp_path)


@pytest.fixture(scope="module")
def lasting_other(shared: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Other:
    """For all tests of a file, if none of them changes anything of it."""
    return opened_other(shared, tmp_path_factory.mktemp("other"))


def opened_other(shared: EmbeddedServer, folder: Path) -> Other:
    world, user = World(shared.url, new_token()), new_id()
    world.signals.publish(definitions(SECRET))
    event = seen(user, {"value": SECRET})
    with listening_raw(world, f"{API}/interventions?user_id={user}", world.token) as stream:
        world.post(event)
        nudge = stream.next()
    state = AppState(folder / "app.db")
    code = Rooms(state).open(world.token, with_code=True).code
    state.close()
    number = shared.app.state.sandboxes.of_token(world.token).id
    return Other(world, user, event["eid"], nudge["intervention_id"], code, number)


@pytest.fixture
def intruder(shared: EmbeddedServer) -> World:
    world = World(shared.url, new_token())
    world.signals.publish(definitions("mine"))
    return world
