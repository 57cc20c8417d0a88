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


def test_whoever_does_what_the_guide_says_comes_to_its_end(
    window: OpenWindow, own_server: Server
) -> None:
    guide = window(own_server.url).go("/guide")
    progress(guide, 0)
    other = window(own_server.url).go("/", user=guide.user)

    check_fails(guide, "publish")
    other.button("publish").click()
    progress(guide, 1)

    check_fails(guide, "track")
    other.complete(1)
    progress(guide, 2)

    check_fails(guide, "watch")
    other.complete(2)
    progress(guide, 3)

    check_fails(guide, "nudge")
    other.complete(3, 4, 5)
    expect(other.nudge).to_be_visible()
    progress(guide, 4)

    check_fails(guide, "act")
    other.button("accept_nudge").click()
    progress(guide, 5)

    check_fails(guide, "define")
    other.go("/definitions", user=guide.user)
    other.button("preview").click()
    expect(other.page.get_by_role("heading", name="Preview")).to_be_visible()
    progress(guide, 6)

    check_fails(guide, "personalize")
    other.go("/", user=guide.user)
    other.keyed("personalized").get_by_text("Personalized").click()
    progress(guide, 7)

    check_fails(guide, "ask")
    other.go("/assistant", user=guide.user)
    other.button("ask_1").click()
    progress(guide, 8)

    check_fails(guide, "break")
    other.go("/events", user=guide.user)
    other.button("broken_wrong_enum").click()
    progress(guide, 9)

    check_fails(guide, "fix")
    other.go("/", user=guide.user).complete(6)
    progress(guide, 10)

    expect(guide.page.get_by_text("That is the whole loop")).to_be_visible()
    with guide.page.expect_download() as download:
        guide.button("take_home").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        script = archive.read("take-home/sandbox.py").decode()
    assert re.search(r"^project_engagement = StreamAttributeGroup", script, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PROGRAM_SECONDS
    )
    assert done.stdout.splitlines()[-1:] == ["Nudged"], done.stderr
