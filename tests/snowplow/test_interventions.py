"""Interventions: subscribers receive them, and a push says whether there was one."""

import uuid
from collections.abc import Iterator

import pytest
from snowplow_signals import InterventionInstance, SignalsSandbox

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.interventions import (
    is_test,
    push_intervention,
    push_test_intervention,
    readable,
    subscription,
)
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


def test_subscriber_receives_only_what_is_pushed_to_them(signals):
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


def test_an_intervention_of_any_name_and_version_is_sent_as_a_test(signals):
    me = str(uuid.uuid4())
    received: list[InterventionInstance] = []
    listening = subscription(signals, me, received.append)
    listening.start()
    values = {"n": "3", "name": "clash", "sent_by": "somebody"}
    try:
        push = lambda: push_intervention(signals, "my_nudge", 4, [me], values)  # noqa: E731
        assert eventually(lambda: push() == "success")
        assert eventually(lambda: len(received) == 1)
    finally:
        listening.stop()
    (test,) = received
    assert (test.name, test.version) == ("my_nudge", 4)
    assert test.attributes == {"n": "3", "name": "clash", "sent_by": "project app"}
    assert is_test(test)


def test_what_a_rule_sent_is_no_test() -> None:
    sent = InterventionInstance(name="my_nudge", version=1, attributes={"n": "3"})
    assert not is_test(sent) and not is_test(sent.model_copy(update={"attributes": None}))


@pytest.mark.parametrize(
    ("value", "said"),
    [("3", "3"), ("3.0", "3"), ("0.0012", "0.0012"), ("null", "null"), ("00", "00"), ("[", "[")],
)
def test_values_are_readable(value: str, said: str) -> None:
    assert readable(value) == said


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
