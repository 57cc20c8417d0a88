"""Self-describing JSON as trackers send it: an envelope, plain or in base64, around the data.

Base64 is the URL-safe or the standard alphabet, padded or not. An envelope may have more keys than
"schema" and "data", what is in it may not: the envelopes' own schemas describe only their data.

Sources: https://docs.snowplow.io/docs/fundamentals/canonical-event/, IgluUtils in
snowplow/enrich, and schemas/com.snowplowanalytics.snowplow/contexts and unstruct_event in
snowplow/iglu-central.
"""

import json
import re
from binascii import a2b_base64
from typing import Any

from lib.sandbox.pipeline.payload import parsed_json
from lib.sandbox.pipeline.quoting import quoted_value

UNSTRUCT_EVENT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-"

_VERSIONS = {UNSTRUCT_EVENT: ("0",), CONTEXTS: ("0", "1")}
_SCHEMAS = {
    prefix: {f"{prefix}{addition}" for addition in additions}
    for prefix, additions in _VERSIONS.items()
}
_INTEGER_OVER_64_BITS = re.compile(rb"[0-9]{19}")
_TO_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


def envelope_data(value: str, encoded: bool, prefix: str) -> Any:
    """The `data` of the envelope in a field; `prefix` is its schema up to the last number.

    Raises `ValueError`, to be read after the field's name.
    """
    envelope = parsed_json(_decoded(value) if encoded else value)
    if not isinstance(envelope, dict):
        raise ValueError('is not an object with "schema" and "data"')
    schema, data = envelope.get("schema"), envelope.get("data")
    if not isinstance(schema, str) or schema not in _SCHEMAS[prefix]:
        known = " or ".join(_VERSIONS[prefix])
        raise ValueError(f"has the schema {quoted_value(schema)}, not {prefix}{known}")
    if data is None:
        raise ValueError('has no "data"')
    if data == [] and schema == f"{CONTEXTS}0":
        raise ValueError(f"has no entities: only {CONTEXTS}1 may have none")
    return data


def exact_data(value: str, encoded: bool) -> Any:
    """What `envelope_data` returns, with integers of any size as they were sent.

    None if all fit into 64 bits. Only for validation: larger ones cannot be stored.
    """
    text = _decoded(value) if encoded else value.encode()
    return json.loads(text)["data"] if _INTEGER_OVER_64_BITS.search(text) else None


def _decoded(value: str) -> bytes:
    """Base64 of either alphabet, padded or not. Raises `ValueError`."""
    try:
        standard = value.encode("ascii").translate(_TO_STANDARD_ALPHABET, b"=\r\n")
        return a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    except ValueError as error:
        raise ValueError(f"is not base64: {error}") from error
