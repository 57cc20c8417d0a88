"""The state of a published rule for one user: what is true now, what arrived, and what is next.

Signals decides when an intervention fires. This says only what the values show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.diagnosis.traps import traps_of
from lib.snowplow.criteria import meets
from lib.studio.payload import groups_of_rule
from lib.studio.what_if import RulePart, rule_parts
from lib.text import code
from lib.world.inbox import Missed, Received

LISTENED_KEY = "user_id"
AGAIN = "It is not sent to you again in this version. To see it again, become a new user."


@dataclass(frozen=True)
class RuleState:
    """One published rule and one user. `fired` is when it arrived because the rule became true, and
    `missed` when it probably fired while nobody listened."""

    rule: Any
    groups: tuple[Any, ...]
    parts: tuple[RulePart, ...]
    is_met: bool | None
    fired: Received | None
    missed: Missed | None

    @property
    def targets(self) -> list[str]:
        """The keys whose identifiers it is sent to; if it names none, those of its groups."""
        links = [str(each.name) for each in self.rule.target_attribute_keys or []]
        return links or sorted({str(each.attribute_key.name) for each in self.groups})

    @property
    def is_heard(self) -> bool:
        """Whether this app listens for one of its targets."""
        return LISTENED_KEY in self.targets

    @property
    def traps(self) -> Iterator[str]:
        """Why it may never fire, or never arrive here, in Markdown sentences."""
        yield from traps_of(self.rule, self.groups)
        if self.targets and not self.is_heard:
            keys = ", ".join(map(code, self.targets))
            yield (
                f"It is sent to {keys}, but this app listens for {code(LISTENED_KEY)}: it does not"
                " arrive here. An application that listens for that key receives it."
            )

    @property
    def verdict(self) -> str:
        """What is known about it now, in a sentence or two of Markdown."""
        if self.fired is not None:
            return f"It arrived at {self.fired.at:%Y-%m-%d %H:%M:%S} UTC. {AGAIN}"
        if self.missed is not None:
            return f"It probably fired while nobody listened, and is lost. {AGAIN}"
        if self.targets and not self.is_heard:
            return ""  # the traps say why
        if self.is_met:
            return (
                "The rule is true, but nothing arrived. It fires only with an event that makes it"
                " true, and only the first time. If it was true before it was published, it does"
                " not fire: become a new user."
            )
        if self.is_met is None:
            return "These values do not show whether it is true. It fires once for you."
        return "Not yet. It fires with the event that makes it true, once for you."


def rule_states(
    rules: Sequence[Any],
    groups: Sequence[Any],
    values: Mapping[str, Any],
    received: Sequence[Received],
    missed: Sequence[Missed],
) -> list[RuleState]:
    """The states of published rules. `values` are by `group:attribute`, as they were read last."""
    return [
        RuleState(
            rule,
            tuple(groups_of_rule(rule, groups)),
            tuple(rule_parts(rule.criteria, values)),
            meets(rule.criteria, values),
            next(
                (each for each in received if _is_of(rule, each.intervention) and not each.is_test),
                None,
            ),
            next((each for each in missed if _is_of(rule, each)), None),
        )
        for rule in rules
    ]


def _is_of(rule: Any, other: Any) -> bool:
    """Whether something is about this version of a rule."""
    return bool((other.name, other.version) == (rule.name, rule.version or 1))
