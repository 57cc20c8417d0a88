"""How many files may still be open, and what visitors are told when there are hardly any left."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest

from lib.ui.open_files import ENOUGH, files_left
from tests.support.app_server import Server
from tests.support.sessions import BrowserSession

PRINT_LIMIT = """
import resource
from lib.ui.open_files import raise_limit
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
# Files and visitors. The larger ones are for make soak.
CROWDS = [(256, 60), (1_024, 200)] if "SOAK_MINUTES" in os.environ else [(128, 25)]


def limit_after_raising(ulimit: str) -> int:
    """The limit of a process that was started with this one and raised it."""
    command = ["sh", "-c", f'ulimit {ulimit}; exec "$@"', "sh", sys.executable, "-c", PRINT_LIMIT]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_each_open_file_is_one_less() -> None:
    before = files_left()
    with ExitStack() as files:
        for _ in range(5):
            files.enter_context(Path(os.devnull).open())
        assert files_left() == before - 5
    assert files_left() == before


def test_the_limit_is_raised_as_far_as_the_process_may() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    assert limit_after_raising("-S -n 256") == most


def test_a_limit_that_cannot_be_raised_stays() -> None:
    assert limit_after_raising("-n 200") == 200


@pytest.fixture(params=CROWDS, ids=str)
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, int]]:
    """A server that may open few files, and how many visitors come to it."""
    files, visitors = request.param
    server = Server(tmp_path / "sandbox.db", files)
    yield server, visitors
    server.kill()


def is_told(answer: httpx.Response) -> bool:
    """Whether the answer is the page that says that the app is full."""
    is_full = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    return is_full and "<h1>This app is full</h1>" in answer.text


def has_one_task_done(session: BrowserSession) -> bool:
    return any(each.startswith("**Done** :gray-badge[1]") for each in session.texts())


def test_every_visitor_gets_in_or_sees_that_the_app_is_full(
    crowded: tuple[Server, int],
) -> None:
    server, visitors = crowded
    with ExitStack() as tabs:
        inside, answers = [], []
        for _ in range(visitors):
            answers.append(httpx.get(server.url, trust_env=False))
            if answers[-1].status_code == httpx.codes.OK:
                inside.append(tabs.enter_context(BrowserSession.open(server.url)))
                inside[-1].wait_for(lambda: "complete_task" in inside[-1].buttons())
        for session in inside:
            session.click("complete_task")
            session.wait_for(partial(has_one_task_done, session))

    told = [answer for answer in answers if is_told(answer)]
    assert len(inside) + len(told) == visitors
    assert inside and told
    assert {answer.headers["Retry-After"] for answer in told} == {"20"}
    assert "Too many open files" not in server.log.read_text()
