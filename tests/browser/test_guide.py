"""The guide, walked through by doing what it says, each step on its own page."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.support.app import AppPage
from tests.support.app_server import Server
from tests.support.waiting import PROGRAM_SECONDS

OpenWindow = Callable[..., AppPage]


def progress(window: AppPage, done: int) -> None:
    """The guide's own page says how many steps are done."""
    bar = window.page.get_by_test_id("stMain").get_by_text(f"{done} of 10 steps done")
    expect(bar).to_be_visible()


def step(window: AppPage, key: str) -> Locator:
    return window.page.locator(f"[class*='st-key-step_{key}_']")


def check_fails(window: AppPage, key: str) -> None:
    """The step is not done, and its check says what to do."""
    window.button(f"check_{key}").click()
    expect(step(window, key).get_by_test_id("stAlert")).to_be_visible()
    expect(window.button(f"do_{key}")).to_be_visible()


def publish(other: AppPage) -> None:
    other.button("publish").click()


def be_nudged(other: AppPage) -> None:
    other.complete(3, 4, 5)
    expect(other.nudge).to_be_visible()


def accept(other: AppPage) -> None:
    other.button("accept_nudge").click()


def preview(other: AppPage) -> None:
    other.go("/definitions", user=other.user).button("preview").click()
    expect(other.page.get_by_role("heading", name="Preview")).to_be_visible()


def personalize(other: AppPage) -> None:
    other.go("/", user=other.user).keyed("personalized").get_by_text("Personalized").click()


def ask(other: AppPage) -> None:
    other.go("/assistant", user=other.user).button("ask_1").click()


def break_event(other: AppPage) -> None:
    other.go("/events", user=other.user).button("broken_wrong_enum").click()


def fix_event(other: AppPage) -> None:
    other.go("/", user=other.user).complete(6)


# Each step, and what somebody does about it in another window.
STEPS: dict[str, Callable[[AppPage], object]] = {
    "publish": publish,
    "track": lambda other: other.complete(1),
    "watch": lambda other: other.complete(2),
    "nudge": be_nudged,
    "act": accept,
    "define": preview,
    "personalize": personalize,
    "ask": ask,
    "break": break_event,
    "fix": fix_event,
}


def test_following_the_guide_leads_to_its_end(window: OpenWindow, own_server: Server) -> None:
    guide = window(own_server.url).go("/guide")
    progress(guide, 0)
    other = window(own_server.url).go("/", user=guide.user)

    for done, (key, do) in enumerate(STEPS.items(), start=1):
        check_fails(guide, key)
        do(other)
        progress(guide, done)

    expect(guide.page.get_by_text("That is the whole loop")).to_be_visible()
    with guide.page.expect_download() as download:
        guide.button("take_home").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        script = archive.read("take-home/sandbox.py").decode()
    assert re.search(r"^project_engagement = StreamAttributeGroup", script, re.MULTILINE)
    done_by_script = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PROGRAM_SECONDS
    )
    assert done_by_script.stdout.splitlines()[-1:] == ["Nudged"], done_by_script.stderr
