"""Reading attribute values with the Signals Python SDK.

Read values through a service, which bundles attribute groups under a stable name, or directly from
one version of a group. An application should read the service: its name stays the same when the
next version of a group takes over. An attribute that has no value yet is None:

    {"user_id": "<uuid>", "tasks_completed_count": 3, "last_completed_task_priority": "high"}

Source: https://docs.snowplow.io/docs/signals/applications/retrieve-attributes/
"""

from collections.abc import Mapping
from typing import Any

from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.criteria import is_number
from lib.snowplow.definitions import COUNT, GROUP, SERVICE

KEY = "user_id"


def service_attributes(
    signals: BaseSignalsWithApiClient, user_id: str, service: str = SERVICE
) -> dict[str, Any]:
    """All attributes of a service for one user.

    Raises `SignalsAPIError` (404 if the service is not published) and `httpx.HTTPError`.
    """
    return signals.get_service_attributes(
        name=service,
        attribute_key=KEY,
        identifier=user_id,
    )


def group_attributes(
    signals: BaseSignalsWithApiClient,
    user_id: str,
    version: int,
    attributes: list[str],
    group: str = GROUP,
) -> dict[str, Any]:
    """Some attributes of one version of a group for one user. Raises as above."""
    return signals.get_group_attributes(
        name=group,
        version=version,
        attributes=attributes,
        attribute_key=KEY,
        identifier=user_id,
    )


def completed_tasks(values: Mapping[str, Any]) -> float | None:
    """The number of completed tasks among the values that were read; None if there is none.

    >>> completed_tasks({"user_id": "<uuid>", "tasks_completed_count": 3})
    3
    """
    count = values.get(COUNT)
    return count if is_number(count) else None
