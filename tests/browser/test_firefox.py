"""The story in Firefox, by an address that is IPv4, where visitors come as IPv4-mapped ones."""

from collections.abc import Iterator

import pytest

from tests.support.app_server import Server
from tests.support.firefox import HOW, Window, firefox, has_firefox

pytestmark = pytest.mark.skipif(not has_firefox(), reason=f"There is no Firefox: {HOW}.")

RAN = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    with firefox(tmp_path_factory.mktemp("firefox"), 1440, 900) as window:
        yield window


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app that listens on all addresses, as a plain `streamlit run` does."""
    server = Server(tmp_path_factory.mktemp("app") / "sandbox.db", address=None)
    yield f"http://127.0.0.1:{server.port}"
    server.kill()


def test_fifth_task_brings_the_nudge(window: Window, everywhere: str) -> None:
    window.go(everywhere)
    window.click(".st-key-publish button")
    window.wait(".st-key-values", "0 of 5")
    for done in range(1, 5):
        window.click(f"{RAN} .st-key-complete_task button")
        window.wait(".st-key-values", f"{done} of 5")
    assert not window.sees(".st-key-nudge")
    window.click(f"{RAN} .st-key-complete_task button")
    window.wait(".st-key-nudge", "Invite a teammate")


def test_visitor_on_this_machine_may_present_over_ipv4(window: Window, everywhere: str) -> None:
    window.go(f"{everywhere}/presenter")
    window.wait("h2", "How others join")
