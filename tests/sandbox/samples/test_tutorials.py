"""The definitions, reads and endings of Snowplow's tutorials and notebooks, in our own words.

`tests/sandbox/test_tutorial.py` and `test_run.py` have the Python tutorial.

Sources: https://docs.snowplow.io/tutorials/signals-agentic-accelerator/configure-signals/ (and its
notebook), https://docs.snowplow.io/tutorials/signals-personalize-travel/defining-attributes/,
https://docs.snowplow.io/tutorials/signals-interventions/define-attributes-python/,
https://docs.snowplow.io/tutorials/signals-interventions/define-interventions/,
https://docs.snowplow.io/tutorials/signals-ml-prospect-scoring/define-prospect-attributes/ and
https://docs.snowplow.io/tutorials/signals-quickstart/retrieve-attributes/
"""

from typing import Any

import pandas as pd
import pytest
import requests
from snowplow_signals import (
    AtomicProperty,
    Attribute,
    Criteria,
    Criterion,
    EntityProperty,
    Event,
    EventProperty,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    SignalsAPIError,
    StreamAttributeGroup,
    domain_sessionid,
    domain_userid,
)
from snowplow_tracker import (
    Emitter,
    PageView,
    SelfDescribing,
    SelfDescribingJson,
    Subject,
    Tracker,
)

from tests.support.samples import described, page_view
from tests.support.sandbox import OWNER, World, listening, new_id
from tests.support.waiting import PATIENCE_SECONDS

VIEWED = Event(vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0")
TRAVEL = "com.snowplowanalytics.accelerators.travel"
FILTERED = Event(vendor=TRAVEL, name="filter_tag_applied", version="1-0-0")
SHOP = "com.snowplowanalytics.snowplow.ecommerce"


def counter(name: str, *events: Event, **options: Any) -> Attribute:
    return Attribute(name=name, type="int32", events=events, aggregation="counter", **options)


def event_property(name: str, path: str, vendor: str = TRAVEL) -> EventProperty:
    return EventProperty(vendor=vendor, name=name, major_version=1, path=path)


# Travel: a session's interests, for an agent and for a page


def interest(name: str, *tags: str) -> Attribute:
    """Counts filters and pages with one of the tags."""
    page = EntityProperty(vendor=TRAVEL, name="content", major_version=1, path="primary_tag")
    filtered = event_property("filter_tag_applied", "tag_name")
    either = [Criterion.in_list(property=each, values=list(tags)) for each in (filtered, page)]
    return counter(name, FILTERED, VIEWED, criteria=Criteria(any=either))


def chosen(name: str, event: str, path: str, **criteria: str) -> Attribute:
    """The last value of an event's property, of the events whose other property has a value."""
    wanted = [Criterion.eq(event_property(event, key), value) for key, value in criteria.items()]
    return Attribute(
        name=name,
        type="string",
        events=[Event(vendor=TRAVEL, name=event, version="1-0-0")],
        aggregation="last",
        property=event_property(event, path),
        criteria=Criteria(all=wanted) if wanted else None,
    )


def travel_group() -> StreamAttributeGroup:
    destination = Criterion.like(
        property=AtomicProperty(name="page_urlpath"), value="%destinations%"
    )
    cheap = Criterion.eq(event_property("sort_change", "sort_option"), "price-low")
    sorted_by = Event(vendor=TRAVEL, name="sort_change", version="1-0-0")
    return StreamAttributeGroup(
        name="travel_view",
        version=1,
        attribute_key=domain_sessionid,
        owner=OWNER,
        attributes=[
            counter("pages", VIEWED, description="All pages"),
            counter("destinations", VIEWED, criteria=Criteria(all=[destination])),
            interest("culture", "culture", "history", "temples"),
            interest("food", "food", "street food"),
            counter("budget", sorted_by, criteria=Criteria(all=[cheap])),
            chosen("length", "experience_filter", "filter_value", filter_type="duration"),
            chosen("schedule", "schedule_update", "schedule"),
        ],
    )


def travel_service() -> Service:
    return Service(
        name="travel_service",
        description="What an agent may know of a session",
        attribute_groups=[travel_group()],
        owner=OWNER,
    )


def visit(world: World, session: str) -> None:
    """A visit as the notebook sends it, with the Python tracker."""
    subject = Subject()
    subject.set_domain_user_id(session)
    subject.set_domain_session_id(session)
    sender = requests.Session()
    sender.trust_env = False
    emitter = Emitter(endpoint=world.collector, session=sender)
    tracker = Tracker(namespace="notebook", subject=subject, emitters=emitter)

    def tell(event: str, **data: str) -> None:
        json = SelfDescribingJson(f"iglu:{TRAVEL}/{event}/jsonschema/1-0-0", data)
        tracker.track(SelfDescribing(json))

    for _ in range(2):
        tracker.track(PageView(page_url="https://travel.example.com/destinations"))
    for tag in ("culture", "temples", "beaches"):
        content = {"name": "Kyoto", "page_type": "destination", "primary_tag": tag}
        tracker.track(
            PageView(
                page_url="https://travel.example.com/destinations/kyoto",
                event_subject=subject,
                context=[SelfDescribingJson(f"iglu:{TRAVEL}/content/jsonschema/1-0-0", content)],
            )
        )
    for tag in ("culture", "street food"):
        tell("filter_tag_applied", tag_name=tag)
    tell("sort_change", sort_option="price-low")
    tell("sort_change", sort_option="price-high")
    tell("experience_filter", filter_type="duration", filter_value="half-day")
    tell("experience_filter", filter_type="size", filter_value="small")
    tracker.flush()


INTERESTS = {
    "pages": 5,
    "destinations": 5,
    "culture": 3,
    "food": 1,
    "budget": 1,
    "length": "half-day",
    "schedule": None,
}


def test_what_a_session_is_interested_in(world: World):
    session = new_id()
    published = world.signals.publish([travel_group(), travel_service()])
    assert [each.name for each in published] == ["travel_view", "travel_service"]
    visit(world, session)
    response = world.signals.get_service_attributes(
        name="travel_service", attribute_key="domain_sessionid", identifier=session
    )
    assert response == {"domain_sessionid": session, **INTERESTS}
    assert response.get("pages") == 5


def test_help_comes_at_the_third_destination(world: World):
    session = new_id()
    world.signals.publish([travel_group(), travel_service()])
    help_out = RuleIntervention(
        name="destination_help",
        owner=OWNER,
        target_attribute_keys=[LinkAttributeKey(name="domain_sessionid")],
        version=1,
        criteria=InterventionCriterion(
            attribute="travel_view:destinations", operator=">=", value=3
        ),
    )
    world.signals.publish([help_out])
    with listening(world.signals, domain_sessionid=session) as subscription:
        visit(world, session)
        assert subscription.get(timeout=PATIENCE_SECONDS).attributes["destinations"] == "3"


def test_a_tutorial_ends_with_unpublishing_and_deleting_the_service_and_its_group(world: World):
    """The SDK sends the group first, whatever the order of the list."""
    both = [travel_service(), travel_group()]
    world.signals.publish(both[::-1])
    world.signals.unpublish(both)
    assert world.signals.get_attribute_group("travel_view").is_published is False
    world.signals.delete(both)
    with pytest.raises(SignalsAPIError, match="404"):
        world.signals.get_attribute_group("travel_view")


# A shop: three interventions for whoever fills a cart


def action(kind: str, price: float, **ids: str) -> dict[str, str]:
    product = {"schema": f"iglu:{SHOP}/product/jsonschema/1-0-0", "data": {"price": price}}
    schema = f"iglu:{SHOP}/snowplow_ecommerce_action/jsonschema/1-0-2"
    return {**described(schema, {"type": kind}, product), **ids}


def shop_group() -> StreamAttributeGroup:
    """Its events have a name and no vendor: any vendor's count."""
    done = Event(name="snowplow_ecommerce_action")

    def only(kind: str) -> Criteria:
        of_action = event_property("snowplow_ecommerce_action", "type", SHOP)
        return Criteria(all=[Criterion.eq(property=of_action, value=kind)])

    return StreamAttributeGroup(
        name="shop",
        version=1,
        attribute_key=domain_userid,
        owner=OWNER,
        attributes=[
            counter("viewed", done, criteria=only("product_view")),
            counter("added", done, criteria=only("add_to_cart")),
            Attribute(
                name="cart",
                type="double",
                events=[done],
                criteria=only("add_to_cart"),
                property=EntityProperty(vendor=SHOP, name="product", major_version=1, path="price"),
                aggregation="sum",
            ),
        ],
    )


def banner(name: str, attribute: str, more_than: int) -> RuleIntervention:
    """Without a version, and for two keys of which the criteria know one."""
    return RuleIntervention(
        name=name,
        owner=OWNER,
        criteria=InterventionCriterion(
            attribute=f"shop:{attribute}", operator=">", value=more_than
        ),
        target_attribute_keys=[
            LinkAttributeKey(name="user_id"),
            LinkAttributeKey(name="domain_userid"),
        ],
    )


def test_a_cart_brings_its_banners_to_both_targets_once(world: World):
    browser, user = new_id(), new_id()
    service = Service(name="shop", attribute_groups=[shop_group()], owner=OWNER)
    world.signals.publish([shop_group(), service])
    banners = [("cart", "added", 0), ("discount", "viewed", 3), ("free_shipping", "cart", 100)]
    world.signals.publish([banner(*each) for each in banners])
    ids = {"duid": browser, "uid": user}
    with listening(world.signals, domain_userid=browser, user_id=user) as subscription:
        world.post(*(action("product_view", 60, **ids) for _ in range(4)))
        world.post(*(action("add_to_cart", 60, **ids) for _ in range(2)))
        names = [subscription.get(timeout=PATIENCE_SECONDS).name for _ in range(3)]
    assert names == ["discount", "cart", "free_shipping"]
    assert service.get_attributes(
        signals=world.signals, attribute_key="domain_userid", identifier=browser
    ) == {"domain_userid": browser, "viewed": 4, "added": 2, "cart": 120.0}


# Prospects and the quick start: counted pages, as rows of a data frame


def pages_group(name: str, key: Any) -> StreamAttributeGroup:
    def like(part: str) -> Criteria:
        return Criteria(all=[Criterion.like(AtomicProperty(name="page_url"), f"%{part}%")])

    return StreamAttributeGroup(
        name=name,
        version=1,
        attribute_key=key,
        owner=OWNER,
        attributes=[
            counter("views", VIEWED),
            counter("pricing", VIEWED, criteria=like("pricing")),
            counter("customers", VIEWED, criteria=like("customers")),
        ],
    )


def test_prospects_are_tested_published_and_read_as_a_row(world: World):
    browser = new_id()
    group = pages_group("prospects", domain_userid)
    pages = ["", "pricing", "pricing?plan=a", "customers/acme"]

    def browse() -> None:
        urls = [f"https://shop.example.com/{page}" for page in pages]
        world.post(*(page_view(url, duid=browser, aid="website") for url in urls))

    browse()
    counted = {"domain_userid": browser, "views": 4, "pricing": 2, "customers": 1}
    tested = world.signals.test(attribute_group=group, app_ids=["website"])
    assert tested.to_dict(orient="records") == [counted]
    service = Service(name="prospects_service", owner=OWNER, attribute_groups=[group])
    assert len(world.signals.publish([group, service])) == 2
    browse()
    row = world.signals.get_service_attributes(
        name="prospects_service", attribute_key="domain_userid", identifier=browser
    )
    assert pd.DataFrame([row]).to_dict(orient="records") == [counted]
    nobody = world.signals.get_service_attributes(
        name="prospects_service", attribute_key="domain_userid", identifier=new_id()
    )
    assert set(nobody.values()) == {nobody["domain_userid"], None}


def test_the_quick_start_reads_by_service_and_by_group(world: World):
    session = new_id()
    group = pages_group("quickstart_group", domain_sessionid)
    service = Service(name="quickstart_service", owner=OWNER, attribute_groups=[group])
    world.signals.publish([group, service])
    world.post(page_view("https://shop.example.com/", sid=session))
    by_service = world.signals.get_service_attributes(
        name="quickstart_service", attribute_key="domain_sessionid", identifier=session
    )
    by_group = world.signals.get_group_attributes(
        name="quickstart_group",
        version=1,
        attributes=["views"],
        attribute_key="domain_sessionid",
        identifier=session,
    )
    assert by_service["views"] == by_group["views"] == 1
    assert list(pd.DataFrame([by_group]).columns) == ["domain_sessionid", "views"]
