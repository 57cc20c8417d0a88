"""Interventions that are published and may never fire: what to tell who published one.

Source: https://docs.snowplow.io/docs/signals/interventions/ (criteria, key constraints)
"""

from collections.abc import Iterator

from lib.snowplow.criteria import names_in
from lib.snowplow.publishing import Published
from lib.text import code

BUILT_IN_KEYS = ("user_id", "domain_userid", "domain_sessionid", "network_userid")


def traps(published: Published) -> Iterator[str]:
    """Why the published intervention may never fire, in sentences of Markdown."""
    nudge, group = published.intervention, published.group
    if nudge is None or not nudge.is_published:
        return
    named = names_in(nudge.criteria)
    for each in (group.attributes or []) if group is not None else []:
        if each.name in named and str(each.aggregation).startswith("time_since_"):
            yield (
                f"Time passing alone never fires the intervention {code(nudge.name)}. Its criteria"
                f" name {code(each.name)}, the time since an event, but they are evaluated only"
                " when an event changes an attribute that they name. To react to silence, read the"
                " attribute in your application."
            )
    for key in nudge.target_attribute_keys or []:
        if key.name not in BUILT_IN_KEYS:
            yield (
                f"The intervention {code(nudge.name)} targets the key {code(key.name)}."
                " Interventions are sent only to identifiers that are UUIDs. For any other value"
                " it never fires."
            )
