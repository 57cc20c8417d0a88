"""The mistakes that Snowplow's Python tutorial names, made with the SDKs, and what is advised.

Source: https://docs.snowplow.io/tutorials/python-tracking-and-signals/define-attributes/ and the
other pages of this tutorial (common mistakes, troubleshooting)
"""

from collections.abc import Callable
from typing import Any

import pytest
from snowplow_signals import (
    Attribute,
    AttributeKeyIdentifiers,
    InterventionCriterion,
    RuleIntervention,
    Signals,
    SignalsSandbox,
    StreamAttributeGroup,
    user_id,
)
from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Snowplow, Tracker

from lib.connection.advice import ADVICE, advice_on
from lib.connection.explanations import explained

URL = "http://127.0.0.1:1"
UUID = "218e8926-3858-431d-b2ed-66da03a1cbe5"


def signals() -> Any:
    return SignalsSandbox(api_url=URL, sandbox_token="a")


def signals_with(*positional: str, **named: str) -> Any:
    client: Any = Signals
    return client(*positional, **named)


def group_on(key: Any) -> StreamAttributeGroup:
    count = Attribute(name="n", type="int32", events=[], aggregation="counter")
    return StreamAttributeGroup(
        name="g", owner="ada@example.com", attribute_key=key, attributes=[count]
    )


def nudge(criterion: str = "g:n", **changes: Any) -> RuleIntervention:
    fields = {"name": "i", "owner": "ada@example.com"}
    criteria = InterventionCriterion(attribute=criterion, operator=">", value=1)
    return RuleIntervention(**{**fields, "criteria": criteria, **changes})


# A name for each mistake, the mistake, and how the advice begins
MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    "endpoint=": (
        lambda: signals_with(endpoint=URL, api_key="k", api_key_id="i", org_id="o"),
        "There is no endpoint=. Pass the address of the Signals API as api_url=.",
    ),
    "endpoint= of the sandbox's client": (
        lambda: SignalsSandbox(endpoint=URL, sandbox_token="a"),  # type: ignore[call-arg]
        "There is no endpoint=.",
    ),
    "positional arguments": (
        lambda: signals_with(URL, "k", "i", "o"),
        "Pass four arguments by keyword: Signals(api_url=..., api_key=...,",
    ),
    "positional arguments of the sandbox's client": (
        lambda: SignalsSandbox(URL, "a"),  # type: ignore[misc]
        "Pass two arguments by keyword: SignalsSandbox(api_url=..., sandbox_token=...)",
    ),
    "no api_key_id": (
        lambda: signals_with(api_url=URL, api_key="k", org_id="o"),
        "Pass api_key_id= too",
    ),
    "no org_id": (
        lambda: signals_with(api_url=URL, api_key="k", api_key_id="i"),
        "Pass four arguments by keyword",
    ),
    "an empty api_key_id": (
        lambda: signals_with(api_url=URL, api_key="k", api_key_id="", org_id="o"),
        "Set CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID",
    ),
    "a host without https://": (
        lambda: SignalsSandbox(
            api_url="a.signals.example.com", sandbox_token="a"
        ).get_attribute_group("g"),
        "SIGNALS_API_URL must start with https://",
    ),
    "group_name=": (
        lambda: signals().get_group_attributes(
            group_name="g", version=1, attributes=["n"], attribute_key="user_id", identifier=UUID
        ),
        "Pass the group's name as name=",
    ),
    "service=": (
        lambda: signals().get_service_attributes(
            service="s", attribute_key="user_id", identifier=UUID
        ),
        "Pass the service's name as name=",
    ),
    "service_name=": (
        lambda: signals().get_service_attributes(
            service_name="s", attribute_key="user_id", identifier=UUID
        ),
        "Pass the service's name as name=",
    ),
    "user_id= instead of identifier=": (
        lambda: signals().get_service_attributes(name="s", attribute_key="user_id", user_id=UUID),
        "Call it like this: get_service_attributes(name='my_service',",
    ),
    "a group without its version": (
        lambda: signals().get_group_attributes(
            name="g", attributes=["n"], attribute_key="user_id", identifier=UUID
        ),
        "Call it like this: get_group_attributes(name='my_group', version=1,",
    ),
    "an attribute without its group": (
        lambda: nudge("tasks_completed_count"),
        "Name the attribute with its group",
    ),
    "a short attribute without its group": (
        lambda: nudge("n"),
        "Name the attribute with its group",
    ),
    "a key instead of a link": (
        lambda: nudge(target_attribute_keys=[user_id]),
        "target_attribute_keys takes links",
    ),
    "a name instead of a link": (
        lambda: nudge(target_attribute_keys=["user_id"]),
        "target_attribute_keys takes links",
    ),
    "a name instead of a key": (
        lambda: group_on("user_id"),
        "attribute_key takes a key and not its name",
    ),
    "an owner that is no email": (lambda: nudge(owner="me"), "Use an email address as the owner"),
    "no owner": (lambda: nudge(owner=None), "Use an email address as the owner"),
    "one definition instead of a list": (
        lambda: signals().publish(nudge()),
        "Put the definitions into a list",
    ),
    ".attributes of the values": (
        lambda: {"n": 1}.attributes,  # type: ignore[attr-defined]
        "The values are a dictionary",
    ),
    "one identifier instead of a list": (
        lambda: AttributeKeyIdentifiers({"user_id": UUID}),  # type: ignore[dict-item]
        "Name each key and list its identifiers",
    ),
    "event= of a self-describing event": (
        lambda: SelfDescribing(event=SelfDescribingJson("iglu:a/b/jsonschema/1-0-0", {})),
        "Pass the SelfDescribingJson first",
    ),
    "a tracker's namespace twice": (
        lambda: Tracker("app", [], namespace="app"),
        "Pass everything by keyword: Tracker(namespace=..., emitters=...)",
    ),
    "buffer_size=": (lambda: Emitter(URL, buffer_size=1), "An emitter has no buffer_size="),
    "Snowplow.flush()": (lambda: Snowplow.flush(), "Flush the tracker instead"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_tutorial_is_answered_with_what_to_do(mistake: str) -> None:
    make, advice = MISTAKES[mistake]
    with pytest.raises(Exception) as raised:
        make()
    assert explained(raised.value).advice.startswith(advice)


@pytest.mark.parametrize(
    "message",
    [
        "Attribute: aggregation: Input should be 'counter' or 'sum'",
        "criteria.any: List should have at least 1 item",  # nothing to select
        "the attribute email_address is unknown",  # no owner
        "attribute_key: this key has another property",
    ],
)
def test_advice_is_for_its_own_mistake_alone(message: str) -> None:
    assert advice_on(message, "as it says") == "as it says"


def test_a_wrong_call_is_not_to_be_tried_again() -> None:
    with pytest.raises(TypeError) as raised:
        signals().get_event_log(version=1)
    assert explained(raised.value).advice == "Correct the call as the message says."


def test_every_piece_of_advice_ends_in_a_sentence() -> None:
    assert [advice for advice in ADVICE.values() if not advice.endswith(".")] == []
