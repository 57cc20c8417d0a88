"""The bad row of a failed event, as Micro has it among the errors.

An event that could be read has a `schema_violations`, with its known columns *(ours)*; a payload
that could not has a `tracker_protocol_violations`, or `adapter_failures` if it was sent to a path
that trackers do not use.

Source: schemas/com.snowplowanalytics.snowplow.badrows in snowplow/iglu-central, and AdapterRegistry
in snowplow/enrich.
"""

from lib.sandbox.pipeline.enrich import SANDBOX_VERSION
from lib.sandbox.queries.self_describing_json import JsonObject
from lib.sandbox.storage.store import FailedEventRow

BAD_ROWS = "iglu:com.snowplowanalytics.snowplow.badrows"
PROCESSOR = {"artifact": SANDBOX_VERSION, "version": "1.0.0"}
TRACKERS = ("com.snowplowanalytics.snowplow", "tp2")


def schema_violations(row: FailedEventRow, raw_event: JsonObject) -> JsonObject:
    """Why an event with these fields failed; `raw_event` is Micro's."""
    when = raw_event["context"]["timestamp"]
    known = {"event_id": row.event_id, "user_id": row.user_id, "collector_tstamp": when}
    raw = {
        **raw_event["api"],
        "parameters": _named(raw_event["parameters"]),
        "contentType": raw_event["contentType"],
        "loaderName": SANDBOX_VERSION,
        **_collected(raw_event),
        "userId": raw_event["context"]["userId"],
    }
    failure = {"timestamp": when, "messages": [_violation(each) for each in row.failures]}
    return _bad_row("schema_violations/jsonschema/2-0-0", failure, {"enriched": known, "raw": raw})


def payload_failures(
    row: FailedEventRow, payload: JsonObject, parameters: JsonObject
) -> JsonObject:
    """Why no event could be read from a payload; `payload` is Micro's."""
    api = payload["api"]
    is_of_tracker = (api["vendor"], api["version"]) == TRACKERS
    name = "tracker_protocol_violations" if is_of_tracker else "adapter_failures"
    failure = {
        "timestamp": payload["context"]["timestamp"],
        **api,
        "messages": [
            {"field": each["path"], "value": None, "expectation": each["message"]}
            for each in row.failures
        ],
    }
    sent = {
        **api,
        "querystring": _named(parameters),
        "contentType": payload["contentType"],
        "body": payload["body"],
        "collector": SANDBOX_VERSION,
        **_collected(payload),
        "networkUserId": payload["context"]["userId"],
    }
    return _bad_row(f"{name}/jsonschema/1-0-0", failure, sent)


def _bad_row(schema: str, failure: JsonObject, payload: JsonObject) -> JsonObject:
    data = {"processor": PROCESSOR, "failure": failure, "payload": payload}
    return {"schema": f"{BAD_ROWS}/{schema}", "data": data}


def _violation(failure: JsonObject) -> JsonObject:
    if failure["schema"] is None:
        return {"field": failure["path"], "value": None, "error": failure["message"]}
    report = {
        "message": failure["message"],
        "path": failure["path"],
        "keyword": None,
        "targets": None,
    }
    error = {"error": "ValidationError", "dataReports": [report]}
    return {"schemaKey": failure["schema"], "error": error}


def _named(parameters: JsonObject) -> list[JsonObject]:
    return [{"name": name, "value": value} for name, value in parameters.items()]


def _collected(sent: JsonObject) -> JsonObject:
    """What a bad row has in one object, and Micro in two."""
    context = sent["context"]
    return {
        "encoding": sent["source"]["encoding"],
        "hostname": sent["source"]["hostname"],
        **{name: context[name] for name in ("timestamp", "ipAddress", "useragent")},
        **{name: context[name] for name in ("refererUri", "headers")},
    }
