"""Runs the app as Streamlit Community Cloud does, on every Python that it supports: `make cloud`.

For each that is on this machine: a new virtual environment with `requirements.txt` alone, the files
that git tracks in a folder that cannot be written to, an empty home and no settings. A session then
goes through the story and opens each page, and memory is measured. It says which versions ran, and
fails if one of those failed or none ran. Community Cloud's proxy and its container are left out; of
the container there is only the memory that it has at least.

It is run in the tests' environment, at the project's root: `PYTHONPATH=. python .ci/cloud.py`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from benchmarks.processes import running
from lib.snowplow.definitions import Plan
from tests.support.person import counted
from tests.support.servers import free_port
from tests.support.sessions import BrowserSession

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PAGES = ["/" if page.stem == "board" else f"/{page.stem}" for page in ROOT.glob("pages/*.py")]
TASKS = Plan(owner="", vendor="").threshold
CALL_TO_ACTION = "Invite a teammate"
SESSIONS = 20
MEMORY_MB = 690.0  # of the smallest container
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 30.0
WRONG = re.compile(r"Traceback|error|exception|warning", re.IGNORECASE)
LOG_LINES = 30
TELL_VERSION = "import sys, venv, ensurepip; print('{}.{}.{}'.format(*sys.version_info))"


class CloudError(Exception):
    """The app does not run there as it should."""


# Ours, and what installing, serving and the sessions raise.
FAILURES = (
    CloudError,
    OSError,
    LookupError,
    RuntimeError,
    psutil.Error,
    subprocess.CalledProcessError,
)


@dataclass(frozen=True)
class Python:
    """An interpreter that can make virtual environments."""

    path: Path
    version: str


@dataclass(frozen=True)
class Memory:
    """What the app's process holds after the story with nobody there, and with many on the board,
    in MB (of 1,000,000 bytes)."""

    at_rest: float
    crowded: float


def main() -> int:
    """Returns the exit code: 1 if a version that ran failed, or none ran."""
    passed = {}
    for version in VERSIONS:
        python = found(version)
        if python is None:
            print(f"Python {version}: NOT RUN, no usable one is on this machine.", flush=True)
        else:
            passed[version] = ran(python)
    not_run = [version for version in VERSIONS if version not in passed]
    print(
        f"cloud: ran on {', '.join(passed) or 'no version'};"
        f" not run on {', '.join(not_run) or 'none'}; {list(passed.values()).count(False)} failed."
    )
    return 0 if passed and all(passed.values()) else 1


# Interpreters


def found(version: str) -> Python | None:
    """The first usable one on PATH, among pyenv's, or the one that this runs on."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = [Path(folder) / name for folder in os.get_exec_path()]
    of_pyenv = sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True)
    for path in (*on_path, *of_pyenv, Path(sys.executable)):
        if (told := _version(path)).startswith(f"{version}."):
            return Python(path, told)
    return None


def _version(path: Path) -> str:
    """Of an interpreter, or "" if it is not there, does not run, or cannot make environments."""
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(
            [path, "-c", TELL_VERSION], capture_output=True, text=True, timeout=LOOK_SECONDS
        ).stdout.strip()
    return ""


# One version


def ran(python: Python) -> bool:
    """Run the app on one version and say what came of it. Whether all was as it should be."""
    print(f"Python {python.version} ({python.path}):", flush=True)
    with tempfile.TemporaryDirectory(prefix="cloud-") as name:
        folder = Path(name)
        log = folder / "app.log"
        try:
            memory = measured(python, folder, log)
        except FAILURES as error:
            print(f"  FAILED: {error or type(error).__name__}")
            for line in logged(log)[-LOG_LINES:]:
                print(f"  | {line}")
            return False
    print(
        f"  published, {TASKS} tasks counted, nudged, {len(PAGES)} pages without an exception\n"
        f"  memory: {memory.at_rest:.0f} MB at rest, {memory.crowded:.0f} MB with"
        f" {SESSIONS} sessions on the board (the container has {MEMORY_MB:.0f} MB)",
        flush=True,
    )
    return True


def measured(python: Python, folder: Path, log: Path) -> Memory:
    """Everything that is checked on one version. Raises `CloudError`, or what a session raises."""
    environment, project = folder / "environment", folder / "project"
    install(python, environment)
    copy(project)
    expect_no_writing(environment, project)
    with served(environment, project, folder, log) as (url, app):
        walk(url)
        memory = Memory(megabytes(app), crowded_megabytes(url, app))
    expect_quiet(log)
    if memory.crowded > MEMORY_MB:
        raise CloudError(f"it needs {memory.crowded:.0f} MB, more than {MEMORY_MB:.0f} MB")
    return memory


def install(python: Python, environment: Path) -> None:
    """A new environment with what Community Cloud installs, whose packages fit each other."""
    pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    for command in (
        [python.path, "-m", "venv", environment],
        [*pip, "install", "-qq", "--requirement", ROOT / "requirements.txt"],
        [*pip, "check"],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise CloudError(f"{' '.join(map(str, command))}: {done.stderr}{done.stdout}")


def copy(project: Path) -> None:
    """The files that git tracks, as they are now, in a folder that cannot be written to."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # it may be deleted, and that not committed
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, project / name)
    for path in (project, *project.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def bound() -> list[str]:
    """What is put before a command so that permissions bind it, as they do not bind root."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() or setpriv is None:
        return []
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


def expect_no_writing(environment: Path, project: Path) -> None:
    python = environment / "bin" / "python"
    command = [*bound(), python, "-c", "open('written', 'w')"]
    tried = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if "PermissionError" not in tried.stderr:
        raise CloudError(
            "the app's folder can be written to, so this says nothing of one that cannot be;"
            f" do not run it as root, or install setpriv. {tried.stderr}"
        )


@contextmanager
def served(
    environment: Path, project: Path, folder: Path, log: Path
) -> Iterator[tuple[str, psutil.Process]]:
    """The app, with none of this process's environment."""
    variables = {
        "PATH": f"{environment / 'bin'}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": folder / "home",
        "TMPDIR": folder / "temporary",
    }
    for name in ("HOME", "TMPDIR"):
        Path(variables[name]).mkdir()
    alone = ["env", "-i", *(f"{name}={value}" for name, value in variables.items())]
    program = [*alone, *bound(), str(environment / "bin" / "streamlit")]
    port = free_port()
    options = {
        "server.port": port,
        "server.headless": "true",
        "browser.serverAddress": "localhost",  # else it asks the internet for its own
    }
    command = ["run", "app.py", *(f"--{name}={value}" for name, value in options.items())]
    url = f"http://localhost:{port}"
    with running(command, f"{url}/_stcore/health", project, log, program) as app:
        yield url, app


# The story


def walk(url: str) -> None:
    """Publish, complete tasks until the nudge shows, and open each page as the same user."""
    with tab(url) as board:
        board.wait_for(lambda: "publish" in board.buttons(), PATIENCE_SECONDS)
        board.click("publish")
        board.wait_for(lambda: "publish" not in board.buttons(), PATIENCE_SECONDS)
        for number in range(1, TASKS + 1):
            if CALL_TO_ACTION in board.texts():
                raise CloudError(f"the nudge shows before task {number}")
            board.click("complete_task")
            board.wait_for(partial(has_counted, number, board), PATIENCE_SECONDS)
        board.wait_for(lambda: CALL_TO_ACTION in board.texts(), PATIENCE_SECONDS)
    headings = Counter(heading(url, path, board.query) for path in PAGES)
    if len(headings) != len(PAGES):
        raise CloudError(f"two pages are the same: {headings}")


def has_counted(number: int, board: BrowserSession) -> bool:
    return counted(board) == number


def heading(url: str, path: str, query: str) -> str:
    """The first one on a page, once the whole page is there."""
    with tab(url, path, query) as page:
        return str(page.elements("heading")[0].body)


@contextmanager
def tab(url: str, path: str = "/", query: str = "") -> Iterator[BrowserSession]:
    """An open tab. Raises `CloudError` if there is an exception on its page, early or late."""
    with BrowserSession.open(url, path=path, query=query) as session:
        session.wait_until_run(PATIENCE_SECONDS)
        expect_no_exception(session, path)
        session.wait_for(lambda: "new_user" in session.buttons(), PATIENCE_SECONDS)
        yield session
        expect_no_exception(session, path)


def expect_no_exception(session: BrowserSession, path: str) -> None:
    if session.exceptions:
        raise CloudError(f"an exception on {path}: {session.exceptions}")


def megabytes(app: psutil.Process) -> float:
    return float(app.memory_info().rss) / 1e6


def crowded_megabytes(url: str, app: psutil.Process) -> float:
    """With many people on the board, each in a world of their own."""
    with ExitStack() as tabs:
        for _ in range(SESSIONS):
            session = tabs.enter_context(tab(url))
            session.wait_for(partial(can_complete, session), PATIENCE_SECONDS)
        return megabytes(app)


def can_complete(board: BrowserSession) -> bool:
    return "complete_task" in board.buttons()


def expect_quiet(log: Path) -> None:
    if wrong := [line for line in logged(log) if WRONG.search(line)]:
        raise CloudError(f"the log has {wrong}")


def logged(log: Path) -> list[str]:
    """What the app has said, if it got as far as that."""
    return log.read_text(errors="replace").splitlines() if log.exists() else []


if __name__ == "__main__":
    sys.exit(main())
