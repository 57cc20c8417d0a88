"""Published interventions that may never fire: what to tell the person who published one.

Source: https://docs.snowplow.io/docs/signals/interventions/ (criteria, key constraints)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lib.snowplow.publishing import Published
from lib.text import code

BUILT_IN_KEYS = ("user_id", "domain_userid", "domain_sessionid", "network_userid")


def traps(published: Published) -> Iterator[str]:
    """Why the story's published intervention may never fire, in Markdown sentences."""
    nudge, group = published.intervention, published.group
    if nudge is not None and nudge.is_published:
        yield from traps_of(nudge, [] if group is None else [group])


def traps_of(rule: Any, groups: Sequence[Any]) -> Iterator[str]:
    """Why a published intervention may never fire. `groups` are those that its criteria name."""
    named = _named(rule.criteria)
    for group in groups:
        for each in group.attributes or []:
            is_named = f"{group.name}:{each.name}" in named
            if is_named and str(each.aggregation).startswith("time_since_"):
                yield (
                    f"Time alone never fires the intervention {code(rule.name)}. Its criteria name"
                    f" {code(each.name)}, the time since an event, but they are evaluated only when"
                    " an event changes an attribute that they name. To react to inactivity, read"
                    " the attribute in your application."
                )
    for key in rule.target_attribute_keys or []:
        if key.name not in BUILT_IN_KEYS:
            yield (
                f"The intervention {code(rule.name)} targets the key {code(key.name)}."
                " Interventions are sent only to identifiers that are UUIDs. For any other value"
                " it never fires."
            )


def _named(criteria: Any) -> set[str]:
    """The attributes in criteria, as `group:attribute`."""
    parts = [
        part for name in ("all", "any", "none") for part in getattr(criteria, name, None) or []
    ]
    own = {str(criteria.attribute)} if getattr(criteria, "attribute", None) else set()
    return own.union(*map(_named, parts))
