"""What an intervention brings along: the attributes of the groups in its rule, and of those that it
names besides."""

from collections.abc import Sequence

import snowplow_signals as sdk

from lib.studio.registry import attributes_in


def groups_of_rule(
    rule: sdk.RuleIntervention, groups: Sequence[sdk.AttributeGroup]
) -> list[sdk.AttributeGroup]:
    """The groups that a rule names. Of several with one name, the first is taken."""
    names = {name.partition(":")[0] for name in attributes_in(rule.criteria)}
    names |= {each.name for each in rule.payload_attribute_groups or []}
    by_name = {str(each.name): each for each in reversed(groups)}
    return [by_name[name] for name in sorted(names & by_name.keys())]


def brought(rule: sdk.RuleIntervention, groups: Sequence[sdk.AttributeGroup]) -> list[str]:
    """The names of the attributes that arrive with an intervention."""
    found = [each.name for group in groups_of_rule(rule, groups) for each in group.attributes or []]
    return list(dict.fromkeys(found))
