"""What is on the disk: after a power cut, and when somebody deletes the file that is in use."""

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib.sandbox.limits import Limits
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.storage import database_file
from lib.sandbox.storage.limited_store import LimitedStore
from lib.sandbox.storage.store import Store
from tests.support.sandbox import (
    HTTP,
    PAYLOAD,
    TP2,
    HandClock,
    SandboxProcess,
    World,
    attribute,
    group,
    new_id,
    seen,
    service,
)
from tests.support.waiting import eventually

COUNT = group(attribute("count", "counter"))
DEFINITIONS = [COUNT, service(COUNT)]


class Disk:
    """The files as a power cut would leave them: as they were when the log was last synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.syncs = 0

    def sync(self, log: Path) -> None:
        self._folder.mkdir(exist_ok=True)
        for file in (log, log.with_name(log.name.removesuffix("-wal"))):
            shutil.copy(file, self._folder / file.name)
        self.syncs += 1

    @property
    def database(self) -> Path:
        return self._folder / "sandbox.db"


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "disk")
    monkeypatch.setattr(database_file, "sync_file", disk.sync)
    return disk


@pytest.fixture
def after_a_cut(disk: Disk) -> Iterator[Callable[[World], World]]:
    """The same sandbox, on a new server with what was on the disk."""
    started: list[EmbeddedServer] = []

    def restart(world: World) -> World:
        started.append(EmbeddedServer(disk.database, HandClock()))
        return World(started[-1].url, world.token)

    yield restart
    for server in started:
        server.stop()


@pytest.fixture
def never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is synced because a second has passed."""
    monkeypatch.setattr("lib.sandbox.server.upkeep.SYNC_SECONDS", 3600.0)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.sandbox.server.upkeep.SYNC_SECONDS", 0.05)


def clock_of(world: World) -> float:
    ahead: float = HTTP.get(f"{world.collector}/clock").json()["ahead_seconds"]
    return ahead


def events_of(world: World) -> int:
    total: int = HTTP.get(f"{world.collector}/micro/all").json()["total"]
    return total


def services_of(world: World) -> list[str]:
    return [each["name"] for each in world.api("GET", "registry/services/").json()]


def test_definitions_are_on_the_disk_at_once(
    disk: Disk, never_by_itself: None, world: World, after_a_cut: Callable[[World], World]
) -> None:
    world.signals.publish(DEFINITIONS)
    assert services_of(after_a_cut(world)) == services_of(world) != []


def test_deleted_definitions_are_gone_from_the_disk_at_once(
    disk: Disk, never_by_itself: None, world: World, after_a_cut: Callable[[World], World]
) -> None:
    world.signals.publish(DEFINITIONS)
    for definition in reversed(DEFINITIONS):
        world.signals.unpublish([definition])
        world.signals.delete([definition])
    assert services_of(after_a_cut(world)) == []


def test_moved_clock_is_on_the_disk_at_once(
    disk: Disk, never_by_itself: None, world: World, after_a_cut: Callable[[World], World]
) -> None:
    HTTP.post(f"{world.collector}/clock", json={"seconds": 60})
    assert clock_of(after_a_cut(world)) == 60


@pytest.mark.parametrize("path", ["reset", "micro/reset", "reset?user_id={user}"])
def test_reset_is_on_the_disk_at_once(
    disk: Disk,
    never_by_itself: None,
    world: World,
    after_a_cut: Callable[[World], World],
    path: str,
) -> None:
    user = new_id()
    world.post(seen(user))
    HTTP.post(f"{world.collector}/{path.format(user=user)}")
    assert events_of(after_a_cut(world)) == 0


def test_events_are_on_the_disk_soon(
    disk: Disk, often: None, world: World, after_a_cut: Callable[[World], World]
) -> None:
    world.signals.publish(DEFINITIONS)
    user = new_id()
    synced = disk.syncs
    world.post(seen(user), seen(user))
    assert eventually(lambda: disk.syncs > synced)
    after = after_a_cut(world)
    assert (events_of(after), after.read("user_id", user)["count"]) == (2, [2])


def test_nothing_is_synced_where_nothing_was_written(
    disk: Disk, often: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post(seen(None))
    assert eventually(lambda: disk.syncs > 0)
    looked = []
    check = database_file.DatabaseFile.check
    monkeypatch.setattr(
        database_file.DatabaseFile, "check", lambda self: looked.append(None) or check(self)
    )
    synced = disk.syncs
    assert eventually(lambda: len(looked) > 3)
    assert disk.syncs == synced


def test_server_that_stops_has_everything_on_the_disk(
    disk: Disk, never_by_itself: None, server: EmbeddedServer, after_a_cut: Callable[[World], World]
) -> None:
    world = World(server.url)
    world.post(seen(None))
    server.stop()
    assert events_of(after_a_cut(world)) == 1


def test_disk_that_cannot_be_written_is_reported_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(log: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    store = Store(tmp_path / "sandbox.db")
    with monkeypatch.context() as patched:
        patched.setattr(database_file, "sync_file", broken)
        with pytest.raises(sqlite3.OperationalError), store.transaction():
            store.sandbox_id("a")
    with pytest.raises(sqlite3.OperationalError) as refusal, store.transaction():
        pass
    assert str(refusal.value) == (
        "sandbox.db-wal cannot be written to the disk: Input/output error. What was stored since is"
        " lost. Restart the sandbox."
    )
    store.close()


def test_database_in_memory_has_no_file_to_look_after() -> None:
    store = Store(":memory:")
    with store.transaction():
        store.sandbox_id("a")
    store.file.written()
    store.file.keep()
    store.close()


# A file that somebody deletes or replaces


def deleted(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.with_suffix(".copy").replace(file)


def emptied_anew(file: Path) -> None:
    file.unlink()
    file.touch()


WAYS = [deleted, replaced, emptied_anew]
TROUBLE = "{} was deleted or replaced while it was in use. What was stored since is lost."


@pytest.mark.parametrize("name", ["sandbox.db", "sandbox.db-wal"])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_acknowledged_once_a_file_is_gone(
    tmp_path: Path,
    never_by_itself: None,
    world: World,
    name: str,
    way: Callable[[Path], None],
) -> None:
    world.signals.publish(DEFINITIONS)
    way(tmp_path / name)
    answer = HTTP.post(world.collector + TP2, json={"schema": PAYLOAD, "data": [seen(None)]})
    reason = f"{TROUBLE.format(name)} Restart the sandbox."
    detail = f"The sandbox cannot use its database: {reason}. Nothing was stored."
    assert (answer.status_code, answer.json()) == (503, {"detail": detail})
    for method, path in (
        ("GET", "registry/services/"),
        ("POST", "engines/publish"),
        ("GET", "interventions?user_id=a"),
    ):
        assert world.api(method, path, {}).status_code == 503


@pytest.mark.parametrize("name", ["sandbox.db", "sandbox.db-wal"])
def test_missing_file_is_noticed_without_a_request_and_reported(
    tmp_path: Path,
    often: None,
    server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    world = World(server.url)
    world.post(seen(None))
    assert (server.trouble, HTTP.get(f"{server.url}/health").status_code) == ("", 200)
    (tmp_path / name).unlink()
    assert eventually(lambda: server.trouble != "")
    assert server.trouble.startswith(TROUBLE.format(name))
    assert HTTP.get(f"{server.url}/health").status_code == 503
    said = f"The sandbox cannot use its database: {server.trouble}"
    assert eventually(lambda: said in caplog.messages)
    assert [each.getMessage() for each in caplog.records if each.name.startswith("lib")] == [said]


def a_file_instead(folder: Path) -> None:
    folder.touch()


def a_link_to_itself_instead(folder: Path) -> None:
    folder.symlink_to(folder)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (a_file_instead, "Not a directory"),
        (a_link_to_itself_instead, "Too many levels of symbolic links"),
    ],
)
def test_file_that_cannot_be_looked_for_is_noticed_and_reported(
    tmp_path: Path, often: None, way: Callable[[Path], None], reason: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    server = EmbeddedServer(folder / "sandbox.db", HandClock())
    world = World(server.url)
    world.post(seen(None))
    folder.rename(tmp_path / "moved")
    way(folder)
    assert eventually(lambda: server.trouble != "")
    assert server.trouble.startswith(f"sandbox.db can no longer be found: {reason}. What was")
    answer = HTTP.post(world.collector + TP2, json={"schema": PAYLOAD, "data": [seen(None)]})
    assert (answer.status_code, list(answer.json())) == (503, ["detail"])
    server.stop()


def test_writes_of_two_processes_are_no_fault(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "sandbox.db"), LimitedStore(tmp_path / "sandbox.db", Limits())]
    for each in stores * 2:
        with each.transaction():
            each.add_sandbox(each.sandbox_id(token := new_id()), token)
    for each in stores:
        each.file.keep()
        each.close()


def test_process_of_its_own_notices_that_its_file_is_gone(
    tmp_path: Path, start_process: Callable[..., SandboxProcess]
) -> None:
    process = start_process()
    HTTP.post(process.collector + TP2, json={"schema": PAYLOAD, "data": [seen(None)]})
    (tmp_path / "sandbox.db").unlink()
    assert eventually(lambda: HTTP.get(f"{process.signals}/health").status_code == 503)
