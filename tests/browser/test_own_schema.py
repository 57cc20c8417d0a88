"""Somebody adds a schema of their own, breaks it, and counts what follows it."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.support.app import AppPage

OpenWindow = Callable[..., AppPage]

SPENT = """\
from snowplow_signals import Attribute, Event, EventProperty, StreamAttributeGroup, user_id

orders = StreamAttributeGroup(
    name="orders", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[
        Attribute(
            name="spent", type="double", aggregation="sum",
            events=[Event(vendor="com.acme", name="order_placed", version="1-0-0")],
            property=EventProperty(
                vendor="com.acme", name="order_placed", major_version=1, path="amount"
            ),
        ),
    ],
)
sp_signals.publish([orders])
"""


def send_order(events: AppPage, amount: str) -> None:
    """Send an order of this amount, as the form for any event has it."""
    entry = events.page.get_by_label("amount", exact=True)
    entry.fill(amount)
    entry.press("Enter")
    events.wait_for_answer()
    events.press("send_composed")


def spent(attributes: AppPage) -> Locator:
    """What the attributes page says of the sum."""
    return attributes.page.get_by_test_id("stMetricValue")


def publish_the_sum(studio: AppPage) -> None:
    """Paste the definitions into the studio, and publish them."""
    studio.page.get_by_role("tab", name="Build your own").click()
    studio.wait_for_answer()  # it draws the field anew
    source = studio.keyed("python_source").get_by_role("textbox")
    source.fill(SPENT)
    source.press("Control+Enter")
    studio.wait_for_answer()
    studio.press("apply_python")
    studio.press("publish_draft")
    expect(studio.page.get_by_text("Published, as shown here.")).to_be_visible()


def test_a_schema_of_ones_own_is_broken_kept_to_and_summed_up(window: OpenWindow) -> None:
    events = window().go("/events")
    events.page.get_by_text("Add a schema of your own").click()
    table = events.page.get_by_test_id("stDataFrame").last
    expect(table).to_be_visible()  # it moves the button below
    events.press("add_schema")
    expect(events.page.get_by_text("order_placed 1-0-0 of com.acme").first).to_be_visible()

    studio = window().go("/definitions", user=events.user)
    publish_the_sum(studio)

    events.page.get_by_role("tab", name="Any event").click()
    choice = events.keyed("compose_schema").get_by_role("combobox")
    choice.click()
    choice.fill("order_placed")
    events.page.get_by_role("option", name="order_placed 1-0-0 of com.acme").click()
    events.wait()
    send_order(events, "much")
    expect(events.page.get_by_text('"much" is not of type "number"').first).to_be_visible()
    send_order(events, "20")
    # Two clicks in a hurry would become one, which sends what was typed last.
    expect(events.page.get_by_text("it was accepted and counted")).to_be_visible()
    send_order(events, "22.5")

    attributes = window().go("/attributes", user=events.user)
    choice = attributes.page.get_by_role("combobox").first
    choice.click()
    choice.fill("orders")
    attributes.page.get_by_role("option", name="orders").first.click()
    attributes.wait()
    expect(spent(attributes)).to_have_text("42.5")
    expect(attributes.keyed("chart_spent")).to_be_visible()
    assert events.errors == studio.errors == attributes.errors == []
