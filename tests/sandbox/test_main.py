"""`python -m lib.sandbox`: what it prints, which names and limits it has, and how it ends."""

import asyncio
import errno
import gc
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from starlette.testclient import TestClient

from lib.sandbox import __main__ as main_module
from lib.sandbox.limits import Limits
from lib.sandbox.server.serving import listening_socket
from tests.support.sandbox import HTTP, SandboxProcess, World, attribute, group, service
from tests.support.waiting import PATIENCE_SECONDS

OURS = "This server answers only to 127.0.0.1, [::1], localhost."
COUNT = group(attribute("count", "counter"))
DEFINITIONS = [COUNT, service(COUNT)]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the program; gives its exit code and what it printed to standard error."""

    def run_with(*options: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["lib.sandbox", *options])
        monkeypatch.setattr(main_module, "show_warnings", lambda: None)  # of the whole process
        return main_module.main(), capsys.readouterr().err

    return run_with


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox without options, for all tests that leave it as it is."""
    process = SandboxProcess(tmp_path_factory.mktemp("running") / "sandbox.db")
    yield process
    process.kill()


def test_server_answers_once_it_has_printed_its_addresses(running: SandboxProcess) -> None:
    answer = HTTP.get(f"{running.signals}/health")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_database_that_cannot_be_opened_is_named(
    run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    database = tmp_path / "missing" / "sandbox.db"
    assert run("--port", "0", "--db", str(database)) == (
        1,
        f"Cannot use the database {database}: unable to open database file\n",
    )


def test_port_that_is_taken_is_named(run: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run("--port", str(port))
    # What follows is the operating system's, and Python's versions word it differently.
    start = f"Cannot listen on 127.0.0.1:{port}: [Errno {errno.EADDRINUSE}] "
    assert (code, said[: len(start)], said.count("\n")) == (1, start, 1)


def test_interrupt_ends_it_without_a_traceback(
    start_process: Callable[..., SandboxProcess],
) -> None:
    sandbox = start_process()
    sandbox.process.send_signal(signal.SIGINT)
    assert sandbox.process.wait(PATIENCE_SECONDS) == 0


def test_answer_on_a_kept_connection_does_not_wait_for_the_client(running: SandboxProcess) -> None:
    url = f"{running.signals}/health"
    took = (HTTP.get(url).elapsed.total_seconds() for _ in range(500))
    # Nagle's algorithm and a delayed acknowledgement would hold each of them for 0.04 seconds.
    assert any(seconds < 0.03 for seconds in took)


def loop_and_frozen(monkeypatch: pytest.MonkeyPatch, database: Path) -> tuple[str, int]:
    """The module of the event loop that it serves on, and how many objects are then frozen."""
    found: list[tuple[str, int]] = []

    async def look(*_: object) -> None:
        module = type(asyncio.get_running_loop()).__module__
        found.append((module.partition(".")[0], gc.get_freeze_count()))

    monkeypatch.setattr(main_module, "serve_on_loop", look)
    options = main_module.parser().parse_args([])
    try:
        with listening_socket("127.0.0.1", 0) as listening:
            main_module.serve(listening, options, database)
    finally:
        gc.unfreeze()
    return found[0]


def test_serves_on_uvloop_where_it_is_installed_with_the_imports_frozen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("uvloop", reason="not made for Windows")
    loop, frozen = loop_and_frozen(monkeypatch, tmp_path / "sandbox.db")
    assert loop == "uvloop"
    assert frozen > 10_000


def test_serves_on_asyncios_own_loop_where_uvloop_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop, _ = loop_and_frozen(monkeypatch, tmp_path / "sandbox.db")
    assert loop == "asyncio"


# Names


def test_standalone_server_answers_to_no_other_host_name(running: SandboxProcess) -> None:
    answer = HTTP.get(f"{running.signals}/health", headers={"Host": "evil.example"})
    detail = f"The request names the host 'evil.example'. {OURS}"
    assert (answer.status_code, answer.json()) == (421, {"detail": detail})


@pytest.mark.parametrize("host", ["127.0.0.2:8085", "demo.internal:8085", "localhost:8085"])
def test_standalone_server_answers_to_the_host_that_it_was_given(tmp_path: Path, host: str) -> None:
    options = main_module.parser().parse_args(["--host", "demo.internal"])
    app = main_module.app_for(options, "127.0.0.2", tmp_path / "sandbox.db")
    with TestClient(app, base_url=f"http://{host}") as client:
        assert client.get("/health").text == "ok"
    app.state.sandboxes.store.close()


def said_and_answered(*options: str) -> tuple[str, int]:
    """The warning of a server that others can reach, and its status for any host name."""
    command = [sys.executable, "-W", "error", "-m", "lib.sandbox", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        assert process.stdout is not None and process.stderr is not None
        port = httpx.URL(process.stdout.readline().split()[-1].split("/sandbox/")[0]).port
        name = {"Host": "sandbox.example"}
        answer = HTTP.get(f"http://127.0.0.1:{port}/health", headers=name)
        return process.stderr.readline(), answer.status_code
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def test_reachable_server_prints_a_warning() -> None:
    assert said_and_answered("--host", "0.0.0.0") == (
        "Warning: anyone who can reach 0.0.0.0 can read and write everything here. There is no TLS"
        " and no sign-in; --isolated gives each token its own sandbox.\n",
        200,
    )


def test_reachable_isolated_server_prints_a_warning() -> None:
    assert said_and_answered("--host", "0.0.0.0", "--isolated") == (
        "Warning: anyone who can reach 0.0.0.0 can make sandboxes, and use one whose token they"
        " know. There is no TLS: tokens can be read in transit.\n",
        200,
    )


# Sandboxes


def test_standalone_server_accepts_any_bearer_for_its_only_sandbox(running: SandboxProcess) -> None:
    tokens = ["any", jwt.encode({"exp": 0}, "a secret of thirty-two characters")]
    World(running.signals, tokens[0]).signals.publish(DEFINITIONS)
    worlds = [World(running.signals, token) for token in tokens]
    listed = [world.api("GET", "registry/attribute_groups/").json() for world in worlds]
    assert [each["name"] for each in listed[1]] == ["things"] and listed[0] == listed[1]


def test_standalone_server_needs_a_bearer_too(running: SandboxProcess) -> None:
    answer = HTTP.get(f"{running.signals}/api/v1/registry/services/")
    assert (answer.status_code, answer.json()) == (
        401,
        {"detail": "Not authenticated: send 'Authorization: Bearer <token>'."},
    )


def test_standalone_server_can_be_isolated(start_process: Any) -> None:
    process = start_process("--isolated")
    assert process.collector == f"{process.signals}/sandbox/<token>"
    worlds = World(process.signals), World(process.signals)
    worlds[0].signals.publish(DEFINITIONS)
    names = [
        [each["name"] for each in world.api("GET", "registry/services/").json()] for world in worlds
    ]
    assert names == [["everything"], []]


# Limits


@pytest.mark.parametrize(("bound", "is_reachable"), [("127.0.0.1", False), ("192.0.2.1", True)])
@pytest.mark.parametrize(
    ("options", "is_limited"), [([], False), (["--limits"], True), (["--isolated"], True)]
)
def test_shared_server_is_limited_and_each_address_too_if_it_is_reachable(
    tmp_path: Path, bound: str, is_reachable: bool, options: list[str], is_limited: bool
) -> None:
    expected = Limits(per_address=is_reachable) if is_limited else None
    app = main_module.app_for(
        main_module.parser().parse_args(options), bound, tmp_path / "sandbox.db"
    )
    assert app.state.sandboxes.limits == expected
    app.state.sandboxes.store.close()
