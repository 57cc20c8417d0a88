"""What the tests drive the sandbox with: the real SDKs, definitions and events to send.

Events are of a vendor whose schemas the sandbox does not hold, so that they can carry anything.
"""

import itertools
import json
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import requests
from snowplow_signals import (
    Attribute,
    AttributeKeyIdentifiers,
    Event,
    EventProperty,
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
    InterventionCriterion,
    InterventionInstance,
    LinkAttributeKey,
    RuleIntervention,
    Service,
    SignalsSandbox,
    StreamAttributeGroup,
    user_id,
)
from snowplow_tracker import SelfDescribing, SelfDescribingJson, Subject, Tracker
from snowplow_tracker.emitters import Emitter

NOW = 1_780_000_000_000
OWNER = "ada@example.com"
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
UNSTRUCT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
TASK_COMPLETED = "iglu:com.example/task_completed/jsonschema/1-0-0"
SEEN = "iglu:org.example/seen/jsonschema/1-0-0"  # a vendor that the sandbox does not validate
TP2 = "/com.snowplowanalytics.snowplow/tp2"
TRACKER = {"p": "srv", "tv": "test-1.0"}  # what every event in a payload must have


class HandClock:
    """Milliseconds UTC that only move when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def forward(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        self.now += round(1000 * (86_400 * days + 3600 * hours + seconds))


@dataclass
class World:
    """One sandbox of a server, as its clients see it."""

    url: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def collector(self) -> str:
        return f"{self.url}/sandbox/{self.token}"

    @property
    def signals(self) -> SignalsSandbox:
        return SignalsSandbox(api_url=self.url, sandbox_token=self.token)

    def api(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}/api/v1/{path}"
        return HTTP.request(method, url, json=body, headers=headers, **options)

    def post(self, *events: dict[str, str]) -> None:
        """Send events in one request; fails the test if the collector does not take them."""
        answer = HTTP.post(self.collector + TP2, content=payload(*events))
        assert (answer.status_code, answer.text) == (200, "ok")

    def publish(self, *groups: StreamAttributeGroup) -> None:
        """Publish attribute groups, and the service `everything` that `read` asks for them."""
        self.signals.publish([*groups, service(*groups)])

    def read(self, key: str, *identifiers: str, service: str = "everything") -> dict[str, Any]:
        body = {"service": service, "attribute_keys": {key: list(identifiers)}}
        answer = self.api("POST", "get-online-attributes", body)
        assert answer.status_code == 200, answer.text
        values: dict[str, Any] = answer.json()
        return values


JSON = {"Content-Type": "application/json"}
HTTP = httpx.Client(timeout=30, trust_env=False, headers=JSON)


# Events


def new_id() -> str:
    return str(uuid.uuid4())


def seen(user: str | None, data: Any = None, **fields: str) -> dict[str, str]:
    """A self-describing event of an unvalidated vendor, as tracker fields."""
    described = {"schema": UNSTRUCT, "data": {"schema": SEEN, "data": data or {}}}
    event = {"e": "ue", "eid": new_id(), "ue_pr": json.dumps(described), **TRACKER, **fields}
    return event if user is None else {**event, "uid": user}


def payload(*events: dict[str, str]) -> bytes:
    """The body of a request with these events, which need not name their tracker."""
    rows = [{**TRACKER, **each} for each in events]
    return json.dumps({"schema": PAYLOAD, "data": rows}).encode()


def tracker(collector: str, user: str, **options: Any) -> Tracker:
    """The Python tracker, sending each event at once."""
    subject = Subject()
    subject.set_user_id(user)
    session = requests.Session()
    session.trust_env = False
    emitter = Emitter(collector, batch_size=1, request_timeout=10, session=session, **options)
    return Tracker("project-app", emitter, subject=subject, app_id="project-app-backend")


def task_completed(priority: str = "high") -> SelfDescribing:
    task = SelfDescribingJson(TASK_COMPLETED, {"task_id": new_id(), "priority": priority})
    board = {"project_id": "p1", "plan": "free"}
    project = SelfDescribingJson("iglu:com.example/project/jsonschema/1-0-0", board)
    return SelfDescribing(task, context=[project])


# Definitions


def attribute(name: str = "value", aggregation: str = "last", **options: Any) -> Attribute:
    """An attribute of `seen` events; of their property `value` unless it is told otherwise."""
    no_property = aggregation == "counter" or aggregation.startswith("time_since")
    value = EventProperty(vendor="org.example", name="seen", major_version=1, path="value")
    defaults: dict[str, Any] = {
        "name": name,
        "aggregation": aggregation,
        "type": "int64" if aggregation == "counter" else "string",
        "events": [Event(vendor="org.example", name="seen", version="1-0-0")],
        "property": None if no_property else value,
    }
    return Attribute.model_validate({**defaults, **options})


def group(*attributes: Attribute, name: str = "things", **options: Any) -> StreamAttributeGroup:
    defaults = {"version": 1, "attribute_key": user_id, "owner": OWNER}
    chosen = list(attributes) or [attribute("count", "counter")]
    return StreamAttributeGroup(**{**defaults, "name": name, "attributes": chosen, **options})


def service(*groups: StreamAttributeGroup, name: str = "everything") -> Service:
    return Service(name=name, owner=OWNER, attribute_groups=list(groups))


def criterion(attribute: str, operator: str, value: Any = None) -> InterventionCriterion:
    return InterventionCriterion(attribute=attribute, operator=operator, value=value)


def every(*criteria: Any) -> InterventionCriteriaAll:
    return InterventionCriteriaAll(all=list(criteria))


def some(*criteria: Any) -> InterventionCriteriaAny:
    return InterventionCriteriaAny(any=list(criteria))


def none(*criteria: Any) -> InterventionCriteriaNone:
    return InterventionCriteriaNone(none=list(criteria))


def intervention(criteria: Any, name: str = "nudge", **options: Any) -> RuleIntervention:
    defaults = {"version": 1, "owner": OWNER}
    if "target_attribute_keys" not in options:
        options["target_attribute_keys"] = [LinkAttributeKey(name="user_id")]
    return RuleIntervention(**{**defaults, "name": name, "criteria": criteria, **options})


def targets(**identifiers: str | list[str]) -> AttributeKeyIdentifiers:
    return AttributeKeyIdentifiers(
        root={key: [ids] if isinstance(ids, str) else ids for key, ids in identifiers.items()}
    )


# Waiting for what happens elsewhere


@contextmanager
def listening(signals: SignalsSandbox, **identifiers: str | list[str]) -> Iterator[Any]:
    """The SDK's subscription; its thread is gone afterwards.

    A stopped subscription notices with the next line only, so one is sent.
    """
    everyone = targets(**identifiers)
    wake_up = InterventionInstance(name="wake_up", version=1)
    with signals.pull_interventions(everyone) as subscription:
        yield subscription
    thread = thread_of(subscription)
    while thread.is_alive():
        signals.push_intervention(everyone, wake_up)
        thread.join(0.05)


def thread_of(subscription: Any) -> threading.Thread:
    """The thread of a started subscription, which the SDK keeps to itself."""
    thread = getattr(subscription, "_thread", None)
    assert isinstance(thread, threading.Thread), "the Signals SDK keeps its thread elsewhere now"
    return thread


# The sandbox as a process of its own


class SandboxProcess:
    """`python -m lib.sandbox` on a free port; ready once it has printed its addresses.

    `said` is a file for what it logs.
    """

    def __init__(self, database: Path, *options: str, said: IO[str] | None = None) -> None:
        command = [sys.executable, "-W", "error", "-m", "lib.sandbox", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--db", str(database), *options],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        self.collector = self._printed("Collector URL")
        self.signals = self._printed("Signals URL")

    def _printed(self, label: str) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = re.fullmatch(rf"{label}: +(http\S+)\n", line)
        assert match is not None, f"expected {label}, got {line!r}"
        return match[1]

    def constants(self) -> str:
        """The five lines of Python that it prints for a program to begin with; read once."""
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        return "".join(itertools.islice((line for line in lines if " = " in line), 5))

    def kill(self) -> None:
        """As a crash would end it."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
