"""Testing definitions before they are published, with the Signals Python SDK's `test`.

Signals computes the attribute group over the events of its last period, for one user and for some
others, and publishes nothing. These values alone decide whether the intervention would have fired:
users who crossed the threshold and fell below it again are not counted.

Anyone who knows a user id can read that user's interventions, so other users' ids are cut short.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ (testing)
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from snowplow_signals import AttributeGroup
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.criteria import meets
from lib.snowplow.definitions import Plan, attribute_group, intervention

YOU = "you"
SHOWN_OF_AN_ID = 8


@dataclass(frozen=True)
class PreviewRow:
    """One user's attributes, and whether they meet the intervention's criteria; None if unknown."""

    who: str
    values: dict[str, Any]
    is_met: bool | None

    @property
    def is_empty(self) -> bool:
        """Whether no event of this user counts."""
        return all(value is None for value in self.values.values())


@dataclass(frozen=True)
class Preview:
    """A row for each user; the one who asked comes first."""

    plan: Plan
    rows: list[PreviewRow]

    @property
    def is_empty(self) -> bool:
        """Whether there are no events that would count."""
        return all(row.is_empty for row in self.rows)

    @property
    def hits(self) -> int | None:
        """How many of the users meet the criteria; None if unknown."""
        known = [row.is_met for row in self.rows]
        return None if None in known else sum(map(bool, known))

    @property
    def summary(self) -> str:
        """How many of the users would be nudged, in a sentence."""
        users = "1 user" if len(self.rows) == 1 else f"{len(self.rows)} users"
        if self.hits is None:
            return f"These attributes do not show whether {users} would be nudged."
        return f"Of {users}, {self.hits or 'none'} would be nudged."


def preview(signals: BaseSignalsWithApiClient, plan: Plan, user_id: str) -> Preview:
    """Test a plan for one user and for up to ten others. Raises as `publishing.publish` does."""
    group, criteria = attribute_group(plan), intervention(plan).criteria
    return Preview(plan, preview_rows(signals, group, criteria, user_id, plan.period))


def preview_rows(
    signals: BaseSignalsWithApiClient,
    group: AttributeGroup,
    criteria: Any | None,
    identifier: str,
    window: timedelta,
) -> list[PreviewRow]:
    """Test any group over the events of a window, for one identifier of its key and for up to ten
    others: what its attributes would be, and who would meet the criteria. Raises as above."""
    key = str(group.attribute_key.name)
    mine = (
        signals.test(group, attribute_key_ids=[identifier], window=window) if identifier else None
    )
    found: dict[str, dict[str, Any]] = {identifier: {}} if identifier else {}
    for answer in (signals.test(group, window=window), mine):
        found |= _by_identifier(answer, key) if answer is not None else {}
    rows = []
    for each, answered in found.items():
        values = {one.name: answered.get(one.name) for one in group.attributes or []}
        who = YOU if each == identifier else f"{each[:SHOWN_OF_AN_ID]}…"
        is_met = None if criteria is None else meets(criteria, values)
        rows.append(PreviewRow(who, values, is_met))
    return rows


def _by_identifier(frame: Any, key: str) -> dict[str, dict[str, Any]]:
    """The rows of an answer by identifier, without rows that have none."""
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return {str(row[key]): _values(row, key) for row in rows if _value(row.get(key)) is not None}


def _values(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items() if name != key}


def _value(value: Any) -> Any:
    """The value as it was before the SDK put it into a table, which turns null into NaN and whole
    numbers beside it into floats."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else int(value) if value.is_integer() else value
