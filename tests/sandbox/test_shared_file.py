"""Two servers on one database file, as when a new deployment starts before the old one has ended;
and a file that another program locks or has damaged."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import PAYLOAD, TP2, SandboxProcess, World, group, new_id, seen, service
from tests.support.waiting import PATIENCE_SECONDS

Worlds = tuple[World, World]
DEFINITIONS = [group(), service(group())]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, EmbeddedServer]]:
    first, second = (EmbeddedServer(tmp_path / "sandbox.db") for _ in range(2))
    yield first, second
    first.stop()
    second.stop()


@pytest.fixture
def worlds(servers: tuple[EmbeddedServer, EmbeddedServer]) -> Worlds:
    """The same sandbox, as two servers have it."""
    here = World(servers[0].url)
    return here, World(servers[1].url, here.token)


def count_of(world: World, user: str) -> int | None:
    found: int | None = world.read("user_id", user)["count"][0]
    return found


def test_events_of_both_servers_are_counted_in_each(worlds: Worlds) -> None:
    here, there = worlds
    here.signals.publish(DEFINITIONS)
    user = new_id()
    for _ in range(5):
        here.post(seen(user))
        there.post(seen(user))

    assert (count_of(here, user), count_of(there, user)) == (10, 10)


def test_event_sent_to_both_servers_counts_once(worlds: Worlds) -> None:
    here, there = worlds
    here.signals.publish(DEFINITIONS)
    user = new_id()
    event = seen(user)
    here.post(event)
    there.post(event)

    assert (count_of(here, user), count_of(there, user)) == (1, 1)


def test_clock_moved_at_one_server_is_moved_at_the_other(worlds: Worlds) -> None:
    here, there = worlds
    there.post(seen(new_id()))
    httpx.post(f"{here.collector}/clock", json={"seconds": 3600}, trust_env=False)

    clock = httpx.get(f"{there.collector}/clock", trust_env=False).json()
    assert clock["ahead_seconds"] == 3600


def test_reset_at_one_server_empties_the_other(worlds: Worlds) -> None:
    here, there = worlds
    here.signals.publish(DEFINITIONS)
    user = new_id()
    there.post(seen(user))
    httpx.post(f"{here.collector}/clock", json={"seconds": 1}, trust_env=False)
    httpx.delete(f"{here.collector}/clock", trust_env=False)

    assert count_of(there, user) is None


def test_terminated_process_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path / "sandbox.db")
    world = World(process.signals)
    world.signals.publish(DEFINITIONS)
    user = new_id()
    answer = httpx.post(
        process.collector + TP2, json={"schema": PAYLOAD, "data": [seen(user)]}, trust_env=False
    )
    process.process.send_signal(signal.SIGTERM)
    process.process.wait(PATIENCE_SECONDS)
    process.kill()  # closes what it printed to

    again = SandboxProcess(tmp_path / "sandbox.db")
    try:
        assert answer.status_code == 200
        assert count_of(World(again.signals), user) == 1
    finally:
        again.kill()


Break = Callable[[Path, EmbeddedServer], Callable[[], object]]


def _lock(path: Path, _: EmbeddedServer) -> Callable[[], object]:
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    return holder.close


def _make_read_only(_: Path, server: EmbeddedServer) -> Callable[[], object]:
    database = server.app.state.sandboxes.store.db
    database.execute("PRAGMA query_only = 1")
    return lambda: database.execute("PRAGMA query_only = 0")


@pytest.mark.parametrize("broken", [_lock, _make_read_only])
def test_event_that_cannot_be_stored_is_503_and_counts_once_when_sent_again(
    servers: tuple[EmbeddedServer, EmbeddedServer],
    tmp_path: Path,
    broken: Break,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = servers[0]
    server.app.state.sandboxes.store.db.execute("PRAGMA busy_timeout = 50")
    world = World(server.url)
    world.signals.publish(DEFINITIONS)
    user = new_id()
    body = {"schema": PAYLOAD, "data": [seen(user)]}

    mend = broken(tmp_path / "sandbox.db", server)
    refused = httpx.post(world.collector + TP2, json=body, trust_env=False)
    mend()
    taken = httpx.post(world.collector + TP2, json=body, trust_env=False)

    assert (refused.status_code, taken.status_code) == (503, 200)
    assert "Nothing was stored" in refused.json()["detail"]
    assert count_of(world, user) == 1


def test_damaged_file_is_503_and_names_what_sqlite_said(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    server = EmbeddedServer(path)
    world = World(server.url)
    world.signals.publish(DEFINITIONS)
    database = server.app.state.sandboxes.store.db
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    database.execute("PRAGMA cache_size = 0")
    body = {"schema": PAYLOAD, "data": [seen(new_id())]}

    answer = httpx.post(world.collector + TP2, json=body, trust_env=False)

    server.stop()
    assert answer.status_code == 503
    assert "malformed" in answer.json()["detail"]
