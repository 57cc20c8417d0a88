"""The kinds of definition that the registry holds, and how each is named and versioned."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from snowplow_signals.models.model import (
    AttributeGroupInput,
    AttributeKeyInput,
    EventLogResponse,
    RuleInterventionInput,
    Service,
    VersionedLinkAttributeGroup,
)


@dataclass(frozen=True)
class Kind:
    """One kind of definition and how it is addressed.

    `computes` names the fields that may not change while the definition is published.
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
    EventLogResponse,
    False,
    frozenset(),
)
KINDS = {kind.name: kind for kind in (KEY, GROUP, SERVICE, INTERVENTION, EVENT_LOG)}


def version_of(kind: Kind, model: Any) -> int:
    """The version of a definition: 1 for kinds that have none."""
    return model.version if kind.versioned and model.version is not None else 1


def title(kind: Kind, name: str, version: int | None = None) -> str:
    """How messages name a definition."""
    suffix = f" version {version}" if kind.versioned and version is not None else ""
    return f"{kind.label} '{name}'{suffix}"


def linked_version(link: VersionedLinkAttributeGroup) -> int:
    """The version that a link to an attribute group means: 1 where none is given."""
    return 1 if link.version is None else link.version
