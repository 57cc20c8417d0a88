"""The part of the store that keeps what people defined: the registry, and schemas of their own."""

from dataclasses import dataclass
from typing import Any

import orjson

from lib.sandbox.storage.stored_profiles import StoredProfiles


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """One stored definition; `body` is its JSON as an object.

    `published_at` is when it was last published, ms UTC; None if it never was.
    """

    id: int
    kind: str
    name: str
    version: int
    published_at: int | None
    body: dict[str, Any]


class StoredDefinitions(StoredProfiles):
    """What a store keeps of the definitions and the schemas of each sandbox."""

    def definitions(self, sandbox_id: int) -> list[DefinitionRow]:
        """Everything in the registry of a sandbox, oldest first."""
        rows = self.db.execute(
            "SELECT id, kind, name, version, published_at, body FROM definition"
            " WHERE sandbox_id = ? ORDER BY id",
            (sandbox_id,),
        )
        return [
            DefinitionRow(row_id, kind, name, version, published_at, orjson.loads(body))
            for row_id, kind, name, version, published_at, body in rows
        ]

    def save_definition(
        self,
        sandbox_id: int,
        kind: str,
        name: str,
        version: int,
        published_at: int | None,
        body: dict[str, Any],
    ) -> int:
        """Insert or replace a definition and return its id, which it keeps as long as it exists."""
        row = self.db.execute(
            "INSERT INTO definition (sandbox_id, kind, name, version, published_at, body)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (sandbox_id, kind, name, version) DO UPDATE"
            " SET published_at = excluded.published_at, body = excluded.body"
            " RETURNING id",
            (sandbox_id, kind, name, version, published_at, orjson.dumps(body)),
        ).fetchone()
        return int(row[0])

    def delete_definition(self, definition_id: int) -> None:
        """Delete a definition and, if it is an attribute group, the values computed for it."""
        self.db.execute("DELETE FROM definition WHERE id = ?", (definition_id,))
        self.delete_profiles(definition_id)

    def delete_definitions(self, sandbox_id: int) -> None:
        """Delete every definition of a sandbox, but not the values computed for them."""
        self.db.execute("DELETE FROM definition WHERE sandbox_id = ?", (sandbox_id,))

    def set_published_by(self, sandbox_id: int, now: int) -> None:
        """Set times of publishing after `now` (ms UTC) back to `now`."""
        self.db.execute(
            "UPDATE definition SET published_at = min(published_at, ?2) WHERE sandbox_id = ?1",
            (sandbox_id, now),
        )

    # Schemas of a sandbox's own

    def schemas(self, sandbox_id: int) -> list[dict[str, Any]]:
        """The schemas that were added to a sandbox, by URI."""
        rows = self.db.execute(
            "SELECT body FROM own_schema WHERE sandbox_id = ? ORDER BY uri", (sandbox_id,)
        )
        return [orjson.loads(body) for (body,) in rows]

    def save_schema(self, sandbox_id: int, uri: str, body: dict[str, Any]) -> None:
        """Keep a schema, inside a transaction."""
        self.db.execute(
            "INSERT INTO own_schema (sandbox_id, uri, body) VALUES (?, ?, ?)",
            (sandbox_id, uri, orjson.dumps(body)),
        )

    def delete_schema(self, sandbox_id: int, uri: str) -> None:
        """Delete a schema of a sandbox."""
        query = "DELETE FROM own_schema WHERE sandbox_id = ? AND uri = ?"
        self.db.execute(query, (sandbox_id, uri))

    def delete_schemas(self, sandbox_id: int) -> None:
        """Delete all schemas of a sandbox, which then uses no optional ones."""
        self.db.execute("DELETE FROM own_schema WHERE sandbox_id = ?", (sandbox_id,))
        self.use_more_schemas(sandbox_id, False)

    def uses_more_schemas(self, sandbox_id: int) -> bool:
        """Whether a sandbox uses the server's optional schemas."""
        query = "SELECT 1 FROM more_schemas WHERE sandbox_id = ?"
        return self.db.execute(query, (sandbox_id,)).fetchone() is not None

    def use_more_schemas(self, sandbox_id: int, uses_more: bool) -> None:
        """Note whether it does."""
        query = (
            "INSERT OR IGNORE INTO more_schemas (sandbox_id) VALUES (?)"
            if uses_more
            else "DELETE FROM more_schemas WHERE sandbox_id = ?"
        )
        self.db.execute(query, (sandbox_id,))
