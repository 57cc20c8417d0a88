"""One isolated sandbox process for each file, so that a hang or a crash is the server's alone."""

from collections.abc import Iterator

import pytest

from tests.support import wire
from tests.support.known import Known
from tests.support.sandbox import SandboxProcess
from tests.support.size import FULL


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A server whose log stays empty: what it logs is an exception that no answer told of."""
    folder = tmp_path_factory.mktemp("fuzz")
    log = folder / "log"
    with log.open("w") as said:
        process = SandboxProcess(folder / "sandbox.db", "--isolated", said=said)
        yield process
        process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="module")
def known(sandbox: SandboxProcess) -> Known:
    """A sandbox of that server that nothing should be able to disturb."""
    return Known(sandbox.signals)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many requests were made, where one process makes them all (`make fuzz`)."""
    if FULL:
        terminalreporter.write_line(f"Fuzz requests: {wire.REQUESTS}")
