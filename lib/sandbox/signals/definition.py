"""One definition in the registry.

It is kept as JSON. The SDK's models of it take twelve times the memory, so only those that were
used last are kept, for all sandboxes together *(ours)*; equal ones are shared. Nothing changes a
model once it is read.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from cachetools import LRUCache

from lib.sandbox.signals.kinds import Kind, title

MODELS_BYTES = 4_000_000  # as JSON; some 50 MB as models

kept_models: LRUCache[tuple[str, bytes], tuple[Any, int]] = LRUCache(
    MODELS_BYTES, getsizeof=lambda kept: kept[1]
)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition; its `id` never changes, and `body` is its JSON.

    `published_at` is when it was last published, ms UTC; None if it never was.
    """

    id: int
    kind: Kind
    name: str
    version: int
    is_published: bool
    published_at: int | None
    body: bytes

    @classmethod
    def of(
        cls, row_id: int, kind: Kind, version: int, published_at: int | None, body: dict[str, Any]
    ) -> "Definition":
        """The definition that this JSON describes."""
        is_published = bool(body.get("is_published"))
        packed = bytes(memoryview(orjson.dumps(body)))  # orjson's own takes up more memory
        return cls(row_id, kind, body["name"], version, is_published, published_at, packed)

    @property
    def model(self) -> Any:
        """The SDK's model of it. Not a copy: do not change it."""
        key = self.kind.name, self.body
        kept = kept_models.get(key)
        if kept is not None:
            return kept[0]
        model = self.kind.model.model_validate(orjson.loads(self.body))
        if self.size <= MODELS_BYTES:
            kept_models[key] = model, self.size
        return model

    @property
    def size(self) -> int:
        """The bytes of its JSON."""
        return len(self.body)

    @property
    def title(self) -> str:
        """Its name in messages, such as `Attribute group 'project_engagement' version 1`."""
        return title(self.kind, self.name, self.version)
