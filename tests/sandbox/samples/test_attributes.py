"""The samples of docs/signals/attributes, in our own words: each defines an attribute and reads it.

Source: https://docs.snowplow.io/docs/signals/attributes/attributes/
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from snowplow_signals import (
    AtomicProperty,
    Attribute,
    Criteria,
    Criterion,
    EntityProperty,
    Event,
    EventProperty,
    PagePing,
    PageView,
    StructuredEvent,
)

from tests.support.samples import described, page_view, tracked
from tests.support.sandbox import HandClock, World, group, new_id

SNOWPLOW = "com.snowplowanalytics.snowplow"
SHOP = f"{SNOWPLOW}.ecommerce"
VIEWED = Event(vendor=SNOWPLOW, name="page_view", version="1-0-0")
CLICKED = Event(vendor=SNOWPLOW, name="button_click", version="1-0-0")
Read = Callable[..., Any]


@pytest.fixture
def read(world: World) -> Read:
    """Publishes an attribute, sends events of one user, and returns the value."""

    def read(attribute: Attribute, *events: dict[str, str]) -> Any:
        user = new_id()
        world.publish(group(attribute))
        world.post(*({**event, "uid": user} for event in events))
        return world.read("user_id", user)[attribute.name][0]

    return read


def counter(*events: Event, **options: Any) -> Attribute:
    return Attribute(name="n", type="int32", events=list(events), aggregation="counter", **options)


def click(button: str) -> dict[str, str]:
    return described(f"iglu:{SNOWPLOW}/button_click/jsonschema/1-0-0", {"id": button})


def media(name: str, version: str) -> dict[str, str]:
    return described(f"iglu:{SNOWPLOW}.media/{name}/jsonschema/{version}", {})


@pytest.mark.parametrize(
    ("selected", "count"),
    [
        ([Event(vendor=f"{SNOWPLOW}.media", name="destination", version="2-0-2")], 1),
        ([Event(vendor=f"{SNOWPLOW}.media", name="destination")], 2),
        ([Event(vendor=f"{SNOWPLOW}.media")], 3),
        ([Event(name="destination")], 2),
        ([VIEWED], 1),
        ([PageView()], 1),
        ([PagePing()], 1),
        ([StructuredEvent()], 1),
        ([Event(vendor="com.google.analytics", name="event", version="1-0-0")], 1),
        ([], 6),
    ],
)
def test_events_are_selected_by_what_is_named(read: Read, selected: list[Event], count: int):
    sent = [
        media("destination", "2-0-2"),
        media("destination", "2-0-1"),
        media("play", "1-0-0"),
        page_view("https://shop.example.com/"),
        tracked("pp", url="https://shop.example.com/"),
        tracked("se", se_ca="board", se_ac="filter"),
    ]
    assert read(counter(*selected), *sent) == count


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (AtomicProperty(name="app_id"), "website"),
        (EventProperty(vendor="org.example", name="test", major_version=1, path="action"), "run"),
        (EntityProperty(vendor="org.example", name="person", major_version=1, path="age"), "36"),
    ],
)
def test_a_property_is_of_the_event_s_columns_its_data_or_an_entity(
    read: Read, part: Any, value: str
):
    last = Attribute(name="v", type="string", events=[], aggregation="last", property=part)
    person = {"schema": "iglu:org.example/person/jsonschema/1-0-0", "data": {"age": "36"}}
    sent = described("iglu:org.example/test/jsonschema/1-0-3", {"action": "run"}, person)
    assert read(last, {**sent, "aid": "website"}) == value


def test_a_date_part_of_an_event_s_own_time_is_its_day(read: Read):
    beat = EventProperty(
        vendor="org.example", name="beat", major_version=1, path="at", date_part="active_day"
    )
    days = Attribute(
        name="days", type="string_list", events=[], aggregation="unique_list", property=beat
    )
    times = ["2026-05-01T10:00:00Z", "2026-05-02T09:00:00Z", "2026-05-02T11:00:00Z"]
    sent = [described("iglu:org.example/beat/jsonschema/1-0-0", {"at": at}) for at in times]
    assert read(days, *sent) == ["2026-05-01", "2026-05-02"]


def test_the_hour_with_the_most_page_views(read: Read, clock: HandClock):
    peak = Attribute(
        name="peak",
        type="int32",
        events=[VIEWED],
        aggregation="most_frequent",
        property=AtomicProperty(name="derived_tstamp", date_part="hour_of_day"),
    )
    clock.now = 1_779_962_400_000  # 2026-05-28, 10:00 UTC
    early = {**page_view("https://a.example/"), "ttm": str(clock.now - 3_600_000)}
    now = page_view("https://a.example/")
    assert read(peak, early, now, {**now, "eid": new_id()}) == 10


def test_criteria_of_which_any_is_enough(read: Read):
    url = AtomicProperty(name="page_url")
    asked = Criteria(any=[Criterion.like(url, "%/faq%"), Criterion.like(url, "%/contact-us%")])
    pages = ["faq#prices", "contact-us", "pricing"]
    sent = [page_view(f"https://shop.example.com/{page}") for page in pages]
    assert read(counter(VIEWED, criteria=asked), *sent) == 2


def test_clicks_of_one_button_over_ten_minutes_start_at_zero(
    read: Read, world: World, clock: HandClock
):
    button = EventProperty(vendor=SNOWPLOW, name="button_click", major_version=1, path="id")
    clicks = counter(
        CLICKED,
        description="Clicks of the button that makes an emoji",
        criteria=Criteria(all=[Criterion.eq(button, "emoji")]),
        period=timedelta(minutes=10),
        default_value=0,
    )
    assert read(clicks, click("emoji"), click("close"), click("emoji")) == 2
    assert world.read("user_id", new_id())["n"] == [0]


def test_a_count_without_a_period_outlives_it_until_its_time_to_live(
    read: Read, world: World, clock: HandClock
):
    user = new_id()
    lasting = counter(CLICKED, ttl=timedelta(days=7))
    rolling = counter(CLICKED, period=timedelta(minutes=10)).model_copy(update={"name": "recent"})
    world.publish(group(lasting, rolling))
    world.post({**click("emoji"), "uid": user})
    clock.forward(days=6)
    assert (world.read("user_id", user)["n"], world.read("user_id", user)["recent"]) == (
        [1],
        [None],
    )
    clock.forward(days=2)
    assert world.read("user_id", user)["n"] == [None]


@pytest.mark.parametrize(("aggregation", "medium"), [("first", "email"), ("last", "cpc")])
def test_the_medium_that_led_here(read: Read, aggregation: Any, medium: str):
    events = [] if aggregation == "first" else [VIEWED, Event(vendor="org.example", name="landed")]
    led = Attribute(
        name="medium",
        type="string",
        events=events,
        aggregation=aggregation,
        property=AtomicProperty(name="mkt_medium"),
    )
    sent = [
        page_view("https://shop.example.com/?utm_medium=email"),
        page_view("https://shop.example.com/"),
        page_view("https://shop.example.com/?utm_medium=cpc"),
    ]
    assert read(led, *sent) == medium


def test_the_prices_of_what_was_bought_are_added_up(read: Read, world: World):
    action = EventProperty(
        vendor=SHOP, name="snowplow_ecommerce_action", major_version=1, path="type"
    )
    total = Attribute(
        name="bought",
        type="double",
        events=[Event(vendor=SHOP, name="snowplow_ecommerce_action", version="1-0-2")],
        aggregation="sum",
        criteria=Criteria(all=[Criterion.eq(action, "transaction")]),
        property=EntityProperty(vendor=SHOP, name="product", major_version=1, path="price"),
        default_value=0,
    )
    sent = [
        described(
            f"iglu:{SHOP}/snowplow_ecommerce_action/jsonschema/1-0-2",
            {"type": kind},
            {"schema": f"iglu:{SHOP}/product/jsonschema/1-0-0", "data": {"price": price}},
        )
        for kind, price in [("transaction", 20.5), ("add_to_cart", 7.0), ("transaction", 10)]
    ]
    assert read(total, *sent) == 30.5
    assert world.read("user_id", new_id())["bought"] == [0.0]


def test_the_minutes_since_the_last_page_view(read: Read, world: World, clock: HandClock):
    user = new_id()
    recency = Attribute(
        name="minutes",
        type="double",
        events=[VIEWED],
        aggregation="time_since_last",
        time_unit="min",
    )
    world.publish(group(recency))
    world.post({**page_view("https://shop.example.com/"), "uid": user})
    clock.forward(seconds=90)
    assert world.read("user_id", user)["minutes"] == [1.5]


def test_all_events_of_thirty_days(read: Read):
    everything = counter(period=timedelta(days=30), default_value=0)
    assert read(everything, click("a"), page_view("https://shop.example.com/")) == 2
