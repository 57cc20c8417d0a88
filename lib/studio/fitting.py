"""Which aggregations fit a field, which types fit an aggregation, and what each means.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ and the contract that the
sandbox follows
"""

from collections.abc import Mapping
from types import MappingProxyType

from snowplow_signals import Attribute

from lib.studio.catalogue import DATE, INTEGER, LIST, NUMBER, PART, TEXT, Field

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "counter": "how many events there were",
        "sum": "the values added up",
        "mean": "the average value",
        "min": "the smallest value",
        "max": "the largest value",
        "first": "the value of the earliest event",
        "last": "the value of the latest event",
        "most_frequent": "the value that occurs most often",
        "least_frequent": "the value that occurs least often",
        "unique_list": "every different value, the newest last",
        "category_count": "each value with how often it occurs",
        "approx_count_distinct": "how many different values there are",
        "time_since_last": "how long ago the latest event was",
        "time_since_first": "how long ago the earliest event was",
    }
)
WITHOUT_FIELD = ("counter", "time_since_last", "time_since_first")
NUMERIC = ("sum", "mean", "min", "max")
OF_ANY_FIELD = (
    "last",
    "first",
    "most_frequent",
    "least_frequent",
    "unique_list",
    "category_count",
    "approx_count_distinct",
)
UNITS: Mapping[str, str] = MappingProxyType(
    {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
)
OF_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        TEXT: ("string",),
        INTEGER: ("int32", "int64", "double"),
        NUMBER: ("double", "float"),
        PART: ("int32", "int64"),
        DATE: ("string",),
        LIST: ("string_list",),
        "": ("string", "int32", "int64", "double", "bool", "timestamp"),
    }
)


def aggregations_for(field: Field | None) -> tuple[str, ...]:
    """The aggregations that fit a field, or no field."""
    if field is None:
        return WITHOUT_FIELD
    return (*NUMERIC, *OF_ANY_FIELD) if field.kind in (INTEGER, NUMBER, "") else OF_ANY_FIELD


def types_for(aggregation: str, field: Field | None) -> tuple[str, ...]:
    """The types that the result of an aggregation can have."""
    if aggregation in ("counter", "approx_count_distinct"):
        return ("int32", "int64")
    if aggregation.startswith("time_since_"):
        return ("double", "float")
    if aggregation == "category_count":
        return ("dict",)
    kinds = OF_KIND[field.kind if field is not None else ""]
    if aggregation == "unique_list":
        return tuple(f"{each}_list" for each in kinds if not each.endswith(("_list", "timestamp")))
    if aggregation == "mean":
        return ("double", "float")
    return kinds


def fitted(attribute: Attribute, field: Field | None) -> Attribute:
    """An attribute whose aggregation, type and unit fit its field. What fits already stays."""
    allowed = aggregations_for(field)
    aggregation = attribute.aggregation if attribute.aggregation in allowed else allowed[0]
    types = types_for(aggregation, field)
    is_time = aggregation.startswith("time_since_")
    type_ = attribute.type if attribute.type in types else types[0]
    return attribute.model_copy(
        update={
            "aggregation": aggregation,
            "type": type_,
            "default_value": attribute.default_value if type_ == attribute.type else None,
            "time_unit": (attribute.time_unit or "d") if is_time else None,
            "property": field.property if field is not None else None,
        }
    )
