"""The samples of docs/signals on groups, keys, services and datasets, in our own words.

Sources: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/, attribute-keys and
warehouse-config beside it, https://docs.snowplow.io/docs/signals/applications/services/ and
https://docs.snowplow.io/docs/signals/ml-training-datasets/
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from snowplow_signals import (
    AtomicProperty,
    Attribute,
    AttributeKey,
    BatchSource,
    Criteria,
    Criterion,
    EntityProperty,
    ExternalBatchAttributeGroup,
    Field,
    PageView,
    Service,
    SignalsAPIError,
    SignalsSandbox,
    StreamAttributeGroup,
    TrainingSpan,
    WarehouseTable,
    domain_sessionid,
    domain_userid,
    network_userid,
    user_id,
)

from tests.support.samples import described, page_view
from tests.support.sandbox import OWNER, HandClock, World, new_id, service

HOME = "https://shop.example.com/"
VIEWS = Attribute(name="views", type="int32", events=[PageView()], aggregation="counter")
LAST = Attribute(
    name="page",
    type="string",
    events=[PageView()],
    aggregation="last",
    property=AtomicProperty(name="page_urlpath"),
)
FIELDS = {
    "user_id": "uid",
    "domain_userid": "duid",
    "domain_sessionid": "sid",
    "network_userid": "tnuid",
}


def stream_group(key: Any, *attributes: Attribute, **options: Any) -> StreamAttributeGroup:
    defaults = {"name": "pages", "version": 1, "owner": OWNER}
    chosen = list(attributes) or [VIEWS]
    return StreamAttributeGroup(
        **{**defaults, "attribute_key": key, "attributes": chosen} | options
    )


@pytest.mark.parametrize("key", [user_id, domain_userid, domain_sessionid, network_userid])
def test_a_group_on_each_built_in_key_counts(world: World, key: AttributeKey):
    someone = new_id()
    world.publish(stream_group(key, VIEWS, LAST))
    world.post(page_view(f"{HOME}offers", **{FIELDS[key.name]: someone}))
    read = world.read(key.name, someone)
    assert (read["views"], read["page"]) == ([1], ["/offers"])


def test_a_second_version_with_a_time_to_live(world: World, clock: HandClock):
    someone = new_id()
    group = stream_group(user_id, version=2, ttl=timedelta(days=90))
    world.publish(stream_group(user_id), group)
    world.post(page_view(HOME, uid=someone))
    clock.forward(days=89)
    values = world.signals.get_group_attributes(
        name="pages", version=2, attributes=["views"], attribute_key="user_id", identifier=someone
    )
    assert values == {"user_id": someone, "views": 1}
    first = world.signals.get_group_attributes("pages", 1, ["views"], "user_id", someone)
    assert first == {"user_id": someone, "views": None}


def test_a_group_is_tested_over_the_events_of_one_app(world: World):
    someone = new_id()
    world.post(
        page_view(HOME, duid=someone, aid="website"), page_view(HOME, duid=someone, aid="shop")
    )
    found = world.signals.test(attribute_group=stream_group(domain_userid), app_ids=["website"])
    assert found.to_dict(orient="records") == [{"domain_userid": someone, "views": 1}]


def test_a_definition_is_read_back_by_name_and_version(world: World):
    world.signals.publish([stream_group(domain_userid)])
    read = world.signals.get_attribute_group(name="pages", version=1)
    names = [each.name for each in read.attributes or []]
    assert (read.name, read.version, names, read.is_published) == ("pages", 1, ["views"], True)


def test_two_groups_are_published_unpublished_and_deleted(world: World):
    both = [stream_group(user_id), stream_group(domain_userid, name="others")]
    assert [each.name for each in world.signals.publish(both)] == ["pages", "others"]
    world.signals.unpublish(both[:1])
    assert world.signals.get_attribute_group("pages").is_published is False
    world.signals.delete(both[:1])
    with pytest.raises(SignalsAPIError, match="404"):
        world.signals.get_attribute_group("pages")
    assert world.signals.get_attribute_group("others").is_published is True


def test_a_key_of_one_s_own_by_a_column(world: World):
    by_app = AttributeKey(name="app", description="The app", property=AtomicProperty(name="app_id"))
    world.publish(stream_group(by_app))
    world.post(page_view(HOME, aid="website"), page_view(HOME, aid="website"))
    assert world.read("app", "website")["views"] == [2]


def test_a_key_of_one_s_own_by_an_entity(world: World, clock: HandClock):
    tier = AttributeKey(
        name="tier",
        description="What people pay for",
        property=EntityProperty(vendor="org.example", name="person", major_version=1, path="tier"),
        owner=OWNER,
        ttl=timedelta(days=365),
    )
    anything = Attribute(name="n", type="int32", events=[], aggregation="counter")
    world.publish(stream_group(tier, anything))
    person = {"schema": "iglu:org.example/person/jsonschema/1-0-0", "data": {"tier": "gold"}}
    world.post(described("iglu:org.example/seen/jsonschema/1-0-0", {}, person))
    clock.forward(days=364)
    assert world.read("tier", "gold")["n"] == [1]


@pytest.mark.parametrize(
    "how", [lambda group: {"name": group.name, "version": group.version}, lambda group: group]
)
def test_a_service_takes_groups_by_name_and_version_or_as_they_are(
    world: World, how: Callable[[StreamAttributeGroup], Any]
):
    someone = new_id()
    groups = [stream_group(user_id, version=2), stream_group(user_id, LAST, name="last_pages")]
    mine = Service(
        name="mine",
        description="Two groups",
        owner=OWNER,
        attribute_groups=[how(each) for each in groups],
    )
    world.signals.publish(groups)
    world.signals.publish([mine, service(groups[0], name="other")])
    world.post(page_view(f"{HOME}offers", uid=someone))
    assert world.signals.get_service_attributes(
        name="mine", attribute_key="user_id", identifier=someone
    ) == {"user_id": someone, "views": 1, "page": "/offers"}


# What the sandbox leaves out


@pytest.mark.parametrize(
    "since", [datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 5, 27, tzinfo=UTC)]
)
def test_a_backfill_is_refused_and_counts_once_it_is_left_out(world: World, since: datetime):
    someone = new_id()
    with pytest.raises(SignalsAPIError, match="Leave out backfill_since_tstamp here") as refused:
        world.publish(stream_group(domain_userid, backfill_since_tstamp=since))
    assert refused.value.status_code == 501
    world.publish(stream_group(domain_userid))
    with pytest.raises(SignalsAPIError, match="Leave out backfill_since_tstamp here"):
        world.publish(stream_group(domain_userid, backfill_since_tstamp=since))
    world.post(page_view(HOME, duid=someone))
    assert world.read("domain_userid", someone)["views"] == [1]


def test_a_group_with_a_backfill_is_tested_all_the_same(world: World):
    someone = new_id()
    world.post(page_view(HOME, duid=someone))
    since = datetime(2025, 1, 1, tzinfo=UTC)
    found = world.signals.test(stream_group(domain_userid, backfill_since_tstamp=since))
    assert found.to_dict(orient="records") == [{"domain_userid": someone, "views": 1}]


def warehouse_group(key: AttributeKey = domain_userid) -> ExternalBatchAttributeGroup:
    return ExternalBatchAttributeGroup(
        name="bought",
        version=1,
        attribute_key=key,
        owner=OWNER,
        batch_source=BatchSource(
            name="source",
            database="DB",
            schema="SIGNALS",
            table="BOUGHT",
            timestamp_field="UPDATED_AT",
            owner=OWNER,
        ),
        backfill_since_tstamp=datetime(2026, 6, 1, tzinfo=UTC),
        fields=[Field(name="TOTAL", type="int32")],
    )


SPAN = TrainingSpan(
    start_time=datetime(2026, 1, 1, tzinfo=UTC), end_time=datetime(2026, 4, 1, tzinfo=UTC)
)
GOAL = Criteria(all=[Criterion.eq(AtomicProperty(name="event"), "transaction")])
ANCHORS = WarehouseTable.model_validate({"database": "DB", "schema": "S", "table": "ANCHORS"})


def test_a_key_by_a_column_of_a_warehouse_is_named_for_it_and_of_no_use_here(world: World):
    by_customer = AttributeKey(external_column="CUSTOMER_ID", description="A table's customers")
    with pytest.raises(SignalsAPIError, match="501"):
        world.signals.publish([warehouse_group(by_customer)])
    with pytest.raises(SignalsAPIError, match="attribute key 'CUSTOMER_ID' does not exist"):
        world.signals.publish([stream_group(by_customer)])


@pytest.mark.parametrize(
    "call",
    [
        lambda signals: signals.publish([warehouse_group()]),
        lambda signals: signals.submit_dataset_run_with_session_anchors(
            attribute_groups=[stream_group(domain_sessionid)],
            goal_criteria=GOAL,
            training_span=SPAN,
        ),
        lambda signals: signals.submit_dataset_run_with_custom_anchors(
            attribute_groups=[stream_group(domain_sessionid)], anchors_table=ANCHORS
        ),
        lambda signals: signals.build_dataset_with_session_anchors(
            attribute_groups=[stream_group(domain_sessionid)],
            goal_criteria=GOAL,
            training_span=SPAN,
        ),
        lambda signals: signals.get_dataset_run_status(uuid.uuid4()),
        lambda signals: signals.get_dataset_run_preview(uuid.uuid4(), limit=10),
        lambda signals: signals.cancel_dataset_run(uuid.uuid4()),
    ],
)
def test_groups_that_need_a_warehouse_are_refused_with_an_explanation(
    world: World, call: Callable[[SignalsSandbox], object]
):
    with pytest.raises(SignalsAPIError) as refused:
        call(world.signals)
    assert refused.value.status_code == 501
    assert "sandbox" in str(refused.value.message)
