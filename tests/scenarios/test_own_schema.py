"""A schema of one's own, from adding it to a value that is computed from its field."""

from collections.abc import Iterator

import pytest
from snowplow_signals import Attribute, Event, EventProperty, StreamAttributeGroup, user_id
from snowplow_tracker import SelfDescribing, SelfDescribingJson

from lib.connection.backend import Connection, new_token, sandbox_connection
from lib.diagnosis.schema_draft import composed
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import new_id, tracker

URI = "iglu:com.acme/order/jsonschema/1-0-0"
ROW = {"field": "amount", "type": "integer", "required": True, "values": "", "meaning": ""}
SPENT = Attribute(
    name="spent",
    type="int64",
    aggregation="sum",
    events=[Event(vendor="com.acme", name="order", version="1-0-0")],
    property=EventProperty(vendor="com.acme", name="order", major_version=1, path="amount"),
)


@pytest.fixture
def connection(tmp_path) -> Iterator[Connection]:
    server = EmbeddedServer(tmp_path / "sandbox.db")
    connection = sandbox_connection(server.url, new_token())
    yield connection
    connection.close()
    server.stop()


def test_a_value_is_computed_from_events_that_follow_an_added_schema(connection) -> None:
    inspector, user = connection.inspector, new_id()
    inspector.add_schema(composed("com.acme", "order", "1-0-0", "An order", [ROW]))
    group = StreamAttributeGroup(
        name="orders",
        version=1,
        attribute_key=user_id,
        owner="ada@example.com",
        attributes=[SPENT],
    )
    connection.signals.publish([group])
    sender = tracker(connection.collector_url, user)
    for amount in (20, "much", 22):
        sender.track(SelfDescribing(SelfDescribingJson(URI, {"amount": amount})))

    (failed,) = [each for each in inspector.events(user) if each["status"] == "failed"]
    assert '"much" is not of type "integer"' in str(failed["failures"])
    assert (
        connection.signals.get_group_attributes(
            name="orders",
            version=1,
            attributes=["spent"],
            attribute_key="user_id",
            identifier=user,
        )["spent"]
        == 42
    )
