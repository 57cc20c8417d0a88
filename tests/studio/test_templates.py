"""Each template is published with the real SDK, and its events give it values."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from snowplow_signals import Service, SignalsSandbox
from snowplow_tracker import PageView, SelfDescribing, SelfDescribingJson, Subject, Tracker
from snowplow_tracker.emitters import Emitter

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import Plan, as_json
from lib.studio import changes
from lib.studio.python_reader import read_python
from lib.studio.python_writer import written_python
from lib.studio.registry import read_registry
from lib.studio.templates import TEMPLATES, Template
from tests.support.sandbox import listening
from tests.support.waiting import PATIENCE_SECONDS, eventually

PLAN = Plan(owner="you@example.com", vendor="com.example")
USER, SESSION = str(uuid.uuid4()), str(uuid.uuid4())
IDENTIFIERS = {"user_id": USER, "domain_sessionid": SESSION, "project_id": "project-1"}
VALUED = [each for each in TEMPLATES if each.key != "context"]
NUDGED = ["story", "combined", "changed", "payload", "from_session"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


class Somebody:
    """Who uses the project tool, in a sandbox of their own."""

    def __init__(self, server: EmbeddedServer) -> None:
        token = new_token()
        self.signals = SignalsSandbox(api_url=server.url, sandbox_token=token)
        emitter = Emitter(f"{server.url}/sandbox/{token}", batch_size=1)
        subject = Subject().set_user_id(USER).set_domain_session_id(SESSION)
        self.tracker = Tracker("test", emitter, subject=subject)

    def publish(self, template: Template) -> None:
        change = changes.change_of(template.make(PLAN), read_registry(self.signals))
        changes.publish(self.signals, change)

    def do(self, template: Template, times: int = 6) -> None:
        for number in range(times):
            for name in template.events:
                self._track(name, number)
        self.tracker.flush()

    def _track(self, name: str, number: int) -> None:
        if name == "page_view":
            self.tracker.track(PageView(page_url="https://app.example.com/board"))
            return
        data: dict[str, Any] = {"task_id": f"task-{number}"}
        data |= {"minutes": 5} if name == "time_logged" else {"priority": "high"}
        project = SelfDescribingJson(
            "iglu:com.example/project/jsonschema/1-0-0",
            {"project_id": "project-1", "plan": "team"},
        )
        event = SelfDescribingJson(f"iglu:com.example/{name}/jsonschema/1-0-0", data)
        self.tracker.track(SelfDescribing(event, context=[project]))

    def values(self, template: Template) -> dict[str, Any]:
        definitions = template.make(PLAN)
        group = definitions[0]
        (service,) = (each for each in definitions if isinstance(each, Service))
        key = group.attribute_key.name
        return self.signals.get_service_attributes(service.name, key, IDENTIFIERS[key])


@pytest.fixture
def somebody(server: EmbeddedServer) -> Somebody:
    return Somebody(server)


def test_there_are_sixteen_ideas_with_a_name_each() -> None:
    assert len({each.key for each in TEMPLATES}) == len({each.title for each in TEMPLATES}) == 16


@pytest.mark.parametrize("template", VALUED, ids=lambda each: each.key)
def test_a_template_gives_every_value_after_its_events(template, somebody) -> None:
    somebody.publish(template)
    somebody.do(template)

    assert eventually(lambda: None not in somebody.values(template).values())


def test_the_template_of_a_context_keeps_each_of_its_events(somebody) -> None:
    (template,) = (each for each in TEMPLATES if each.key == "context")
    somebody.publish(template)
    somebody.do(template, times=1)

    context = somebody.signals.get_agentic_context(template.make(PLAN)[0].name, SESSION)
    assert [each["event_name"] for each in context.events] == list(template.events)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.key)
def test_where_a_template_means_completed_tasks_it_counts_the_event_in_use(template) -> None:
    shop = replace(PLAN, event="product_added", event_vendor="com.fjordandfell")
    usual, own = (
        json.dumps([as_json(each) for each in template.make(plan)]) for plan in (PLAN, shop)
    )
    assert "task_completed" not in own
    assert ("product_added" in own) == ("task_completed" in usual)


@pytest.mark.parametrize("key", NUDGED)
def test_a_template_with_a_nudge_sends_it_to_the_user(key, somebody) -> None:
    (template,) = (each for each in TEMPLATES if each.key == key)
    somebody.publish(template)
    with listening(somebody.signals, user_id=USER) as subscription:
        somebody.do(template)
        nudge = template.make(PLAN)[-1]

        assert subscription.get(timeout=PATIENCE_SECONDS).name == nudge.name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.key)
def test_a_template_can_be_edited_as_python(template) -> None:
    made = template.make(PLAN)

    assert list(read_python(written_python(made)).asked[0].definitions) == list(made)
