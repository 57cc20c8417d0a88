"""The words of the SDK that a definition is written with. What is not listed here is not read.

Source: the SDK's package `snowplow_signals`
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import snowplow_signals as sdk
from pydantic import BaseModel

MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        name: getattr(sdk, name)
        for name in (
            "StreamAttributeGroup",
            "BatchAttributeGroup",
            "ExternalBatchAttributeGroup",
            "AttributeGroup",
            "Attribute",
            "AttributeKey",
            "LinkAttributeKey",
            "Service",
            "RuleIntervention",
            "InterventionCriteriaAll",
            "InterventionCriteriaAny",
            "InterventionCriteriaNone",
            "InterventionCriterion",
            "EventLog",
            "EventSelection",
            "EventLogEvent",
            "EventLogAtomicProperty",
            "EventLogEventProperty",
            "EventLogEntityProperty",
            "Event",
            "AtomicProperty",
            "EventProperty",
            "EntityProperty",
            "CalculatedProperty",
            "Criteria",
            "Criterion",
            "BatchSource",
            "Field",
        )
    }
)
"""The SDK's classes, by the names that it exports them under."""

KEYS: Mapping[str, sdk.AttributeKey] = MappingProxyType(
    {
        name: getattr(sdk, name)
        for name in (
            "user_id",
            "domain_userid",
            "domain_sessionid",
            "network_userid",
            "user_attribute_key",
            "session_attribute_key",
        )
    }
)
"""The attribute keys that the SDK brings."""

EVENTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {name: getattr(sdk, name) for name in ("PageView", "PagePing", "StructuredEvent")}
)
"""The SDK's functions for events of trackers."""

CRITERIA: Mapping[str, str] = MappingProxyType(
    {
        "=": "eq",
        "!=": "neq",
        ">": "gt",
        ">=": "gte",
        "<": "lt",
        "<=": "lte",
        "like": "like",
        "in": "in_list",
        "is null": "is_null",
        "is not null": "is_not_null",
    }
)
"""The methods of `Criterion`, by operator."""

CLIENTS = ("Signals", "SignalsSandbox")
CLIENT = "sp_signals"
ACTIONS = ("publish", "unpublish", "delete", "test")

TIMES: Mapping[str, Any] = MappingProxyType(
    {"timedelta": timedelta, "datetime": datetime, "timezone": timezone, "UTC": UTC}
)
"""What a definition needs of Python's `datetime`."""

Definition = (
    sdk.AttributeGroup | sdk.Service | sdk.RuleIntervention | sdk.EventLog | sdk.AttributeKey
)
"""What can be published."""

DEFINITIONS = (
    sdk.AttributeKey,
    sdk.AttributeGroup,
    sdk.Service,
    sdk.RuleIntervention,
    sdk.EventLog,
)


def argument_names(model: type[BaseModel]) -> dict[str, str]:
    """The fields of a model by the names that its constructor takes.

    >>> argument_names(MODELS["BatchSource"])["schema"]
    'schema_'
    """
    return {field.alias or name: name for name, field in model.model_fields.items()}


LINKS = ("attribute_groups", "payload_attribute_groups")
"""The fields in which services and interventions name groups."""
