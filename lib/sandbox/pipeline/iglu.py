"""The sandbox's Iglu: self-describing schemas by URI, and the validation of data against them.

Folders are laid out as in Iglu: `<vendor>/<name>/jsonschema/<version>`, a file without extension.

Differences from the real Iglu client and Enrich *(ours)*:

- A vendor that no folder holds passes unvalidated and is marked so. The real pipeline fails every
  event whose schema it cannot resolve; here that would be nearly all of Snowplow's own schemas.
- Nothing is ever fetched: a `$ref` to another address makes the schema itself refused.
- Schema URIs are at most 512 characters and versions are full ones (`1-0-0`).
- For data over 10 kB only the first error is reported: the validator collects all errors before it
  returns the first, 14 µs each.
- Schemas are not linted: they may say anything that JSON Schema draft 4 allows.

Sources: https://docs.snowplow.io/docs/fundamentals/schemas/ and
https://docs.snowplow.io/docs/api-reference/iglu/
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jsonschema_rs import Draft4Validator, ValidationError

from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.quoting import quoted_value, shortened

MAX_URI_LENGTH = 512
MAX_LISTED = 20
EXAMPLE_URI = "iglu:com.example/project/jsonschema/1-0-0"
MAX_BYTES_FOR_ALL_ERRORS = 10_000

_URI = re.compile(
    r"iglu:([a-zA-Z0-9_.-]+)/([a-zA-Z0-9_-]+)/jsonschema/"
    r"([1-9][0-9]{0,8}(?:-(?:0|[1-9][0-9]{0,8})){2})"
)


class IgluError(ValueError):
    """A schema cannot be added: it is not self-describing, not valid, or in the wrong place."""


class SchemaKey(NamedTuple):
    """The three parts of a schema URI that differ; the format is always `jsonschema`."""

    vendor: str
    name: str
    version: str

    @property
    def uri(self) -> str:
        """The `iglu:` URI."""
        return f"iglu:{self.vendor}/{self.name}/jsonschema/{self.version}"


class Checked(NamedTuple):
    """What a check found. `key` is None when the URI is malformed; no failures means valid."""

    key: SchemaKey | None
    failures: tuple[Failure, ...]
    validated: bool


class _Known(NamedTuple):
    """A schema that this Iglu holds, with the answer to give for valid data."""

    schema: dict[str, Any]
    validator: Draft4Validator
    valid: Checked


def schema_key(uri: object) -> SchemaKey | None:
    """The parts of `iglu:vendor/name/jsonschema/M-R-A`, or None for anything else."""
    if not isinstance(uri, str) or len(uri) > MAX_URI_LENGTH:
        return None
    match = _URI.fullmatch(uri)
    return SchemaKey(*match.groups()) if match else None


class Iglu:
    """The schemas of one sandbox, compiled.

    Raises `IgluError`, which names the file, if a folder holds something that is not a schema.
    """

    def __init__(self, *folders: Path) -> None:
        self._known: dict[str, _Known] = {}
        self._versions: dict[str, dict[str, list[str]]] = {}
        for folder in folders:
            for file in sorted(folder.glob("*/*/jsonschema/[!.]*")):
                self._add_file(file, folder)

    def add(self, schema: dict[str, Any]) -> str:
        """Add or replace a schema; returns its URI. Raises `IgluError`."""
        key = _described_key(schema)
        try:
            validator = Draft4Validator(schema, offline=True)
        except ValueError as error:
            reason = shortened(_first_line(error))
            raise IgluError(f"{key.uri} is not a usable JSON Schema: {reason}") from error
        self._known[key.uri] = _Known(schema, validator, Checked(key, (), True))
        versions = self._versions.setdefault(key.vendor, {}).setdefault(key.name, [])
        if key.version not in versions:
            versions.append(key.version)
        return key.uri

    def schema(self, uri: str) -> dict[str, Any] | None:
        """The self-describing schema behind a URI, or None. Not a copy: do not change it."""
        known = self._known.get(uri)
        return known.schema if known else None

    def names(self) -> list[str]:
        """The URIs of all schemas, sorted."""
        return sorted(self._known)

    def check(self, schema_uri: object, data: Any) -> Checked:
        """Validate data against a schema. Never raises, whatever the arguments are."""
        known = self._known.get(schema_uri) if isinstance(schema_uri, str) else None
        if known is None:
            return self._unknown(schema_uri)
        try:
            if known.validator.is_valid(data):
                return known.valid
            failures = tuple(_failures(known, data))
        except (ValueError, RecursionError, TypeError) as error:  # too deep, or not JSON at all
            failures = (_failure(known, "$", f"cannot be validated: {error}"),)
        return Checked(known.valid.key, failures, True)

    def _unknown(self, uri: object) -> Checked:
        key = schema_key(uri)
        if key is None:
            message = f"{quoted_value(uri)} is not a schema URI like {EXAMPLE_URI}"
            return Checked(None, (Failure(None, "$.schema", message),), False)
        held = self._versions.get(key.vendor)
        if held is None:
            return Checked(key, (), False)
        return Checked(key, (Failure(key.uri, "$", _not_held(key, held)),), True)

    def _add_file(self, file: Path, folder: Path) -> None:
        try:
            uri = self.add(orjson.loads(file.read_bytes()))
        except ValueError as error:
            raise IgluError(f"{file}: {error}") from error
        if uri != f"iglu:{file.relative_to(folder).as_posix()}":
            raise IgluError(f"{file}: its self part says {uri}, which belongs elsewhere")


def _described_key(schema: object) -> SchemaKey:
    """The key in a schema's `self` part. Raises `IgluError`."""
    described = schema.get("self") if isinstance(schema, dict) else None
    if not isinstance(described, dict):
        raise IgluError("the schema has no self part with vendor, name, format and version")
    vendor, name, form, version = map(described.get, ("vendor", "name", "format", "version"))
    key = schema_key(f"iglu:{vendor}/{name}/{form}/{version}")
    if key is None:
        raise IgluError(f"the self part names no schema: {quoted_value(described)}")
    return key


def _failures(known: _Known, data: Any) -> Iterator[Failure]:
    for error in islice(_errors(known.validator, data), MAX_LISTED):
        yield _failure(known, _json_path(error.instance_path), error.message)


def _errors(validator: Draft4Validator, data: Any) -> Iterator[ValidationError]:
    if _is_small(data):
        yield from validator.iter_errors(data)
        return
    try:
        validator.validate(data)
    except ValidationError as error:
        yield error


def _is_small(data: Any) -> bool:
    try:
        return len(orjson.dumps(data)) <= MAX_BYTES_FOR_ALL_ERRORS
    except TypeError:  # too deep, or an integer that does not fit into 64 bits
        return False


def _failure(known: _Known, path: str, message: str) -> Failure:
    key = known.valid.key
    return Failure(key.uri if key else None, path, shortened(message))


def _json_path(steps: list[str | int]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return shortened(f"${path}")


def _not_held(key: SchemaKey, held: dict[str, list[str]]) -> str:
    """Why a vendor that this Iglu holds has no such schema, and which ones it has."""
    if key.name in held:
        versions = ", ".join(held[key.name][:MAX_LISTED])
        return f"{key.name} {key.version} is not in this Iglu, which holds {versions}"
    close = get_close_matches(key.name, held, n=1)
    if close:
        versions = ", ".join(held[close[0]][:MAX_LISTED])
        return f"{key.name} is not in this Iglu. Did you mean {close[0]} ({versions})?"
    names = ", ".join(sorted(held)[:MAX_LISTED])
    return f"{key.name} is not in this Iglu, which holds of {key.vendor}: {names}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
