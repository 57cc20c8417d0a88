"""What the API has: every definition, in every version, and who uses it. Asked, never remembered.

The SDK lists interventions only, so the lists are read with its client's public `make_request`. A
kind that the API does not list is left out and named in `unlisted`. What the SDK's classes refuse
is in `unreadable`: the API takes any text as the owner, and they demand an email address.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import snowplow_signals as sdk
from pydantic import ValidationError
from snowplow_signals import SignalsAPIError
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.definitions import is_made_here
from lib.studio.vocabulary import KEYS, Definition

NOT_LISTED = (404, 405, 501)


@dataclass(frozen=True)
class Kind:
    """A kind of definition: what people call it, where the API lists it, and its class."""

    label: str
    path: str
    model: type[Any]
    is_versioned: bool


GROUP = Kind("Attribute group", "attribute_groups", sdk.AttributeGroup, True)
SERVICE = Kind("Service", "services", sdk.Service, False)
INTERVENTION = Kind("Intervention", "interventions", sdk.RuleIntervention, True)
LOG = Kind("Agentic context", "event_logs", sdk.EventLog, False)
KEY = Kind("Attribute key", "attribute_keys", sdk.AttributeKey, False)
LISTED = (GROUP, SERVICE, INTERVENTION, LOG)


@dataclass(frozen=True)
class Found:
    """One definition as the API has it. `versions` are the SDK's models, the newest first.

    `has_live_version` says of an agentic context that one is published under a newer draft.
    """

    kind: Kind
    versions: tuple[Any, ...]
    has_live_version: bool = False

    @property
    def newest(self) -> Any:
        """The highest version, published or not."""
        return self.versions[0]

    @property
    def name(self) -> str:
        return str(self.newest.name)

    @property
    def live(self) -> Any | None:
        """The highest published version; None if none is."""
        return next((each for each in self.versions if each.is_published), None)

    @property
    def state(self) -> str:
        """`published`, `draft`, or `published with a newer draft`."""
        if self.newest.is_published:
            return "published"
        is_live = self.live is not None or self.has_live_version
        return "published with a newer draft" if is_live else "draft"

    @property
    def is_made_here(self) -> bool:
        """Whether this app made it. What others made is not touched."""
        return all(is_made_here(each) for each in self.versions)

    @property
    def groups(self) -> set[str]:
        """The groups that its newest version names."""
        return set(_groups_of(self.newest))


@dataclass(frozen=True)
class Unreadable:
    """A definition that the SDK's class refuses in one of its versions. `links` are the groups that
    it names as a service, each with its version."""

    kind: Kind
    name: str
    links: tuple[tuple[str, int], ...] = ()

    @property
    def groups(self) -> set[str]:
        """The groups that it names as a service."""
        return {name for name, _ in self.links}


@dataclass(frozen=True)
class Registry:
    """Everything that the API has."""

    found: tuple[Found, ...] = ()
    unlisted: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def find(self, definition: Definition) -> Found | None:
        """What the API has under a definition's name."""
        kind = kind_of(definition)
        return next(
            (each for each in self.found if each.kind is kind and each.name == definition.name),
            None,
        )

    def is_unreadable(self, definition: Definition) -> bool:
        """Whether the API has something under a definition's name that cannot be read."""
        place = kind_of(definition), str(definition.name)
        return any((each.kind, each.name) == place for each in self.unreadable)

    @property
    def live_groups(self) -> list[Any]:
        """The published attribute groups, each in its highest published version."""
        return [each.live for each in self.found if each.kind is GROUP and each.live is not None]

    @property
    def live_rules(self) -> list[Any]:
        """The published interventions, each in its highest published version."""
        return [
            each.live for each in self.found if each.kind is INTERVENTION and each.live is not None
        ]

    def users(self, found: Found) -> list[Found | Unreadable]:
        """What names this definition, published or not."""
        if found.kind is not GROUP:
            return []
        known: tuple[Found | Unreadable, ...] = (*self.found, *self.unreadable)
        return [each for each in known if found.name in each.groups]

    def readers(self, found: Found) -> list[str]:
        """The services that name this group. It cannot be deleted before them."""
        return [each.name for each in self.users(found) if each.kind is SERVICE]


def kind_of(definition: Any) -> Kind:
    """The kind of a definition."""
    return next(each for each in (*LISTED, KEY) if isinstance(definition, each.model))


def read_registry(signals: BaseSignalsWithApiClient) -> Registry:
    """What the API has now. Raises `SignalsAPIError` and `httpx.HTTPError`."""
    read: list[Found | Unreadable] = []
    unlisted = []
    for kind in LISTED:
        try:
            answers: Any = signals.api_client.make_request("GET", f"registry/{kind.path}/")
        except SignalsAPIError as error:
            if error.status_code not in NOT_LISTED:
                raise
            unlisted.append(kind.label)
        else:
            read.extend(_by_name(kind, answers))
    return Registry(
        tuple(each for each in read if isinstance(each, Found)),
        tuple(unlisted),
        tuple(each for each in read if isinstance(each, Unreadable)),
    )


def _by_name(kind: Kind, answers: list[dict[str, Any]]) -> Iterator[Found | Unreadable]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for each in answers:
        by_name.setdefault(each["name"], []).append(each)
    for name, versions in by_name.items():
        newest_first = sorted(versions, key=lambda each: -(each.get("version") or 1))
        try:
            models = tuple(definition_from(kind, each) for each in newest_first)
        except ValidationError:
            yield Unreadable(kind, name, tuple(_links_in(newest_first[0])))
        else:
            yield Found(kind, models, bool(newest_first[0].get("has_published_version")))


def _links_in(answer: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The groups that a service names, as the API answers it."""
    for each in answer.get("attribute_groups") or []:
        yield str(each["name"]), int(each.get("version") or 1)


def definition_from(kind: Kind, answer: Mapping[str, Any]) -> Any:
    """An answer of the API as the SDK's class for defining it."""
    if kind is not GROUP:
        return kind.model.model_validate(answer)
    model: type[sdk.AttributeGroup] = sdk.AttributeGroup
    if answer.get("fields"):
        model = sdk.ExternalBatchAttributeGroup
    elif answer.get("attributes"):
        model = sdk.BatchAttributeGroup if answer.get("offline") else sdk.StreamAttributeGroup
    given = {name: value for name, value in answer.items() if value is not None}
    group = model.model_validate(given)
    return group.model_copy(update={"attribute_key": _known_key(group.attribute_key)})


def _known_key(key: Any) -> Any:
    """The SDK's own key where the API answers one with its name, and nothing of its own."""
    known = KEYS.get(key.name)
    is_plain = key.property is None and key.external_column is None and key.ttl is None
    return known if known is not None and known.name == key.name and is_plain else key


def _groups_of(definition: Any) -> Iterator[str]:
    """The groups that a service or an intervention names."""
    fields = definition.__dict__
    links = [
        *(fields.get("attribute_groups") or []),
        *(fields.get("payload_attribute_groups") or []),
    ]
    yield from (each.name for each in links)
    if fields.get("criteria") is not None:
        yield from (name.partition(":")[0] for name in attributes_in(definition.criteria))


def attributes_in(criteria: Any) -> Iterator[str]:
    """The attributes that a rule names, as `group:attribute`.

    >>> one = sdk.InterventionCriterion(attribute="g:a", operator="is null")
    >>> list(attributes_in(sdk.InterventionCriteriaAny(any=[one])))
    ['g:a']
    """
    name = getattr(criteria, "attribute", None)
    if name is not None:
        yield str(name)
    for combination in ("all", "any", "none"):
        for part in getattr(criteria, combination, None) or []:
            yield from attributes_in(part)


STATES: Mapping[str, str] = MappingProxyType(
    {
        "published": "counts events and answers",
        "draft": "kept, and computes nothing",
        "published with a newer draft": "the published version counts, the draft does not",
    }
)
"""What each state means."""
