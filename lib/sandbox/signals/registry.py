"""The registry: attribute keys, attribute groups, services and interventions, and their life cycle.

A published definition cannot change what it computes; raise its version instead. Publishing an
unchanged definition again is allowed *(ours)*. Definitions are the SDK's own models, parsed by the
routes. `validation.py` checks what the models do not. `drafts.py` says how event logs differ.

A group may be unpublished while a published service uses it, and the service then answers with the
values that stay *(ours)*. The documentation wants the service changed first, but Snowplow's own
tutorials end with `unpublish([service, group])`, for which the SDK sends the group first, and a
request does not show what else its call will send. A group that a service names cannot be deleted:
there the SDK sends the service first.

What was published stays valid *(ours)*: it is not checked again until it changes or is published
again, even if something that it relies on has changed. So it can always be unpublished.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ (versioning)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from snowplow_signals.models.model import AttributeKeyInput

from lib.sandbox.clock import Clock
from lib.sandbox.errors import AlreadyExists, Conflict, InvalidDefinition, NotFound
from lib.sandbox.limits import DEFINITIONS_BYTES
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.signals import validation
from lib.sandbox.signals.criteria_tree import references
from lib.sandbox.signals.definition import Definition
from lib.sandbox.signals.definition_limits import DefinitionProblem
from lib.sandbox.signals.drafts import latest
from lib.sandbox.signals.kinds import (
    GROUP,
    INTERVENTION,
    KEY,
    KINDS,
    SERVICE,
    Kind,
    is_described,
    linked_version,
    title,
    version_of,
)
from lib.sandbox.storage.store import Store


class Registry:
    """All definitions of one sandbox.

    `revision` increases with every change: a sign to compile the definitions again.
    """

    def __init__(
        self,
        store: Store,
        sandbox_id: int,
        now: Clock,
        iglu: Iglu,
        transaction: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.iglu = iglu
        self._store = store
        self._store_transaction = transaction
        self._sandbox_id = sandbox_id
        self.now = now
        self._definitions: dict[tuple[str, str, int], Definition] = {}
        self._versions: dict[tuple[str, str], set[int]] = {}
        self._latest: dict[tuple[str, str], Definition] = {}  # as of `_latest_revision`
        self._latest_revision = -1
        self._size, self._size_revision = 0, -1
        self.revision = 0
        self.load()

    def load(self) -> None:
        """Read everything from the database again: another process may have changed it."""
        before = self._definitions
        self._definitions = {}
        self._versions = {}
        for row in self._store.definitions(self._sandbox_id):
            kind = KINDS[row.kind]
            self._keep(Definition.of(row.id, kind, row.version, row.published_at, row.body))
        if self._definitions != before:
            self.revision += 1

    def _keep(self, definition: Definition) -> None:
        kind, name, version = definition.kind.name, definition.name, definition.version
        self._definitions[kind, name, version] = definition
        self._versions.setdefault((kind, name), set()).add(version)

    @property
    def size(self) -> int:
        """The bytes of all definitions, as JSON."""
        if self._size_revision != self.revision:
            self._size = sum(each.size for each in self._definitions.values())
            self._size_revision = self.revision
        return self._size

    def all(self, kind: Kind) -> list[Definition]:
        """Every definition of a kind, oldest first."""
        return [each for each in self._definitions.values() if each.kind is kind]

    def published(self, kind: Kind) -> list[Definition]:
        """Every published definition of a kind, oldest first."""
        return [each for each in self.all(kind) if each.is_published]

    def find(self, kind: Kind, name: str, version: int | None = None) -> Definition | None:
        """A definition by name; the highest version if none is given."""
        if version is None:
            version = max(self._versions.get((kind.name, name), ()), default=0)
        return self._definitions.get((kind.name, name, version))

    def get(self, kind: Kind, name: str, version: int | None = None) -> Definition:
        """A definition by name; raises NotFound if there is none."""
        found = self.find(kind, name, version)
        if found is None:
            raise NotFound(f"{title(kind, name, version)} does not exist")
        return found

    def described_key(self, key: AttributeKeyInput) -> AttributeKeyInput:
        """A key as the registry describes it, if a group or an intervention only names it.

        Its own time to live takes precedence over the registry's even then.
        """
        known = None if is_described(key) else self.find(KEY, key.name)
        if known is None:
            return key
        ttl = known.model.ttl if key.ttl is None else key.ttl
        described: AttributeKeyInput = known.model.model_copy(update={"ttl": ttl})
        return described

    def create(self, kind: Kind, model: Any) -> Definition:
        """Add a definition; raises AlreadyExists or InvalidDefinition."""
        version = version_of(kind, model)
        if self.find(kind, model.name, version) is not None:
            raise AlreadyExists(f"{title(kind, model.name, version)} already exists")
        self._check(kind, model)
        with self._transaction():
            return self._save(kind, model)

    def update(self, kind: Kind, name: str, version: int, model: Any) -> Definition:
        """Replace a definition; raises NotFound, InvalidDefinition or Conflict."""
        old = self.get(kind, name, version)
        if (latest(model).name, version_of(kind, model)) != (name, version):
            raise InvalidDefinition((["body", "name"], f"does not match the path: {old.title}"))
        is_changed = self._computation(kind, old.model) != self._computation(kind, model)
        if is_changed and old.is_published:
            model, is_changed = _unpublished(old, model), False
        is_newly_published = model.is_published and not old.is_published
        if is_changed or is_newly_published or kind not in (GROUP, INTERVENTION):
            self._check(kind, model)
        else:
            _refuse(list(validation.owner_problems(model.owner)))
        users = [each.title for each in self._users(old) if each.is_published]
        if is_changed and kind is KEY and users:
            raise Conflict(
                f"{old.title} is used by {', '.join(users)} and cannot be changed. Unpublish that"
                " first, or define another key."
            )
        with self._transaction():
            if old.is_published and not model.is_published:
                self._release(old)
            if is_changed:
                self._delete_values(old)
            return self._save(kind, model)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many definitions of each kind there are, and how many are published."""
        return {
            name: {"all": len(self.all(kind)), "published": len(self.published(kind))}
            for name, kind in KINDS.items()
        }

    def set_published(
        self, kind: Kind, name: str, version: int | None, *, is_published: bool
    ) -> Definition:
        """Publish or unpublish a definition unchanged; raises NotFound or InvalidDefinition.

        For an event log this is the draft, if there is one.
        """
        old = self.get(kind, name, version)
        model = latest(old.model).model_copy(update={"is_published": is_published})
        return self.update(kind, name, old.version, model)

    def delete(self, kind: Kind, name: str, version: int) -> None:
        """Delete a definition and its values; raises NotFound or Conflict."""
        old = self.get(kind, name, version)
        if old.is_published:
            raise Conflict(f"{old.title} is published. Unpublish it before deleting it.")
        users = [each.title for each in self._users(old)]
        if users:
            raise Conflict(f"{old.title} is used by {', '.join(users)}. Delete that first.")
        with self._transaction():
            self._release(old)
            self._store.delete_definition(old.id)
        del self._definitions[kind.name, old.name, old.version]
        self._versions[kind.name, old.name].discard(old.version)
        self.revision += 1

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction; if it fails, the definitions are read from the database again."""
        try:
            with self._store_transaction():
                yield
        except Exception:
            self.load()
            raise

    def _check(self, kind: Kind, model: Any) -> None:
        _refuse(validation.problems(kind.name, latest(model), self))

    def _computation(self, kind: Kind, model: Any) -> dict[str, Any]:
        """The fields that decide what a definition computes, the same for all ways to write it."""
        if kind is GROUP:
            key = self.described_key(model.attribute_key)
            model = model.model_copy(update={"attribute_key": key})
        dumped: dict[str, Any] = model.model_dump(
            mode="json", include={"name", *kind.computes}, exclude_none=True, by_alias=True
        )
        for described in [dumped.get("attribute_key", {}), *dumped.get("attributes", [])]:
            for field in ("description", "owner", "is_published"):
                described.pop(field, None)
        keyed = dumped.get("attribute_key", dumped)
        if keyed.get("key") == keyed["name"]:  # as if there were none
            del keyed["key"]
        return {name: value for name, value in dumped.items() if value != []}

    def _save(self, kind: Kind, model: Any) -> Definition:
        version = version_of(kind, model)
        published_at = self._published_at(kind, model)
        body = model.model_dump(mode="json", exclude_none=True, by_alias=True)
        try:
            row_id = self._store.save_definition(
                self._sandbox_id, kind.name, model.name, version, published_at, body
            )
        except (TypeError, OverflowError) as error:
            problem = "a number in this definition has more than 64 bits"
            raise InvalidDefinition((["body"], problem)) from error
        definition = Definition.of(row_id, kind, version, published_at, body)
        self._keep(definition)
        self._refuse_too_many_bytes()
        self.revision += 1
        if kind is GROUP and self.find(KEY, model.attribute_key.name) is None:
            self._save(KEY, model.attribute_key)
        return definition

    def _refuse_too_many_bytes(self) -> None:
        """Raise InvalidDefinition, which undoes the transaction, if the sandbox has too many."""
        size = sum(each.size for each in self._definitions.values())
        if size > DEFINITIONS_BYTES:
            raise InvalidDefinition(
                (
                    ["body"],
                    f"the definitions of this sandbox would have {size:,} bytes, and at most"
                    f" {DEFINITIONS_BYTES:,} are allowed. Delete some, or reset the sandbox.",
                )
            )

    def _published_at(self, kind: Kind, model: Any) -> int | None:
        """Now if it is newly published; otherwise unchanged."""
        old = self.find(kind, model.name, version_of(kind, model))
        is_newly_published = model.is_published and not (old and old.is_published)
        if is_newly_published:
            return self.now()
        return old.published_at if old else None

    def _release(self, definition: Definition) -> None:
        """Unpublish the interventions that use a group, before it is unpublished or deleted."""
        if definition.kind is not GROUP:
            return
        for intervention in self.published(INTERVENTION):
            if self._serves(definition, intervention):
                unpublished = intervention.model.model_copy(update={"is_published": False})
                self._save(INTERVENTION, unpublished)

    def _delete_values(self, changed: Definition) -> None:
        """Delete what was computed as a group or a key was before: new values would be mixed in."""
        groups = [changed]
        if changed.kind is KEY:
            on_key = self._groups_on(changed)
            groups = [each for each in on_key if not is_described(each.model.attribute_key)]
        for group in groups:
            self._store.delete_profiles(group.id)

    def _groups_on(self, key: Definition) -> list[Definition]:
        """Every version of every group on a key."""
        groups = self.all(GROUP)
        return [each for each in groups if each.model.attribute_key.name == key.name]

    def _interventions_for(self, key: Definition) -> list[Definition]:
        """The published interventions that name a key as one of their targets."""
        return [
            each
            for each in self.published(INTERVENTION)
            if key.name in [link.name for link in each.model.target_attribute_keys or []]
        ]

    def _users(self, definition: Definition) -> Iterable[Definition]:
        """The services that name this version of a group; the groups on this key, and the published
        interventions that target it, as they would never fire again."""
        if definition.kind is KEY:
            return self._groups_on(definition) + self._interventions_for(definition)
        if definition.kind is not GROUP:
            return []
        services = self.all(SERVICE)
        return [each for each in services if _names(each.model.attribute_groups, definition)]

    def _serves(self, group: Definition, intervention: Definition) -> bool:
        """Whether an intervention uses exactly this version of a group, in its criteria or for its
        payload."""
        if _names(intervention.model.payload_attribute_groups, group):
            return True
        latest = self.latest_published_group
        return any(
            (found := latest(*reference)) is not None and found.id == group.id
            for reference in references(intervention.model.criteria)
        )

    def latest_published_group(self, name: str, attribute: str) -> Definition | None:
        """The highest published version of a group that has the attribute."""
        if self._latest_revision != self.revision:
            self._latest_revision = self.revision
            self._latest = {
                (group.name, each.name): group
                for group in sorted(self.published(GROUP), key=lambda group: group.version)
                for each in group.model.attributes or []
            }
        return self._latest.get((name, attribute))


def _names(links: Iterable[Any] | None, group: Definition) -> bool:
    """Whether one of these links is to this version of a group."""
    linked = [(link.name, linked_version(link)) for link in links or []]
    return (group.name, group.version) in linked


def _refuse(problems: Sequence[DefinitionProblem]) -> None:
    if problems:
        raise InvalidDefinition(*problems)


def _unpublished(old: Definition, model: Any) -> Any:
    """A published definition, unpublished as it is, when it is unpublished with changes: tutorials
    end with what was last edited. Raises Conflict if it is to stay published."""
    if model.is_published:
        raise Conflict(
            f"{old.title} is published and cannot be changed. Raise the version to publish a"
            " changed definition."
        )
    return old.model.model_copy(update={"is_published": False})
