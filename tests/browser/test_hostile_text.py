"""What people type and what comes with events is shown as text, whatever is in it.

Markup, script, Markdown, formulas, characters that nobody sees or that turn the text around them,
and ten thousand characters without a space go into every field, and what comes of it is looked at
in the browser: nothing runs, nothing is asked of another host (each window's fixture insists), no
element is made of it, the text is there, the page is no wider than the window, and the app goes on.

Text that Markdown would make an element of says `hostile`: there must be no element of that word.
"""

import csv
import io
import json
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psutil
import pytest
from playwright.sync_api import Download, Locator, expect
from snowplow_signals import (
    AtomicProperty,
    Attribute,
    AttributeGroup,
    AttributeKeyIdentifiers,
    Event,
    InterventionInstance,
    Service,
    SignalsSandbox,
    user_id,
)

from lib.snowplow.definitions import COUNT, GROUP, SERVICE
from tests.support.app import AppPage, Server

OpenWindow = Callable[..., AppPage]
PASSPHRASE = "three quiet otters"
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


class GuardedServer(Server):
    """An app whose presenter has a passphrase, so that there is a field for it."""

    def start(self) -> None:
        self._environment["PRESENTER_PASSPHRASE"] = PASSPHRASE
        super().start()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = GuardedServer(tmp_path_factory.mktemp("hostile") / "sandbox.db")
    yield server
    server.kill()


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


def open_page(window: AppPage, name: str) -> None:
    """Go to another page as a person does, and wait for it."""
    window.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text(name)
    window.wait()


def assert_goes_on(window: AppPage, count: int = 1) -> None:
    """A task can be completed and is counted."""
    window.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Board").click()
    window.wait().complete(count)
    assert_only_text(window)


def enter(window: AppPage, key: str, text: str) -> None:
    """Type into a field that is looked at as soon as it is left."""
    field = window.keyed(key).locator("input")
    field.fill(text)
    field.press("Enter")
    window.wait_for_answer()


def submit(window: AppPage, key: str, text: str, button: str) -> None:
    """Type into a field of a form and send it."""
    window.keyed(key).locator("input").fill(text)
    window.button(button).click()
    window.wait_for_answer()


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


def add_task(window: AppPage, title: str, shown: str) -> None:
    """Type a title, see it on its card, and the field emptied for the next one."""
    field = window.keyed("task_title").locator("input")
    if not field.is_visible():
        window.button("open_form").click()
    field.fill(title)
    window.button("add_task").click()
    expect(card(window, shown)).to_have_count(1)
    expect(field).to_have_value("")


def card(window: AppPage, title: str) -> Locator:
    """The buttons of a task, by the whole of its title."""
    cards = window.page.locator("[class*='st-key-complete_task-']")
    whole = re.compile(rf"^\s*{re.escape(title)}\s*$")
    return cards.locator("p").get_by_text(whole)


def test_titles_of_tasks_are_shown_as_they_were_typed(window: OpenWindow) -> None:
    board = window().go().publish()
    titles = [MARKUP, LINKS, MARKDOWN, "- hostile", FORMULAS[0], EMOJI, "W" * 120]
    seen = "[31mred lefttfel zero\u200bwidth"

    for title, shown in (*zip(titles, titles, strict=True), (UNSEEN, seen)):
        add_task(board, title, shown)
    board.keyed("task_title").locator("input").fill(LONG)
    board.button("add_task").click()
    assert_only_text(board)
    board.reload()
    for title in (*titles, seen):
        expect(card(board, title)).to_have_count(1)
    assert_only_text(board)
    assert_goes_on(board)


def search(visitor: AppPage, words: str) -> None:
    """Show the events that have these words."""
    visitor.button("filter_events").click()
    enter(visitor, "event_search", words)
    visitor.page.keyboard.press("Escape")


def test_events_are_shown_as_they_came(window: OpenWindow, server: Server) -> None:
    visitor = window().go().publish()
    sandbox = sandbox_of(server, visitor.user)
    title = f"{MARKUP} {MARKDOWN} {UNSEEN}"
    events = {
        sandbox.post(page=title, url=f"https://site.example/{MARKUP}", refr="javascript:1"): title,
        sandbox.post(url=f"https://site.example/{'W' * 9_000}", page="W" * 2_000): "W" * 2_000,
        sandbox.post(e="se", se_ca=MARKUP, se_ac=LINKS, se_la=TABLE, se_pr=EMOJI): MARKUP,
        sandbox.post(
            e="ue",
            ue_pr=described(TASK, {"task_id": ALL, "priority": "high", ALL: ALL}),
            co=entity("iglu:com.example/project/jsonschema/1-0-0", {"project_id": MARKUP, "x": 1}),
        ): MARKUP,
        sandbox.post(e="ue", ue_pr=described(TASK, {"task_id": LONG, "priority": LONG})): LONG,
        sandbox.post(e="ue", ue_pr=described(f"iglu:a/{MARKUP}/jsonschema/1-0-0", {})): MARKUP,
        sandbox.post(e="ue", ue_pr=described(f"iglu:a/{LONG}/jsonschema/1-0-0", {})): LONG,
        sandbox.post(e="ue", ue_pr=described("iglu:a/=1+1/jsonschema/1-0-0", {})): "=1+1",
        sandbox.post(e=ALL, ue_pr="\0\x1b", uid=visitor.user, duid=LONG): MARKUP,
    }
    open_page(visitor, "Events")
    expect(visitor.page.get_by_text(f"of {len(events) + 2} events")).to_be_visible()
    assert_only_text(visitor)

    for event_id, text in events.items():
        search(visitor, event_id)
        expect(visitor.page.get_by_text(re.compile(r"^1 of \d+ events"))).to_be_visible()
        expect(visitor.page.get_by_role("tab", name="cURL")).to_have_count(1)
        tabs = visitor.page.get_by_test_id("stTabs").first
        for tab in ("Entities", "Atomic", "Raw", "cURL", "Properties"):
            tabs.get_by_role("tab", name=tab).click()
            assert_only_text(visitor)
        expect(visitor.page.get_by_test_id("stMain")).to_contain_text(text[:40])

    for words in (f"nowhere {ALL}", f"nowhere {LONG} {UNSEEN}"):
        search(visitor, words)
        expect(visitor.page.get_by_text("None of your")).to_be_visible()
        assert_only_text(visitor)
        search(visitor, "")
        expect(visitor.page.get_by_text(re.compile(r"^(\d+) of \1 events"))).to_be_visible()
    rows = table_as_csv(visitor, "Your events, newest first")
    assert_no_formula(rows)
    assert "'=1+1" in {row[1] for row in rows}
    assert_goes_on(visitor)


def test_interventions_are_shown_as_they_came(window: OpenWindow, server: Server) -> None:
    visitor = window().go().publish()
    expect(visitor.page.get_by_text("Listening for interventions")).to_be_visible()
    sandbox = sandbox_of(server, visitor.user)
    sandbox.push(LONG, {LONG: "1"}, MARKUP)
    sandbox.push(MARKUP, {f"{MARKUP} {LINKS}": MARKDOWN, "b": TABLE, "c": EMOJI}, f"{UNSEEN} .x")
    nudge = visitor.keyed("nudge")
    expect(nudge).to_contain_text(f"{MARKUP} arrived")
    assert_only_text(visitor)

    open_page(visitor, "Interventions")
    entries = visitor.page.locator("[class*='st-key-received_']")
    expect(entries).to_have_count(2)
    for text in (MARKUP, MARKDOWN, EMOJI):
        expect(entries.first).to_contain_text(text)
    assert_only_text(visitor)
    open_page(visitor, "Attributes")
    visitor.page.wait_for_function("() => document.querySelector('.js-plotly-plot .legend')")
    assert_only_text(visitor)
    visitor.button("dismiss_nudge").click()
    expect(nudge).to_contain_text("WWW")
    visitor.button("dismiss_nudge").click()
    expect(nudge).to_have_count(0)
    assert_goes_on(visitor)


def test_values_of_attributes_are_shown_as_they_are_and_are_no_formulas_in_the_download(
    window: OpenWindow, server: Server
) -> None:
    visitor = window().go().publish()
    sandbox = sandbox_of(server, visitor.user)
    group = last_titles()
    service = Service(name=SERVICE, owner="demo@example.com", attribute_groups=[group])
    sandbox.signals.publish([group, service])
    open_page(visitor, "Attributes")
    value = visitor.page.get_by_test_id("stMetricValue").first

    for title in (f"{MARKUP} {MARKDOWN}", FORMULAS[0], "W" * 2_000):
        sandbox.post(page=title)
        expect(value).to_have_text(title)
        assert_only_text(visitor)

    visitor.page.get_by_role("tab", name="What was read").click()
    assert_only_text(visitor)
    visitor.wait()
    with visitor.page.expect_download() as download:
        visitor.button("download_history").click()
    rows = rows_of(download.value)
    assert_no_formula(rows)
    assert f"'{FORMULAS[0]}" in {cell for row in rows for cell in row}
    assert_goes_on(visitor)


def last_titles() -> AttributeGroup:
    """The group that the app reads, in a version that somebody else published."""
    page_view = Event(vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0")
    task = Event(vendor="com.example", name="task_completed", version="1-0-0")
    return AttributeGroup(
        name=GROUP,
        version=2,
        owner="demo@example.com",
        attribute_key=user_id,
        attributes=[
            Attribute(
                name="a_title",
                type="string",
                events=[page_view],
                aggregation="last",
                property=AtomicProperty(name="page_title"),
            ),
            Attribute(name=COUNT, type="int32", events=[task], aggregation="counter"),
        ],
    )


def test_names_and_events_of_guests_are_shown_to_the_presenter_as_they_came(
    window: OpenWindow, server: Server
) -> None:
    presenter = window().go("/presenter")
    submit(presenter, "passphrase", PASSPHRASE, "enter_passphrase")
    link = presenter.page.get_by_test_id("stCode").locator("code").inner_text()
    names = ("<img src=x onerror=pwned=1>", "=[hostile](javascript:pwned)")
    table = presenter.page.get_by_test_id("stTable")
    presenter.button("publish").click()
    expect(table).to_be_visible()

    for name in names:
        guest = window()
        guest.page.goto(f"{link}&user={uuid.uuid4()}")
        guest.wait()
        submit(guest, "display_name", "\u202e\x1b\u200b", "choose_name")
        expect(guest.page.get_by_text("A name needs at least one character.")).to_be_visible()
        submit(guest, "display_name", f"{name}\u202e", "choose_name")
        expect(table.get_by_text(name, exact=True)).to_be_visible()
        guest.complete(1)
        assert_only_text(guest)
        guest.page.close()
    sandbox = sandbox_of(server, presenter.user)
    sandbox.post_body(f'{{"schema": "{PAYLOAD}", "data": [{{"e": "\\ud800{MARKUP}"}}]}}')
    sandbox.post_body(ALL)
    sandbox.post(e="ue", ue_pr=described("iglu:a/=1+1/jsonschema/1-0-0", {}), uid=LONG)
    assert_only_text(presenter)

    cells = presenter.page.locator("canvas [role=gridcell]")  # drawn, so not there by their role
    expect(cells.filter(has_text="'=1+1 failed")).to_have_count(1)
    rows = table_as_csv(presenter, "The last events of the room")
    assert_no_formula(rows)
    assert f"'{names[-1]}" in {cell for row in rows for cell in row}
    who = presenter.keyed("who")  # at the edge of the window, its list would close as that scrolls
    who.evaluate("element => element.scrollIntoView({block: 'center'})")
    who.get_by_role("button").click()
    for name in names:
        expect(presenter.page.get_by_role("option", name=name, exact=True)).to_be_visible()
    presenter.page.get_by_role("option", name=names[1], exact=True).click()
    presenter.button("reset_room").click()
    expect(presenter.page.get_by_role("dialog")).to_contain_text(f"Reset {names[1]}:")
    assert_only_text(presenter)
    presenter.button("cancel_reset").click()
    expect(presenter.page.get_by_role("dialog")).to_have_count(0)
    presenter.keyed("crowd_size").get_by_role("button").click()
    for name in ("users", "rate", "seconds"):
        field = presenter.keyed(f"crowd_{name}").locator("input")
        field.press_sequentially("<b>=-1e9")
        field.press("Enter")
    assert_only_text(presenter)
    presenter.page.keyboard.press("Escape")
    presenter.button("big_screen").click()
    chart = presenter.page.get_by_role("dialog", name="Big screen")
    for name in names:
        expect(chart.locator(".name", has_text=name)).to_be_visible()
    assert_only_text(presenter)


def test_fields_for_numbers_codes_and_accounts_refuse_hostile_text_in_plain_words(
    window: OpenWindow,
) -> None:
    visitor = window().go().publish()
    visitor.page.get_by_text("Join a room").click()
    for code in (ALL, LONG):
        submit(visitor, "room_code", code, "join_room")
        expect(visitor.page.get_by_text("That is no room code.")).to_be_visible()
        assert_only_text(visitor)

    open_page(visitor, "Connection")
    visitor.page.get_by_text("Bring your own account").click()
    fields = visitor.page.locator("[class*='st-key-own_'] input")
    expect(fields).to_have_count(8)
    for text in (ALL, LONG, f"https://{MARKUP}", f"https://{LINKS}.example/{UNSEEN}"):
        for field in fields.all():
            field.fill(text)
        visitor.button("use_account").click()
        visitor.wait_for_answer()
        expect(visitor.page.get_by_test_id("stAlert").nth(1)).to_be_visible()
        assert_only_text(visitor)

    open_page(visitor, "Definitions")
    for owner in (f"{MARKUP}@evil", LINKS, MARKDOWN, TABLE, UNSEEN, LONG):
        enter(visitor, "owner", owner)
        expect(visitor.page.get_by_text("Use an email address as the owner")).to_be_visible()
        assert_only_text(visitor)
    enter(visitor, "owner", "demo@example.com")
    expect(visitor.page.get_by_text("Use an email address as the owner")).to_have_count(0)
    for number in ("=1+1", "1e999", "-5"):
        visitor.keyed("threshold").locator("input").press_sequentially(number)
        visitor.keyed("threshold").locator("input").press("Enter")
        assert_only_text(visitor)
    assert_goes_on(visitor)


def test_whatever_the_address_says_is_shown_as_text(window: OpenWindow) -> None:
    visitor = window()
    addresses = (
        {"user": ALL},
        {"sandbox": ALL, "view": ALL},
        {"sandbox": "<b>hostile</b> stone otter 482", "view": LONG[:3_000]},
        {"user": LONG[:3_000], "view": f"\x00{UNSEEN}{EMOJI}"},
    )

    for address in addresses:
        visitor.page.goto(f"{visitor.url}/?{urlencode(address)}")
        visitor.wait()
        assert_only_text(visitor)

    visitor.publish()
    assert_goes_on(visitor)


def test_wrong_passphrase_is_shown_nowhere(window: OpenWindow) -> None:
    presenter = window().go("/presenter")

    submit(presenter, "passphrase", f"{ALL}{LONG}", "enter_passphrase")

    expect(presenter.page.get_by_text("That is not the passphrase")).to_be_visible()
    assert "pwned" not in presenter.page.get_by_test_id("stApp").inner_text()
    assert_only_text(presenter)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (dict(zip("abc", REPLACED[:3], strict=True)), REPLACED[:3]),
        (dict(zip("abc", REPLACED[3:], strict=True)), REPLACED[3:]),
        ({"a": "hostile", "b": UNSEEN, "c": "x\n\n    hostile\n\nhostile\n===\n"}, ("hostile",)),
    ],
    ids=["links", "icons", "unseen"],
)
def test_links_icons_arrows_and_turned_text_stay_text(
    window: OpenWindow, server: Server, values: dict[str, str], words: tuple[str, ...]
) -> None:
    visitor = window().go().publish()
    expect(visitor.page.get_by_text("Listening for interventions")).to_be_visible()

    sandbox_of(server, visitor.user).push("some", values, "any")

    expect(visitor.keyed("nudge")).to_contain_text("a: ")
    shown = visitor.keyed("nudge").inner_text().replace("\u2060", "")  # which nobody sees
    assert all(f"{name}: {each}" in shown for name, each in zip("abc", words, strict=False))
    assert "\u202e" not in shown
    assert_only_text(visitor)


def test_long_intervention_leaves_the_page_to_the_person(
    window: OpenWindow, server: Server
) -> None:
    visitor = window().go().publish()
    expect(visitor.page.get_by_text("Listening for interventions")).to_be_visible()

    sandbox_of(server, visitor.user).push(LONG, {"a": LONG, LONG: "b"}, "any")

    expect(visitor.keyed("nudge")).to_contain_text("WWW")
    box = visitor.keyed("nudge").bounding_box()
    assert box is not None and box["height"] < 360
    expect(visitor.button("dismiss_nudge")).to_be_in_viewport()
    open_page(visitor, "Guide")
    expect(visitor.keyed("nudge")).to_contain_text("WWW")
    bar = visitor.keyed("nudge").bounding_box()
    assert bar is not None and bar["height"] < 80
    expect(visitor.button("dismiss_nudge")).to_be_in_viewport()
