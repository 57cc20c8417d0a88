"""Which interventions an event triggers, compared with a model.

The model recomputes all values from all events and evaluates all criteria again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from snowplow_signals import (
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
)

from tests.support.engine_bench import BOTH_KEYS, OTHER_SESSION, OTHER_USER, SESSION, USER, Bench
from tests.support.sandbox import criterion, every, intervention, none, some
from tests.support.size import HISTORIES

Seen = tuple[str | None, str | None, int | None]
LEAVES = st.builds(
    criterion,
    st.sampled_from(["user:count", "user:last", "session:count", "session:last"]),
    st.sampled_from(["=", "!=", "<", ">", "<=", ">="]),
    st.integers(0, 3),
) | st.builds(
    criterion,
    st.sampled_from(["user:last", "session:last"]),
    st.sampled_from(["is null", "is not null"]),
)
CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.tuples(
        st.sampled_from([every, some, none]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: pair[0](*pair[1])),
    max_leaves=6,
)
EVENTS: st.SearchStrategy[list[Seen]] = st.lists(
    st.tuples(
        st.sampled_from([USER, OTHER_USER, None, "no-uuid"]),
        st.sampled_from([SESSION, OTHER_SESSION, None]),
        st.integers(0, 3) | st.none(),
    ),
    max_size=15,
)
TARGETS = st.sampled_from([None, BOTH_KEYS, BOTH_KEYS[:1], BOTH_KEYS[1:]])
COMPARISONS = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def naive_values(history: Sequence[Seen], user: str | None, session: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, position, identifier in (("user", 0, user), ("session", 1, session)):
        own = [
            value
            for *ids, value in history
            if identifier in (USER, OTHER_USER, SESSION, OTHER_SESSION)
            and ids[position] == identifier
        ]
        values[f"{name}:count"] = len(own) or None
        values[f"{name}:last"] = next((v for v in reversed(own) if v is not None), None)
    return values


def naive_met(criteria: Any, values: dict[str, Any]) -> bool:
    if isinstance(criteria, InterventionCriteriaAll):
        return all(naive_met(each, values) for each in criteria.all)
    if isinstance(criteria, InterventionCriteriaAny):
        return any(naive_met(each, values) for each in criteria.any)
    if isinstance(criteria, InterventionCriteriaNone):
        return not any(naive_met(each, values) for each in criteria.none)
    value = values[criteria.attribute]
    if criteria.operator.startswith("is"):
        return (value is None) == (criteria.operator == "is null")
    return value is not None and COMPARISONS[criteria.operator](value, criteria.value)


def leaves(criteria: Any) -> Iterator[str]:
    for name in ("all", "any", "none"):
        for child in getattr(criteria, name, []):
            yield from leaves(child)
    if hasattr(criteria, "attribute"):
        yield criteria.attribute


def naive_firings(rule: Any, events: Sequence[Seen]) -> list[set[tuple[str, str]]]:
    """The targets that fire on each event, by the definition of triggering alone."""
    named = {attribute.split(":")[0] for attribute in leaves(rule.criteria)}
    keys = [link.name for link in rule.target_attribute_keys or []] or [
        {"user": "user_id", "session": "domain_sessionid"}[each] for each in named
    ]
    fired: set[tuple[str, str]] = set()
    result = []
    for index, (user, session, _) in enumerate(events):
        before = naive_values(events[:index], user, session)
        after = naive_values(events[: index + 1], user, session)
        candidates = {("user_id", user), ("domain_sessionid", session)}
        present = {
            (key, identifier)
            for key, identifier in candidates
            if key in keys and identifier not in (None, "no-uuid")
        }
        crosses = naive_met(rule.criteria, after) and not naive_met(rule.criteria, before)
        result.append({(key, str(each)) for key, each in present} - fired if crosses else set())
        fired |= result[-1]
    return result


@settings(max_examples=HISTORIES, deadline=None)
@given(criteria=CRITERIA, events=EVENTS, keys=TARGETS)
def test_the_same_targets_fire_as_in_the_model(criteria: Any, events: Any, keys: Any) -> None:
    rule = intervention(criteria, target_attribute_keys=keys)
    bench = Bench(rule)
    fired = [
        {
            (target.key, target.identifier)
            for trigger in bench.see(value, user, session)
            for target in trigger
        }
        for user, session, value in events
    ]
    bench.close()
    assert fired == naive_firings(rule, events)
