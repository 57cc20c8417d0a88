"""What a person sees for each mistake in the troubleshooting lists of Snowplow's Python tutorial.

https://docs.snowplow.io/tutorials/python-tracking-and-signals/define-attributes/
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from snowplow_signals import (
    Attribute,
    Event,
    InterventionCriterion,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    Signals,
    SignalsSandbox,
    StreamAttributeGroup,
    user_id,
)

from lib.connection.backend import new_token
from lib.connection.explanations import SDK_ERRORS, Explanation, explained
from lib.connection.settings import SettingsError, load_settings
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import Plan, attribute_group, intervention, publish

OWNER = "you@example.com"
PLAN = Plan(owner=OWNER, vendor="com.example")
TASK_COMPLETED = Event(vendor="com.example", name="task_completed", version="1-0-0")
ACCOUNT = {
    "COLLECTOR_URL": "https://collector.acme.com",
    "SIGNALS_API_URL": "https://abc123.signals.snowplowanalytics.com",
    "CONSOLE_API_KEY": str(uuid.UUID(int=1)),
    "CONSOLE_API_KEY_ID": str(uuid.UUID(int=2)),
    "ORG_ID": str(uuid.UUID(int=3)),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def signals(server: EmbeddedServer) -> SignalsSandbox:
    return SignalsSandbox(api_url=server.url, sandbox_token=new_token())


def explanation_of(mistake: Callable[[], Any]) -> Explanation:
    """What the app shows after this mistake."""
    with pytest.raises(SDK_ERRORS) as raised:
        mistake()
    return explained(raised.value)


def group_with(**changes: Any) -> StreamAttributeGroup:
    fields: dict[str, Any] = {
        "name": "project_engagement",
        "attribute_key": user_id,
        "owner": OWNER,
        "attributes": [
            Attribute(name="n", type="int32", events=[TASK_COMPLETED], aggregation="counter")
        ],
    }
    return StreamAttributeGroup(**fields | changes)


def test_an_aggregation_without_its_property_is_refused(signals):
    last = Attribute(name="p", type="string", events=[TASK_COMPLETED], aggregation="last")
    assert explanation_of(lambda: signals.publish([group_with(attributes=[last])])) == Explanation(
        "Signals answered 422: attributes.0.property: last aggregation requires a property to be"
        " set",
        "Add property=EventProperty(...) that names what to aggregate.",
    )


def test_an_attribute_without_its_group_is_refused():
    seen = explanation_of(
        lambda: InterventionCriterion(attribute="tasks_completed_count", operator=">=", value=5)
    )
    assert "attribute: String should match pattern" in seen.message
    assert seen.advice == (
        "Name the attribute with its group, as in project_engagement:tasks_completed_count."
    )


def test_a_target_that_is_a_key_instead_of_a_link_is_refused():
    seen = explanation_of(
        lambda: RuleIntervention(
            name="nudge",
            owner=OWNER,
            criteria=intervention(PLAN).criteria,
            target_attribute_keys=[user_id],
        )
    )
    assert "target_attribute_keys.0: " in seen.message
    assert seen.advice == (
        "target_attribute_keys takes links: write LinkAttributeKey(name='user_id')."
    )


def test_a_link_to_a_key_that_is_not_there_is_refused(signals):
    group = group_with(attribute_key=LinkAttributeKey(name="customer"))
    assert explanation_of(lambda: signals.publish([group])) == Explanation(
        "Signals answered 422: attribute_key: attribute key 'customer' does not exist. Built-in"
        " keys are domain_sessionid, domain_userid, network_userid, user_id; a custom key needs a"
        " property.",
        "Use a built-in key, from snowplow_signals import user_id, or give a custom key a"
        " property.",
    )


def test_an_owner_that_is_no_email_is_refused():
    seen = explanation_of(lambda: attribute_group(Plan(owner="me", vendor="com.example")))
    assert "owner: value is not a valid email address" in seen.message
    assert seen.advice == "Use an email address as the owner, for people who have questions."


def test_a_service_read_by_the_wrong_argument_is_explained(signals):
    seen = explanation_of(
        lambda: signals.get_service_attributes(
            service="project_engagement_service", attribute_key="user_id", identifier="x"
        )
    )
    assert "unexpected keyword argument 'service'" in seen.message
    assert seen.advice.startswith("Pass the service's name as name=")


def test_a_user_id_that_is_no_uuid_has_no_values_and_no_error(signals):
    publish(signals, PLAN)
    assert signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier="user-123"
    ) == {
        "user_id": "user-123",
        "tasks_completed_count": None,
        "last_completed_task_priority": None,
    }


def test_an_api_url_without_https_is_found_in_the_settings():
    settings = ACCOUNT | {"SIGNALS_API_URL": "abc123.signals.snowplowanalytics.com"}
    with pytest.raises(SettingsError) as raised:
        load_settings(settings, {}, None)
    assert [problem.setting for problem in raised.value.problems] == ["SIGNALS_API_URL"]
    assert "https://" in raised.value.problems[0].message + raised.value.problems[0].fix


def test_an_api_url_without_https_is_explained_when_the_sdk_uses_it():
    signals = SignalsSandbox(api_url="abc123.signals.example.com", sandbox_token=new_token())
    seen = explanation_of(lambda: signals.get_attribute_group("project_engagement"))
    assert seen == Explanation(
        "The Signals API URL cannot be used.",
        "SIGNALS_API_URL must start with https://, as in https://abc123.signals.example.com.",
    )


def test_a_missing_key_id_is_named_in_the_settings():
    settings = {key: value for key, value in ACCOUNT.items() if key != "CONSOLE_API_KEY_ID"}
    with pytest.raises(SettingsError) as raised:
        load_settings(settings, {}, None)
    assert [problem.setting for problem in raised.value.problems] == ["CONSOLE_API_KEY_ID"]


def test_a_missing_key_id_is_explained_when_the_sdk_needs_it():
    seen = explanation_of(
        lambda: Signals(api_url="https://x.example.com", api_key="k", org_id="o")  # type: ignore[call-arg]
    )
    assert "'api_key_id'" in seen.message
    assert seen.advice == "Pass api_key_id= too: the API key and its ID are needed together."


def test_a_service_on_a_group_that_is_not_there_is_refused(signals):
    service = Service(name="s", owner=OWNER, attribute_groups=[group_with(name="missing")])
    seen = explanation_of(lambda: signals.publish([service]))
    assert "attribute group 'missing' version 1 does not exist" in seen.message


def test_an_intervention_before_its_group_is_refused(signals):
    seen = explanation_of(lambda: signals.publish([intervention(PLAN)]))
    assert seen == Explanation(
        "Signals answered 422: criteria: no published attribute group has the attribute"
        " 'project_engagement:tasks_completed_count'",
        "On the definitions page, select the attribute that the intervention needs, and publish.",
    )


def test_a_service_that_is_not_published_says_what_to_do(signals):
    seen = explanation_of(
        lambda: signals.get_service_attributes(
            name="nothing", attribute_key="user_id", identifier=str(uuid.uuid4())
        )
    )
    assert seen == Explanation(
        "Signals answered 404: Service 'nothing' does not exist",
        "Publish the definitions first, and check the name for typos.",
    )


def test_a_server_that_is_not_there_says_so(tmp_path: Path):
    server = EmbeddedServer(tmp_path / "sandbox.db")
    server.stop()
    signals = SignalsSandbox(api_url=server.url, sandbox_token=new_token())
    seen = explanation_of(lambda: signals.get_attribute_group("project_engagement"))
    assert seen.message == "Signals cannot be reached."
