"""Several fields of an event combined into one value: what the SDK calls a calculated property.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ and the descriptions in
the SDK's own model
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import snowplow_signals as sdk

from lib.studio.catalogue import INTEGER, NUMBER, TEXT, Field, field_of, leaves_of

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "concat": "joined as text",
        "sum": "added up",
        "product": "multiplied",
        "min": "the smallest of them",
        "max": "the largest of them",
        "coalesce": "the first that has a value",
    }
)
OF_NUMBERS = ("sum", "product", "min", "max")


def is_combined(wanted: Any) -> bool:
    """Whether a property is made of several fields."""
    return isinstance(wanted, sdk.CalculatedProperty)


def fields_for(operation: str, fields: Sequence[Field], first: Field | None = None) -> list[Field]:
    """The fields that an operation can combine. `coalesce` takes fields of the first one's kind."""
    if operation in OF_NUMBERS:
        kinds: tuple[str, ...] = (INTEGER, NUMBER)
    elif operation == "coalesce" and first is not None:
        kinds = (first.kind,)
    else:
        kinds = (TEXT, INTEGER)
    return [each for each in fields if each.kind in kinds]


def operations_for(fields: Sequence[Field]) -> tuple[str, ...]:
    """The operations for which there are enough fields."""
    return tuple(each for each in MEANINGS if len(fields_for(each, fields)) > 1)


def combined(operation: str, chosen: Sequence[Field], separator: str = "") -> Any:
    """The property that combines the chosen fields. Raises `pydantic.ValidationError`."""
    return sdk.CalculatedProperty(
        operation=operation,  # type: ignore[arg-type]
        properties=[each.property for each in chosen],
        separator=separator or None if operation == "concat" else None,
    )


def recombined(wanted: Any, operation: str, fields: Sequence[Field]) -> Any:
    """The same fields combined in another way. Fields that do not fit are replaced by others."""
    now = [field for each in leaves_of(wanted) if (field := field_of(each, list(fields)))]
    first = now[0] if operation == "coalesce" else None
    fit = fields_for(operation, fields, first)
    kept = [each for each in now if each in fit]
    others = [each for each in fit if each not in kept]
    return combined(operation, [*kept, *others[: max(2 - len(kept), 0)]])
