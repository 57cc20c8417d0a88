"""What comes with events and interventions is shown as text, whatever is in it.

As what people type, in tests/browser/test_hostile_text.py: nothing runs, no element is made of it,
the text is there, the page is no wider than the window, and the app goes on.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from snowplow_signals import AtomicProperty, Attribute, AttributeGroup, Event, Service, user_id

from lib.snowplow.definitions import COUNT, GROUP, SERVICE
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
    REPLACED,
    TABLE,
    TASK,
    UNSEEN,
    Sandbox,
    assert_goes_on,
    assert_no_formula,
    assert_only_text,
    described,
    enter,
    entity,
    open_page,
    rows_of,
    sandbox_of,
    table_as_csv,
)

OpenWindow = Callable[..., AppPage]


def search(visitor: AppPage, words: str) -> None:
    """Show the events that have these words."""
    visitor.button("filter_events").click()
    enter(visitor, "event_search", words)
    visitor.page.keyboard.press("Escape")


def send_events(sandbox: Sandbox, user: str) -> dict[str, str]:
    """Send hostile events of all kinds; what is shown of each, by its id."""
    title = f"{MARKUP} {MARKDOWN} {UNSEEN}"
    return {
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
        sandbox.post(e=ALL, ue_pr="\0\x1b", uid=user, duid=LONG): MARKUP,
    }


def test_events_are_shown_as_they_came(window: OpenWindow, server: Server) -> None:
    visitor = window().go().publish()
    sandbox = sandbox_of(server, visitor.user)
    events = send_events(sandbox, visitor.user)
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
