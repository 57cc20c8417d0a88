"""Runs the app as Streamlit Community Cloud does, on every supported Python: `make cloud`.

For each version on this machine it creates a virtual environment with `requirements.txt` alone, and
starts the app from a read-only copy of the files that git tracks, with an empty home folder and no
settings. A session then plays through the story and opens each page, and the check measures memory.
It reports which versions it ran on, and fails if one of them failed or none ran. It does without
Community Cloud's proxy and container, and only knows the least memory that the container has.

It runs in the tests' environment, at the project's root: `PYTHONPATH=. python .ci/cloud.py`.
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

from lib.demo.demo_profile import DemoProfile
from lib.snowplow.definitions import Plan
from tests.support.person import counted
from tests.support.processes import running
from tests.support.servers import free_port
from tests.support.sessions import BrowserSession

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PAGES = ["/" if page.stem == "board" else f"/{page.stem}" for page in ROOT.glob("pages/*.py")]
TASKS = Plan(owner="", vendor="").threshold
SESSIONS = 20
MEMORY_MB = 690.0  # of the smallest container
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 30.0
WRONG = re.compile(r"Traceback|error|exception|warning", re.IGNORECASE)
LOG_LINES = 30
TELL_VERSION = "import sys, venv, ensurepip; print('{}.{}.{}'.format(*sys.version_info))"


class CloudError(Exception):
    """The app does not run properly there."""


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
    """Memory of the app's process in MB (of 1,000,000 bytes): after the story with no session open,
    and with many people on the board."""

    at_rest: float
    crowded: float


def main() -> int:
    """Returns the exit code: 1 if a version failed, or none ran."""
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
    """The first usable interpreter: on PATH, among pyenv's, or the one that runs this."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = [Path(folder) / name for folder in os.get_exec_path()]
    of_pyenv = sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True)
    for path in (*on_path, *of_pyenv, Path(sys.executable)):
        if (told := _version(path)).startswith(f"{version}."):
            return Python(path, told)
    return None


def _version(path: Path) -> str:
    """An interpreter's version; "" if it is missing, broken or cannot create environments."""
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(
            [path, "-c", TELL_VERSION], capture_output=True, text=True, timeout=LOOK_SECONDS
        ).stdout.strip()
    return ""


# One version


def ran(python: Python) -> bool:
    """Runs the app on one version and prints the result. Returns whether it passed."""
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
    """Runs every check on one version. Raises `CloudError`, or whatever a session raises."""
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
    """Creates an environment with what Community Cloud installs, and checks for conflicts."""
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
    """Copies the files that git tracks, in their current state, to a read-only folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # it may be deleted, but not committed yet
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, project / name)
    for path in (project, *project.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def bound() -> list[str]:
    """The prefix of a command that makes file permissions apply to it, even when run as root."""
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
            "the app's folder can be written to, so the check proves nothing about a read-only one;"
            f" do not run it as root, or install setpriv. {tried.stderr}"
        )


@contextmanager
def served(
    environment: Path, project: Path, folder: Path, log: Path
) -> Iterator[tuple[str, psutil.Process]]:
    """The app, running without this process's environment variables."""
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
        "browser.serverAddress": "localhost",  # else it looks up its own on the internet
    }
    command = ["run", "app.py", *(f"--{name}={value}" for name, value in options.items())]
    url = f"http://localhost:{port}"
    with running(command, f"{url}/_stcore/health", project, log, program) as app:
        yield url, app


# The story


def walk(url: str) -> None:
    """Publishes, completes tasks until the nudge shows, and opens each page as the same user."""
    with tab(url) as board:
        board.wait_for(lambda: "publish" in board.buttons(), PATIENCE_SECONDS)
        board.click("publish")
        board.wait_for(lambda: "publish" not in board.buttons(), PATIENCE_SECONDS)
        for number in range(1, TASKS + 1):
            if DemoProfile.button in board.texts():
                raise CloudError(f"the nudge shows before task {number}")
            board.click("complete_task")
            board.wait_for(partial(has_counted, number, board), PATIENCE_SECONDS)
        board.wait_for(lambda: DemoProfile.button in board.texts(), PATIENCE_SECONDS)
    headings = Counter(heading(url, path, board.query) for path in PAGES)
    if len(headings) != len(PAGES):
        raise CloudError(f"two pages are the same: {headings}")


def has_counted(number: int, board: BrowserSession) -> bool:
    return counted(board) == number


def heading(url: str, path: str, query: str) -> str:
    """The first heading on a page, once the page is complete."""
    with tab(url, path, query) as page:
        return str(page.elements("heading")[0].body)


@contextmanager
def tab(url: str, path: str = "/", query: str = "") -> Iterator[BrowserSession]:
    """An open tab. Raises `CloudError` if its page shows an exception at the start or the end."""
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
    """Memory with many people on the board, each in their own world."""
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
    """The lines of the app's log, if it has started one."""
    return log.read_text(errors="replace").splitlines() if log.exists() else []


if __name__ == "__main__":
    sys.exit(main())
