"""Hostile text for every field of the app, ways to bring it in, and what must not come of it.

Text that Markdown would make an element of says `hostile`: there must be no element of that word.
"""

import csv
import io
import json
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.sync_api import Download, expect
from snowplow_signals import AttributeKeyIdentifiers, InterventionInstance, SignalsSandbox

from tests.support.app import AppPage
from tests.support.app_server import Server

JSON = {"Content-Type": "application/json"}
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
TASK = "iglu:com.example/task_completed/jsonschema/1-0-0"

MARKUP = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
LINKS = "[hostile](javascript:window.pwned=1) ![hostile](//evil.example/x.png) <hostile:x>"
MARKDOWN = "**hostile** _hostile_ `hostile` ~~hostile~~ $hostile$ :red[hostile] :smile: &lt;"
TABLE = "| hostile |\n|---|\n| hostile |\n\n# hostile\n\n> hostile\n\n- hostile\n\n1. hostile"
UNSEEN = "\x1b[31mred\x07 left\u202etfel\u2066 zero\u200bwidth"
EMOJI = "👩‍👩‍👧‍👦 🇨🇭 👍🏽"
FORMULAS = ('=HYPERLINK("//evil.example")', "+1+1", "-2", "@SUM(A1)", "\t=1+1", "\r=1+1")
LONG = "W" * 10_000
ALL = " ".join((MARKUP, LINKS, MARKDOWN, TABLE, UNSEEN, EMOJI, *FORMULAS))
# What Streamlit makes links, icons and arrows of after Markdown was read, escaped or not.
REPLACED = (
    "https://evil.example/x",
    "www.evil.example",
    "who@evil.example",
    ":material/home:",
    ":streamlit:",
    "a -> b",
)

LOOK = """() => ({
    pwned: window.pwned ?? null,
    exceptions: document.querySelectorAll('[data-testid=stException]').length,
    elements: [...document.querySelectorAll('a, img, script, iframe, object, svg image')]
        .map((element) => element.outerHTML.slice(0, 300))
        .filter((html) => /evil|pwned|javascript:|hostile/.test(html)),
    markdown: [...document.querySelectorAll('[data-testid=stMarkdownContainer] :not(p)')]
        .filter((element) => element.textContent.trim() === 'hostile')
        .map((element) => element.outerHTML.slice(0, 300)),
    sideways: [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
        .map((element) => element.scrollWidth - element.clientWidth),
})"""
NOTHING = {"pwned": None, "exceptions": 0, "elements": [], "markdown": [], "sideways": [0, 0]}


@dataclass(frozen=True)
class Sandbox:
    """Somebody's sandbox behind the app, for whoever has found out its address and its token."""

    url: str
    token: str
    user: str

    @property
    def signals(self) -> SignalsSandbox:
        return SignalsSandbox(api_url=self.url, sandbox_token=self.token)

    def post(self, **fields: str | None) -> str:
        """Send an event of the user; its id, which is to be found on the events page."""
        event_id = str(uuid.uuid4())
        sent = {"e": "pv", "p": "web", "tv": "any", "eid": event_id, "uid": self.user, **fields}
        given = {name: value for name, value in sent.items() if value is not None}
        self.post_body(json.dumps({"schema": PAYLOAD, "data": [given]}))
        return event_id

    def post_body(self, body: str) -> None:
        """Send whatever this is."""
        url = f"{self.url}/sandbox/{self.token}/com.snowplowanalytics.snowplow/tp2"
        assert httpx.post(url, content=body, headers=JSON, trust_env=False).status_code == 200

    def push(self, name: str, attributes: dict[str, str], intervention_id: str) -> None:
        """Push an intervention to the user, who must be listening."""
        pushed = InterventionInstance(
            name=name, version=1, attributes=attributes, intervention_id=intervention_id
        )
        targets = AttributeKeyIdentifiers({"user_id": [self.user]})
        assert self.signals.push_intervention(targets, pushed) == "success"


def sandbox_of(server: Server, user: str) -> Sandbox:
    """The app shows neither address nor token: they come from its sockets and its file."""
    app = next(
        each
        for each in psutil.Process().children()
        if any(port == server.port for port in listening(each))
    )
    port = next(port for port in listening(app) if port != server.port)
    with sqlite3.connect(server.log.with_name("sandbox.app.db")) as db:
        query = "SELECT sandbox_token FROM home WHERE user_id = ?"
        (token,) = db.execute(query, (user,)).fetchone()
    db.close()
    return Sandbox(f"http://127.0.0.1:{port}", token, user)


def listening(process: psutil.Process) -> list[int]:
    sockets = process.net_connections("tcp")
    return [each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN]


def described(schema: str, data: Any) -> str:
    """A self-describing event as trackers send it."""
    inner = {"schema": schema, "data": data}
    outer = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
    return json.dumps({"schema": outer, "data": inner})


def entity(schema: str, data: Any) -> str:
    outer = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
    return json.dumps({"schema": outer, "data": [{"schema": schema, "data": data}]})


def assert_only_text(window: AppPage) -> None:
    """Nothing on the page was made of what somebody wrote."""
    window.wait_for_answer()
    assert window.page.evaluate(LOOK) == NOTHING
    assert window.errors == []


def rows_of(download: Download) -> list[list[str]]:
    """The cells of a CSV file."""
    text = Path(download.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def assert_no_formula(rows: list[list[str]]) -> None:
    """A spreadsheet runs a cell that starts like this; the least that must be there is a heading
    and a row."""
    assert len(rows) > 1
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def table_as_csv(window: AppPage, table: str) -> list[list[str]]:
    """What the button above a table downloads. The browser's own dialog has no place here."""
    window.page.evaluate("() => { window.showSaveFilePicker = undefined; }")
    with window.page.expect_download() as download:
        button = window.page.get_by_role("button", name=f"Download as CSV: {table}")
        button.dispatch_event("click")  # it shows only while the pointer is over the table
    return rows_of(download.value)


def open_page(window: AppPage, name: str) -> None:
    """Go to another page as a person does, and wait for it."""
    window.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text(name)
    window.wait()


def enter(window: AppPage, key: str, text: str) -> None:
    """Type into a field that is looked at as soon as it is left."""
    field = window.keyed(key).locator("input")
    field.fill(text)
    field.press("Enter")
    window.wait_for_answer()


def assert_goes_on(window: AppPage, count: int = 1) -> None:
    """A task can be completed and is counted."""
    window.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Board").click()
    window.wait().complete(count)
    assert_only_text(window)
