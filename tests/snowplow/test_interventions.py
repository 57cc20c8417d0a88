"""Interventions: subscribers receive them, and a push says whether there was one."""

import uuid
from collections.abc import Iterator

import pytest
from snowplow_signals import InterventionInstance, SignalsSandbox

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.interventions import push_test_intervention, subscription
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def signals(server: EmbeddedServer) -> SignalsSandbox:
    return SignalsSandbox(api_url=server.url, sandbox_token=new_token())


def test_what_is_pushed_while_nobody_listens_is_lost(signals):
    assert push_test_intervention(signals, str(uuid.uuid4())) == "undelivered"


def test_who_subscribed_receives_what_is_pushed_to_them_and_nothing_else(signals):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    received: list[InterventionInstance] = []
    listening = subscription(signals, me, received.append)
    listening.start()
    try:
        assert eventually(lambda: push_test_intervention(signals, me) == "success")
        assert push_test_intervention(signals, other) == "undelivered"
        assert push_test_intervention(signals, other, me) == "success"
        assert eventually(lambda: len(received) == 2)
    finally:
        listening.stop()
    for each in received:
        assert (each.name, each.version) == ("hello_from_the_app", 1)
        assert each.attributes == {"sent_by": "project app"}
        assert each.target_attribute_key is not None and each.target_attribute_key.id == me


def test_pushed_intervention_arrives_with_its_attributes(signals):
    me = str(uuid.uuid4())
    received: list[InterventionInstance] = []
    listening = subscription(signals, me, received.append)
    listening.start()
    try:
        assert eventually(lambda: push_test_intervention(signals, me, headline="Hi") == "success")
        assert eventually(lambda: len(received) == 1)
    finally:
        listening.stop()
    assert received[0].attributes == {"sent_by": "project app", "headline": "Hi"}


def test_a_subscription_cannot_be_started_twice(signals):
    me = str(uuid.uuid4())
    listening = subscription(signals, me, lambda _: None)
    listening.start()
    try:
        assert eventually(lambda: push_test_intervention(signals, me) == "success")
        with pytest.raises(RuntimeError):
            listening.start()
    finally:
        listening.stop()
