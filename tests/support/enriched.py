"""Events as the pipeline enriches them."""

import json
from pathlib import Path
from typing import Any

from snowplow_tracker import (
    SelfDescribing,
    SelfDescribingJson,
    Subject,
    Tracker,
)

from lib.sandbox.pipeline.enrich import Collected, enrich
from lib.sandbox.pipeline.events import Event, FailedEvent
from lib.sandbox.pipeline.iglu import Iglu

IGLU = Iglu(Path("lib/schemas"))
NOW = 1_700_000_000_000
RECEIVED = Collected(NOW, ip="10.0.0.1", user_agent="Python", cookie_id="cookie")
TASK_COMPLETED = "iglu:com.example/task_completed/jsonschema/1-0-0"
PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
UNSTRUCT_EVENT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
UUID = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
TASK = {"task_id": "t1", "priority": "high"}
BOARD = {"project_id": "p1", "plan": "free"}


class Captured:
    """An emitter that keeps the payloads, as the strings that would be posted."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, str]] = []

    def input(self, payload: dict[str, Any]) -> None:
        self.payloads.append({name: str(value) for name, value in payload.items()})

    def flush(self) -> None: ...

    async_flush = sync_flush = flush


def tracked(
    event: Any, encode_base64: bool = True, subject: Subject | None = None
) -> dict[str, str]:
    emitter = Captured()
    Tracker("ns", emitter, subject, "app", encode_base64).track(event)
    [payload] = emitter.payloads
    return payload


def task_completed(data: Any = TASK, *entities: Any) -> SelfDescribing:
    context = [SelfDescribingJson(PROJECT, entity) for entity in entities]
    return SelfDescribing(SelfDescribingJson(TASK_COMPLETED, data), context=context or None)


def good(fields: dict[str, str], received: Collected = RECEIVED) -> Event:
    result = enrich(fields, received, IGLU)
    assert isinstance(result, Event), result
    return result


def bad(fields: dict[str, str], received: Collected = RECEIVED) -> FailedEvent:
    result = enrich(fields, received, IGLU)
    assert isinstance(result, FailedEvent), result
    return result


def reason(**fields: str) -> tuple[str, str]:
    [failure] = bad({"e": "pv", **fields}).failures
    return failure.path, failure.message


def self_describing(schema: Any, data: Any, envelope: Any = UNSTRUCT_EVENT) -> dict[str, str]:
    inner = {"schema": schema, "data": data}
    return {"e": "ue", "ue_pr": json.dumps({"schema": envelope, "data": inner})}
