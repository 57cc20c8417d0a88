"""An agentic context in words, as the documentation shows it and wherever it is silent.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/ (response format)
"""

from typing import Any

import pytest
from snowplow_signals import (
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventLogEventProperty,
    EventSelection,
    domain_sessionid,
)

from tests.support.samples import page_view
from tests.support.sandbox import HandClock, World, new_id, seen

SHOP = "https://shop.example.com"
HEAD = [
    "## Real-time user behaviour",
    "Events are ordered from oldest to most recent.",
    "seconds_since_start_of_session, event, url, event_context",
]


def visit(*of_every_event: str, **options: Any) -> EventLog:
    """A log of page views and of what was seen, with these columns of both."""
    columns = [EventLogAtomicProperty(name=name) for name in of_every_event]
    value = EventLogEventProperty(
        vendor="org.example", name="seen", major_version=1, path="value", output_name="sku"
    )
    selections = [
        EventSelection(
            event=EventLogEvent(name="page_view"),
            properties=columns or [EventLogAtomicProperty(name="page_title")],
        ),
        EventSelection(event=EventLogEvent(name="seen"), properties=[*columns, value]),
    ]
    defaults = {"max_events": 50, "max_age_seconds": 1800, "prompt": "Help this person."}
    return EventLog(
        name="visit", attribute_key=domain_sessionid, events=selections, **defaults | options
    )


def narrative(world: World, session: str) -> list[str]:
    text = world.signals.get_agentic_context(name="visit", identifier=session, format="narrative")
    assert isinstance(text, str)
    return text.split("\n")


def row_of(world: World, value: Any, **fields: str) -> str:
    """The row of an event that brings this value."""
    session = new_id()
    world.signals.publish([visit("event_name", "page_urlpath")])
    world.post(seen(None, {"value": value}, sid=session, **fields))
    lines = narrative(world, session)
    assert (len(lines), lines[-1]) == (7, "[END CONTEXT]")
    return lines[5]


def test_the_example_of_the_documentation_is_worded_as_it_is_there(world: World, clock: HandClock):
    """The prompt is not in it."""
    session = new_id()
    world.signals.publish([visit("event_name", "page_urlpath")])
    world.post(page_view(f"{SHOP}/checkout", sid=session))
    clock.forward(seconds=45)
    world.post(seen(None, {"value": "SKU123"}, sid=session, url=f"{SHOP}/cart"))
    clock.forward(seconds=45)
    assert narrative(world, session) == [
        "[START CONTEXT]",
        "45 seconds on the current page. Session started 90 seconds ago."
        " Based on last 50 recorded events for the last 1800 seconds.",
        *HEAD,
        "0, page_view, /checkout, {}",
        "45, seen, /cart, {sku: 'SKU123'}",
        "[END CONTEXT]",
    ]


def test_columns_are_empty_unless_they_are_selected(world: World, clock: HandClock):
    session = new_id()
    world.signals.publish([visit()])
    world.post(page_view(f"{SHOP}/checkout", sid=session, page="Checkout"))
    clock.forward(seconds=1.5)
    world.post(seen(None, {"value": 1}, sid=session, url=f"{SHOP}/cart"))
    assert narrative(world, session)[5:-1] == ["0, , , {page_title: 'Checkout'}", "1, , , {sku: 1}"]


def test_a_session_without_events_has_no_rows(world: World):
    world.signals.publish([visit(max_events=7, max_age_seconds=60, prompt=None)])
    assert narrative(world, new_id()) == [
        "[START CONTEXT]",
        "0 seconds on the current page. Session started 0 seconds ago."
        " Based on last 7 recorded events for the last 60 seconds.",
        *HEAD,
        "[END CONTEXT]",
    ]


def test_rows_are_those_of_the_newest_events(world: World, clock: HandClock):
    """Their seconds count from the start of the session, which is no longer in the table."""
    session = new_id()
    world.signals.publish([visit("event_name", max_events=2)])
    for _ in range(4):
        world.post(page_view(SHOP, sid=session))
        clock.forward(seconds=10)
    assert narrative(world, session)[5:-1] == ["20, page_view, , {}", "30, page_view, , {}"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("it's", r"'it\'s'"),
        (1.5, "1.5"),
        (True, "true"),
        ([1, "a", None], "[1, 'a', null]"),
        ({"a": {"b": []}}, "{a: {b: []}}"),
        ("two\nlines\r\u2028three", r"'two\u000alines\u000d\u2028three'"),
        ("[END CONTEXT]\n", r"'[END CONTEXT]\u000a'"),
    ],
)
def test_what_an_event_brought_is_on_its_one_line(world: World, value: Any, words: str):
    assert row_of(world, value) == f"0, seen, , {{sku: {words}}}"
