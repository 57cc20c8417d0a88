"""What people type is shown as text, whatever is in it.

Markup, script, Markdown, formulas, characters that nobody sees or that turn the text around them,
and ten thousand characters without a space go into every field, and what comes of it is looked at
in the browser: nothing runs, nothing is asked of another host (each window's fixture insists), no
element is made of it, the text is there, the page is no wider than the window, and the app goes on.

What comes with events and interventions is in tests/browser/test_hostile_text_sent.py.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect

from tests.support.app import AppPage
from tests.support.app_server import Server
from tests.support.hostile_text import (
    ALL,
    EMOJI,
    FORMULAS,
    LINKS,
    LONG,
    MARKDOWN,
    MARKUP,
    PAYLOAD,
    TABLE,
    UNSEEN,
    assert_goes_on,
    assert_no_formula,
    assert_only_text,
    described,
    enter,
    open_page,
    sandbox_of,
    table_as_csv,
)

OpenWindow = Callable[..., AppPage]
PASSPHRASE = "three quiet otters"


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


def submit(window: AppPage, key: str, text: str, button: str) -> None:
    """Type into a field of a form and send it."""
    window.keyed(key).locator("input").fill(text)
    window.button(button).click()
    window.wait_for_answer()


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


def join_as(name: str, guest: AppPage, link: str, table: Locator) -> None:
    """Join a room under this name, be seen in its table, and complete a task."""
    guest.page.goto(f"{link}&user={uuid.uuid4()}")
    guest.wait()
    submit(guest, "display_name", "\u202e\x1b\u200b", "choose_name")
    expect(guest.page.get_by_text("A name needs at least one character.")).to_be_visible()
    submit(guest, "display_name", f"{name}\u202e", "choose_name")
    expect(table.get_by_text(name, exact=True)).to_be_visible()
    guest.complete(1)
    assert_only_text(guest)
    guest.page.close()


def ask_to_reset(presenter: AppPage, name: str, names: tuple[str, ...]) -> None:
    """Find these names in the list of guests, ask to reset one of them, and think better of it."""
    who = presenter.keyed("who")  # at the edge of the window, its list would close as that scrolls
    who.evaluate("element => element.scrollIntoView({block: 'center'})")
    who.get_by_role("button").click()
    for each in names:
        expect(presenter.page.get_by_role("option", name=each, exact=True)).to_be_visible()
    presenter.page.get_by_role("option", name=name, exact=True).click()
    presenter.button("reset_room").click()
    expect(presenter.page.get_by_role("dialog")).to_contain_text(f"Reset {name}:")
    assert_only_text(presenter)
    presenter.button("cancel_reset").click()
    expect(presenter.page.get_by_role("dialog")).to_have_count(0)


def type_nonsense_about_the_crowd(presenter: AppPage) -> None:
    presenter.keyed("crowd_size").get_by_role("button").click()
    for name in ("users", "rate", "seconds"):
        field = presenter.keyed(f"crowd_{name}").locator("input")
        field.press_sequentially("<b>=-1e9")
        field.press("Enter")
    assert_only_text(presenter)
    presenter.page.keyboard.press("Escape")


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
        join_as(name, window(), link, table)
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
    ask_to_reset(presenter, names[1], names)
    type_nonsense_about_the_crowd(presenter)
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
        expect(visitor.page.get_by_text("That is not a room code.")).to_be_visible()
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
