"""A page of somebody else, and people who visit it with Chromium.

A visit is one call that returns plain facts. Playwright's synchronous interface can be open once in
a thread, and the tests in `tests/browser` may hold it in pytest's: here it has a thread of its own.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, sync_playwright

from tests.support.node import FOLDER, module
from tests.support.waiting import PATIENCE_SECONDS

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

T = TypeVar("T")


@dataclass
class Asked:
    """A request of the page, with the headers that it set itself."""

    method: str
    url: str
    headers: dict[str, str]

    @classmethod
    def of(cls, request: Request) -> "Asked":
        return cls(request.method, request.url.partition("?")[0], request.headers)


@dataclass
class Visit:
    """What happened on one visit, from the page's and from the browser's side."""

    report: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    complaints: list[str] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)


class Chromium:
    """Headless Chromium, driven from a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._playwright = self._run(lambda: sync_playwright().start())
        # Chromium refuses its own sandbox to root, which is who runs in most containers.
        flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
        self._browser = self._run(
            lambda: self._playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        )

    def person(self, clock_off: timedelta = timedelta()) -> "Person":
        """Somebody new, without cookies, whose clock is this much ahead."""
        context = self._run(self._browser.new_context)
        if clock_off:
            self._run(lambda: context.clock.install(time=datetime.now(UTC) + clock_off))
        return Person(self._run, context)

    def close(self) -> None:
        """End the browser and its thread."""
        self._run(self._browser.close)
        self._run(self._playwright.stop)
        self._thread.shutdown()

    def _run(self, call: Callable[[], T]) -> T:
        return self._thread.submit(call).result(PATIENCE_SECONDS)


class Person:
    """One person's browser, whose cookies stay from visit to visit."""

    def __init__(
        self, run: Callable[[Callable[[], Visit]], Visit], context: BrowserContext
    ) -> None:
        self._run = run
        self._context = context

    def visit(self, url: str, collector: str, **instructions: Any) -> Visit:
        """Open the page, do as told in visit.js, and leave once that is over."""
        return self._run(lambda: self._visited(url, {"collector": collector, **instructions}))

    def _visited(self, url: str, instructions: dict[str, Any]) -> Visit:
        visit = Visit()
        page = self._context.new_page()
        _note(page, visit)
        page.goto(url)
        visit.report = page.evaluate("instructions => visit(instructions)", instructions)
        visit.text = page.inner_text("body")
        visit.cookies = {
            each["name"]: each["value"] for each in self._context.cookies(instructions["collector"])
        }
        page.close()
        return visit


def _note(page: Page, visit: Visit) -> None:
    """Write down what the browser complains of, and all that it asks for but preflights."""
    page.on("console", lambda message: visit.complaints.append(message.text))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("requestfailed", lambda request: visit.complaints.append(_failure(request)))
    page.on("request", lambda sent: visit.requests.append(Asked.of(sent)))


def _failure(request: Request) -> str:
    return f"{request.method} {request.url}: {request.failure}"


def bundle(package: str) -> Path:
    """What a page loads of a package without building anything."""
    return module(package) / "dist" / "index.umd.min.js"


@contextmanager
def shop() -> Iterator[int]:
    """The port of a web server of another origin, which loads the trackers as npm has them."""
    files = {
        "/": ("text/html", FOLDER / "page.html"),
        "/visit.js": ("text/javascript", FOLDER / "visit.js"),
        "/older": ("text/html", FOLDER / "older_page.html"),
        "/older_visit.js": ("text/javascript", FOLDER / "older_visit.js"),
    }

    class Shop(ThreadingHTTPServer):
        daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            kind, file = files.get(path) or ("text/javascript", bundle(path.removeprefix("/npm/")))
            body = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with Shop(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
