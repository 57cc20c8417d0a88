"""The schemas of one sandbox *(ours)*: those that all sandboxes of a server share, and its own.

Somebody adds a schema under their own vendor; events of that vendor are validated from then on.
Versions of a name follow each other as SchemaVer says, and an existing version never changes.

Source: https://docs.snowplow.io/docs/api-reference/iglu/ (SchemaVer)
"""

from collections.abc import Iterable
from typing import Any

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import SCHEMAS_BYTES, SCHEMAS_IN_SANDBOX
from lib.sandbox.pipeline.iglu import Checked, Iglu, IgluError, SchemaKey, schema_key
from lib.sandbox.pipeline.quoting import quoted_value
from lib.sandbox.pipeline.schema_rules import (
    check_schema,
    described_key,
    one_of,
    refused,
    schema_size,
)

SNOWPLOW = "com.snowplowanalytics"
FIRST = "1-0-0"


class OwnSchemas(Iglu):
    """A sandbox's Iglu: `shared` is the server's. `uses_more` says that it also uses the optional
    schemas of that one."""

    def __init__(self, shared: Iglu) -> None:
        super().__init__(on_request=shared.on_request)
        self.shared = shared
        self.size = 0
        self.uses_more = False

    def load(self, schemas: Iterable[dict[str, Any]], *, uses_more: bool) -> None:
        """Hold these schemas of its own, and no others. They were checked when they were added."""
        super().__init__(on_request=self.shared.on_request)
        self.size = 0
        self.uses_more = uses_more
        for each in schemas:
            try:
                self.add(each)
                self.size += schema_size(each)
            except (IgluError, InvalidDefinition) as error:  # of an older version
                self._unusable[described_key(each).uri] = str(error)

    def own_names(self) -> list[str]:
        """The URIs of the schemas that were added."""
        return super().names()

    def names(self) -> list[str]:
        """The URIs of all schemas, sorted."""
        return sorted({*self.shared.names(), *super().names()})

    def schema(self, uri: str) -> dict[str, Any] | None:
        """As in `Iglu`, of both, and of the optional schemas if they are used."""
        more = self.on_request if self.uses_more else None
        of_more = more.schema(uri) if more is not None else None
        return super().schema(uri) or self.shared.schema(uri) or of_more

    def versions(self, vendor: str, name: str, major: int) -> list[dict[str, Any]]:
        """As in `Iglu`, of both."""
        held = super().versions(vendor, name, major)
        return held or self.shared.versions(vendor, name, major)

    def check(self, schema_uri: object, data: Any) -> Checked:
        """As in `Iglu`. The vendor says whose schema it is. The optional schemas are not all of a
        vendor's: others pass unvalidated."""
        if not (self._known or self._unusable or self.uses_more):
            return self.shared.check(schema_uri, data)
        key = schema_key(schema_uri)
        if key is not None and (key.vendor in self._versions or key.uri in self._unusable):
            return super().check(schema_uri, data)
        more = self.on_request if self.uses_more else None
        if more is not None and key is not None and more.schema(key.uri) is not None:
            return more.check(schema_uri, data)
        return self.shared.check(schema_uri, data)

    def check_new(self, schema: dict[str, Any]) -> SchemaKey:
        """The key of a schema that may be added. Raises `InvalidDefinition` with the places."""
        key = described_key(schema)
        self._check_vendor(key)
        self._check_version(key)
        if len(self._known) >= SCHEMAS_IN_SANDBOX:
            limit = f"this sandbox has {SCHEMAS_IN_SANDBOX} schemas of its own, which is the limit"
            raise refused([], f"{limit}: delete one")
        check_schema(schema)
        if self.size + schema_size(schema) > SCHEMAS_BYTES:
            raise refused(
                [],
                f"the schemas of this sandbox take at most {SCHEMAS_BYTES:,} bytes together, with"
                " their patterns: delete one",
            )
        return key

    def check_deletion(self, uri: str) -> None:
        """Raises `InvalidDefinition` if it is not the newest version of a schema of its own."""
        key = schema_key(uri)
        if key is None or uri not in self._known:
            raise refused([], f"{quoted_value(uri)} is not one of this sandbox's own schemas")
        newest = self._newest(key)
        if newest != key.version:
            raise refused([], f"{key.name} has the version {newest}: delete that one first")

    def _check_vendor(self, key: SchemaKey) -> None:
        shared = {each.removeprefix("iglu:").partition("/")[0] for each in self.shared.names()}
        if key.vendor in shared or f"{key.vendor}.".startswith(f"{SNOWPLOW}."):
            raise refused(
                ["self", "vendor"],
                f"{key.vendor} is not yours: use your own vendor, such as com.acme",
            )

    def _check_version(self, key: SchemaKey) -> None:
        newest = self._newest(key)
        following = next_versions(newest)
        if key.uri in self._known:
            raise refused(
                ["self", "version"],
                f"{key.name} {key.version} exists, and a version never changes: the next is"
                f" {one_of(following)}",
            )
        if key.version not in following:
            after = f"after {newest} comes" if newest else "the first version is"
            raise refused(["self", "version"], f"{after} {one_of(following)}, not {key.version}")

    def _newest(self, key: SchemaKey) -> str:
        """The newest version of a name; empty if there is none."""
        held = self._versions.get(key.vendor, {}).get(key.name, [])
        return max(held, key=_numbers, default="")


def next_versions(newest: str) -> list[str]:
    """The versions that may come next, the smallest change first.

    >>> next_versions("1-0-1"), next_versions("")
    (['1-0-2', '1-1-0', '2-0-0'], ['1-0-0'])
    """
    if not newest:
        return [FIRST]
    model, revision, addition = _numbers(newest)
    return [
        f"{model}-{revision}-{addition + 1}",
        f"{model}-{revision + 1}-0",
        f"{model + 1}-0-0",
    ]


def _numbers(version: str) -> tuple[int, int, int]:
    model, revision, addition = map(int, version.split("-"))
    return model, revision, addition
