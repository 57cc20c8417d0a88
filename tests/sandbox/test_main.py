"""`python -m lib.sandbox`: what it says when it cannot start, what it runs on, and how it ends."""

import asyncio
import errno
import gc
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.sandbox import __main__ as main_module
from lib.sandbox.server.serving import listening_socket
from tests.support.sandbox import HTTP, SandboxProcess


def run(*options: str) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    command = [sys.executable, "-W", "error", "-m", "lib.sandbox", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


def test_health_answers_once_the_addresses_are_printed(
    start_process: Callable[..., SandboxProcess],
) -> None:
    answer = HTTP.get(f"{start_process().signals}/health")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    database = tmp_path / "missing" / "sandbox.db"
    assert run("--port", "0", "--db", str(database)) == (
        1,
        f"Cannot use the database {database}: unable to open database file\n",
    )


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run("--port", str(port))
    # What follows is the operating system's, and Python's versions word it differently.
    start = f"Cannot listen on 127.0.0.1:{port}: [Errno {errno.EADDRINUSE}] "
    assert (code, said[: len(start)], said.count("\n")) == (1, start, 1)


def test_interrupt_ends_it_quietly(start_process: Callable[..., SandboxProcess]) -> None:
    sandbox = start_process()
    sandbox.process.send_signal(signal.SIGINT)
    assert sandbox.process.wait(10) == 0


def test_answer_on_a_kept_connection_does_not_wait_for_the_client(
    start_process: Callable[..., SandboxProcess],
) -> None:
    url = f"{start_process().signals}/health"
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
