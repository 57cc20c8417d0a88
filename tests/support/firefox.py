"""Debian's Firefox, driven by WebDriver BiDi: the few commands that the story needs.

Playwright drives only a Firefox of its own, which must be downloaded. Source of the commands:
https://www.w3.org/TR/webdriver-bidi/
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import PATIENCE_SECONDS

FIREFOX = (
    os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox") or "firefox"
)
HOW = "install firefox-esr, or name a Firefox in FIREFOX, and it will run"
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# Firefox asks its maker for updates and lists in the background; nothing may leave this machine.
PREFERENCES = """
user_pref("app.update.auto", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "data:,");
"""
# True as soon as an element that this selector finds, and that shows this text, can be seen.
IN_SIGHT = """(selector, text) => [...document.querySelectorAll(selector)].some(
    (each) => each.checkVisibility() && each.innerText.includes(text))"""
WAIT = """(selector, text) => new Promise((done) => {
    const look = () => (IN_SIGHT)(selector, text) ? done(true) : setTimeout(look, 20);
    look();
})""".replace("IN_SIGHT", IN_SIGHT)
VISIBLE = "(selector) => [...document.querySelectorAll(selector)].find((e) => e.checkVisibility())"


def has_firefox() -> bool:
    """Whether there is a Firefox on this machine."""
    return shutil.which(FIREFOX) is not None


@contextmanager
def firefox(profile: Path, width: int, height: int) -> Iterator["Window"]:
    """A window of a Firefox that starts with an empty profile."""
    (profile / "user.js").write_text(PREFERENCES)
    process = subprocess.Popen(
        [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile],
        env={"PATH": os.environ["PATH"], "HOME": str(profile), "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with connect(f"{_address(process)}/session", proxy=None, max_size=None) as socket:
            window = Window(socket)
            window.resize(width, height)
            yield window
    finally:
        process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    """Where it listens. It says so once it does."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := LISTENING.search(line):
            return found[1]
    raise AssertionError(f"Firefox ended before it listened: {''.join(said)}")


class Window:
    """One window, in the words of a person who looks at it. Elements are CSS selectors."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._call("session.new", capabilities={})
        self._tab = self._call("browsingContext.getTree")["contexts"][0]["context"]

    def resize(self, width: int, height: int) -> None:
        """Give the page this many CSS pixels."""
        viewport = {"width": width, "height": height}
        self._call("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def go(self, url: str) -> None:
        """Open an address and wait until it has loaded."""
        self._call("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def wait(self, selector: str, text: str = "") -> None:
        """Wait until an element that shows this text can be seen."""
        assert self._evaluate(WAIT, selector, text)["value"] is True

    def sees(self, selector: str, text: str = "") -> bool:
        """Whether such an element can be seen now."""
        return bool(self._evaluate(IN_SIGHT, selector, text)["value"])

    def click(self, selector: str) -> None:
        """Move the mouse to an element that can be seen, and press it."""
        self.wait(selector)
        element = self._evaluate(VISIBLE, selector)
        origin = {"type": "element", "element": {"sharedId": element["sharedId"]}}
        press: list[dict[str, Any]] = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": press}
        self._call("input.performActions", context=self._tab, actions=[mouse])

    def _evaluate(self, function: str, *arguments: str) -> dict[str, Any]:
        """What a function of the page returns, or what its promise comes to."""
        answer = self._call(
            "script.callFunction",
            functionDeclaration=function,
            awaitPromise=True,
            target={"context": self._tab},
            arguments=[{"type": "string", "value": each} for each in arguments],
        )
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE_SECONDS))
            if answer.get("id") == number:
                assert answer["type"] == "success", f"{method}: {answer}"
                result: dict[str, Any] = answer["result"]
                return result
