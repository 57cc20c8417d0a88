"""Self-describing JSON as trackers send it: an envelope, plain or in base64, around the data.

Base64 is the URL-safe or the standard alphabet, padded or not. Envelopes are read in any `1-0-x`
version, and only as far as they matter here; their own schemas are not consulted *(ours)*.

Source: https://docs.snowplow.io/docs/events/going-deeper/event-parameters/
"""

from binascii import a2b_base64
from typing import Any

from lib.sandbox.pipeline.payload import is_version_of, parsed_json
from lib.sandbox.pipeline.quoting import quoted_value

UNSTRUCT_EVENT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-"

_TO_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


def envelope_data(value: str, encoded: bool, prefix: str) -> Any:
    """The `data` of the envelope in a field; `prefix` is its schema up to the last number.

    Raises `ValueError`, to be read after the field's name.
    """
    envelope = parsed_json(_decoded(value) if encoded else value)
    if not isinstance(envelope, dict):
        raise ValueError('is not an object with "schema" and "data"')
    if not is_version_of(envelope.get("schema"), prefix):
        schema = quoted_value(envelope.get("schema"))
        raise ValueError(f"has the schema {schema}, not {prefix}x")
    if envelope.get("data") is None:
        raise ValueError('has no "data"')
    return envelope["data"]


def _decoded(value: str) -> bytes:
    """Base64 of either alphabet, padded or not. Raises `ValueError`."""
    try:
        standard = value.encode("ascii").translate(_TO_STANDARD_ALPHABET, b"=\r\n")
        return a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    except ValueError as error:
        raise ValueError(f"is not base64: {error}") from error
