"""Which definitions would show the ids of other people. In this app, whoever knows the id of a user
can be that user, so in a room the ids are secrets."""

from typing import Any

import snowplow_signals as sdk

from lib.studio.catalogue import leaves_of
from lib.studio.edits import Draft

OF_A_USER = "user_id"


def reads_user_ids(draft: Draft) -> bool:
    """Whether an attribute of a group has ids of users for values."""
    return any(
        _is_user_id(leaf)
        for each in draft
        for attribute in getattr(each, "attributes", None) or []
        for leaf in (attribute.property, *leaves_of(attribute.property))
    )


def _is_user_id(wanted: Any) -> bool:
    return isinstance(wanted, sdk.AtomicProperty) and wanted.name == OF_A_USER
