"""Programs in processes of their own, and what they use."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
import psutil

from tests.support.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120.0
STOP_SECONDS = 10.0


@contextmanager
def running(
    command: Sequence[str],
    health: str,
    folder: Path = ROOT,
    log: Path | None = None,
    program: Sequence[str] = (sys.executable,),
    **environment: str,
) -> Iterator[psutil.Process]:
    """A program, by default of this Python, once `health` answers and until the block ends.

    Its output goes to the file `log`, else where this process's errors go. Raises `RuntimeError`
    if it does not answer.
    """
    with log.open("ab") if log else nullcontext(sys.stderr) as output:
        process = subprocess.Popen(
            [*program, *command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_it_answers(process, health)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", health: str) -> None:
    def answers() -> bool:
        try:
            return httpx.get(health).is_success
        except httpx.TransportError:
            return False

    def is_over() -> bool:
        return process.poll() is not None

    if not eventually(lambda: is_over() or answers(), START_SECONDS) or is_over():
        raise RuntimeError(f"{process.args} does not answer on {health}")


def cpu_seconds(process: psutil.Process) -> float:
    """How much of a core a process has used since it began, in seconds."""
    used = process.cpu_times()
    return used.user + used.system


def memory_mb(process: psutil.Process) -> float:
    """The memory that only this process holds, in MB (of 1,000,000 bytes)."""
    return process.memory_full_info().uss / 1e6
