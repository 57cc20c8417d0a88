"""Events as web and server trackers send them, for the samples of Snowplow's documentation."""

import json
from typing import Any

from tests.support.sandbox import UNSTRUCT, new_id

CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"


def tracked(kind: str, **fields: str) -> dict[str, str]:
    """An event of a kind, with the fields that every tracker sends."""
    return {"e": kind, "p": "web", "tv": "js-4.8.0", "eid": new_id(), **fields}


def page_view(url: str, **fields: str) -> dict[str, str]:
    return tracked("pv", url=url, **fields)


def described(schema: str, data: dict[str, Any], *entities: dict[str, Any]) -> dict[str, str]:
    """A self-describing event; each entity is `{"schema": ..., "data": ...}`."""
    event = {"schema": UNSTRUCT, "data": {"schema": schema, "data": data}}
    fields = {"ue_pr": json.dumps(event)}
    if entities:
        fields["co"] = json.dumps({"schema": CONTEXTS, "data": entities})
    return tracked("ue", **fields)
