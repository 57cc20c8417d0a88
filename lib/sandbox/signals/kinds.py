"""The kinds of definitions in the registry, and how each is named and versioned."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from snowplow_signals.models.model import (
    AttributeGroupInput,
    AttributeKeyInput,
    RuleInterventionInput,
    Service,
    VersionedLinkAttributeGroup,
)

from lib.sandbox.signals.drafts import EventLogWithDraft


@dataclass(frozen=True)
class Kind:
    """One kind of definition, and how it is addressed.

    The fields in `computes` cannot change while the definition is published.
    """

    name: str
    label: str
    model: type[BaseModel]
    versioned: bool
    computes: frozenset[str]


KEY = Kind(
    "attribute_key",
    "Attribute key",
    AttributeKeyInput,
    False,
    frozenset({"property", "key"}),
)
GROUP = Kind(
    "attribute_group",
    "Attribute group",
    AttributeGroupInput,
    True,
    frozenset({"attribute_key", "attributes", "ttl"}),
)
SERVICE = Kind("service", "Service", Service, False, frozenset())
INTERVENTION = Kind(
    "intervention",
    "Intervention",
    RuleInterventionInput,
    True,
    frozenset({"criteria", "target_attribute_keys", "payload_attribute_groups"}),
)
EVENT_LOG = Kind(
    "event_log",
    "Event log",
    EventLogWithDraft,
    False,
    frozenset(),
)
KINDS = {kind.name: kind for kind in (KEY, GROUP, SERVICE, INTERVENTION, EVENT_LOG)}


def version_of(kind: Kind, model: Any) -> int:
    """A definition's version: 1 for kinds without versions."""
    return model.version if kind.versioned and model.version is not None else 1


def title(kind: Kind, name: str, version: int | None = None) -> str:
    """A definition's name in messages."""
    suffix = f" version {version}" if kind.versioned and version is not None else ""
    return f"{kind.label} '{name}'{suffix}"


def is_described(key: AttributeKeyInput) -> bool:
    """Whether a group says where its key is in an event, rather than only naming the key."""
    return key.property is not None or key.key is not None


def linked_version(link: VersionedLinkAttributeGroup) -> int:
    """The version of an attribute group that a link refers to: 1 if it names none."""
    return 1 if link.version is None else link.version
