"""The sandbox's Iglu: self-describing schemas by URI, and the validation of data against them.

Folders are laid out as in Iglu: `<vendor>/<name>/jsonschema/<version>`, a file without extension.
A file that cannot be used is left out and reported in `problems`; events that name it fail, as they
do in Snowplow. Nothing is ever fetched: as there, a `$ref` to a web address allows anything.

Differences from the real Iglu client and Enrich *(ours)*:

- A vendor that no folder holds passes unvalidated and is marked so. The real pipeline fails every
  event whose schema it cannot resolve; here that would be nearly all of Snowplow's own schemas.
- A schema whose pattern cannot be translated from Java is used without it: see `java_patterns`.
- Schema URIs are at most 512 characters and versions are full ones (`1-0-0`).
- For data over 10 kB only the first error is reported: the validator collects all errors before it
  returns the first, 14 µs each.
- Schemas are not linted: they may say anything that JSON Schema draft 4 allows.

Sources: https://docs.snowplow.io/docs/fundamentals/schemas/,
https://docs.snowplow.io/docs/api-reference/iglu/, and CirceValidator in snowplow/iglu-scala-client.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jsonschema_rs import Draft4Validator, FancyRegexOptions, ValidationError

from lib.sandbox.limits import PATTERN_STEPS
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.formats import FORMATS, NOT_CHECKED
from lib.sandbox.pipeline.java_patterns import UnknownHere, in_javascript
from lib.sandbox.pipeline.quoting import quoted_value, shortened

MAX_URI_LENGTH = 512
MAX_LISTED = 20
METASCHEMA = (
    "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"
)
EXAMPLE_URI = "iglu:com.example/project/jsonschema/1-0-0"
MAX_BYTES_FOR_ALL_ERRORS = 10_000
# Only patterns that look around or refer back can go back at all; others take linear time.
PATTERNS = FancyRegexOptions(backtrack_limit=PATTERN_STEPS)

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


class Problem(NamedTuple):
    """What is wrong with a schema: its file or its URI, and why it is not used, or not wholly."""

    schema: str
    reason: str


class Iglu:
    """The schemas of one sandbox, compiled, and the `problems` that they have.

    `on_request` are the optional schemas, which a sandbox uses if it is asked to; None without any.
    """

    def __init__(self, *folders: Path, on_request: "Iglu | None" = None) -> None:
        self.on_request = on_request
        self._known: dict[str, _Known] = {}
        self._versions: dict[str, dict[str, list[str]]] = {}
        self._unusable: dict[str, str] = {}
        self.problems: list[Problem] = []
        for folder in folders:
            for file in sorted(folder.glob("*/*/jsonschema/[!.]*")):
                self._add_file(file, file.relative_to(folder).as_posix())

    def add(self, schema: dict[str, Any]) -> str:
        """Add or replace a schema; returns its URI. Raises `IgluError`."""
        key = _described_key(schema)
        unread: list[str] = []
        try:
            validator = _validator(translated(schema, unread))
        except (ValueError, RecursionError) as error:
            reason = shortened(_first_line(error))
            raise IgluError(f"{key.uri} is not a usable JSON Schema: {reason}") from error
        self.problems += [
            Problem(key.uri, f"the pattern {quoted_value(each)} is not checked") for each in unread
        ]
        self._known[key.uri] = _Known(schema, validator, Checked(key, (), True))
        versions = self._versions.setdefault(key.vendor, {}).setdefault(key.name, [])
        if key.version not in versions:
            versions.append(key.version)
        return key.uri

    def schema(self, uri: str) -> dict[str, Any] | None:
        """The self-describing schema behind a URI, or None. Not a copy: do not change it."""
        known = self._known.get(uri)
        return known.schema if known else None

    def versions(self, vendor: str, name: str, major: int) -> list[dict[str, Any]]:
        """All schemas of a name and a major version. Not copies: do not change them."""
        held = self._versions.get(vendor, {}).get(name, [])
        keys = [SchemaKey(vendor, name, each) for each in held if each.startswith(f"{major}-")]
        return [self._known[key.uri].schema for key in keys]

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
        if key.uri in self._unusable:
            message = f"the schema cannot be used: {self._unusable[key.uri]}"
            return Checked(key, (Failure(key.uri, "$", shortened(message)),), True)
        held = self._versions.get(key.vendor)
        if held is None:
            return Checked(key, (), False)
        return Checked(key, (Failure(key.uri, "$", _not_held(key, held)),), True)

    def _add_file(self, file: Path, path: str) -> None:
        try:
            schema = _loaded(file)
            uri = _described_key(schema).uri
            if uri != f"iglu:{path}":
                raise IgluError(f"its self part says {uri}, which belongs elsewhere")
            self.add(schema)
        except (ValueError, OSError) as error:
            self._unusable[f"iglu:{path}"] = str(error)
            self.problems.append(Problem(path, str(error)))


def _loaded(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise IgluError(f"it is not valid JSON: {error}") from error


def _validator(schema: Any) -> Draft4Validator:
    """Raises `ValueError` if the schema is not draft 4."""
    return Draft4Validator(
        schema,
        formats=FORMATS | NOT_CHECKED,
        validate_formats=True,
        retriever=_anything,
        pattern_options=PATTERNS,
    )


def _anything(uri: str) -> dict[str, Any]:
    """What is behind a web address: a schema that allows anything, as in Snowplow."""
    if not uri.startswith(("http:", "https:")):
        raise ValueError(f"{uri} is not a web address")
    return {}


def translated(node: Any, unread: list[str]) -> Any:
    """A schema whose patterns are JavaScript's; those that cannot be are left out, and `unread`.

    Raises `ValueError` if Java refuses a pattern.
    """
    if isinstance(node, list):
        return [translated(each, unread) for each in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    is_partly_read = False
    for name, value in node.items():
        if name == "pattern" and isinstance(value, str):
            pattern = _pattern(value, unread)
            found |= {} if pattern is None else {"pattern": pattern}
        elif name == "patternProperties" and isinstance(value, dict):
            rules = {_pattern(key, unread): translated(rule, unread) for key, rule in value.items()}
            is_partly_read = None in rules
            rules.pop(None, None)
            found[name] = rules
        else:
            is_value = name == "enum" and isinstance(value, list)
            found[name] = value if is_value else translated(value, unread)
    if is_partly_read:  # it is unknown which properties are additional
        found.pop("additionalProperties", None)
    return found


def _pattern(pattern: str, unread: list[str]) -> str | None:
    try:
        translated = in_javascript(pattern)
        if translated != pattern:
            Draft4Validator({"pattern": translated}, offline=True)
    except (UnknownHere, ValidationError):
        unread.append(pattern)
        return None
    return translated


def _described_key(schema: object) -> SchemaKey:
    """The key in a schema's `self` part. Raises `IgluError`."""
    schema = schema if isinstance(schema, dict) else {}
    described = schema.get("self")
    if not isinstance(described, dict):
        raise IgluError("the schema has no self part with vendor, name, format and version")
    vendor, name, form, version = map(described.get, ("vendor", "name", "format", "version"))
    if (metaschema := schema.get("$schema")) not in (None, METASCHEMA):
        raise IgluError(f"its $schema is {quoted_value(metaschema)}; it must be {METASCHEMA}")
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
    return f"{key.name} is not in this Iglu, which holds from {key.vendor}: {names}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
