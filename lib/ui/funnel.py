"""What happened to interventions: the steps of one for a person, and of the nudge for a room."""

from collections.abc import Sequence

import streamlit as st

from lib.diagnosis.funnel import FunnelStep, Rule, steps
from lib.people.reached import Reached
from lib.story.shown_words import is_told_only
from lib.text import plain
from lib.world.fired import Fired
from lib.world.participant import Participant

BADGES = {
    "yes": ":green-badge[:material/check: yes]",
    "no": ":red-badge[:material/close: no]",
    "not yet": ":gray-badge[not yet]",
    "unknown": ":gray-badge[unknown]",
}
MEANINGS = {
    "Fired": "People for whom the rule became true.",
    "Delivered": "People whose stream Signals sent it to.",
    "Received": "People for whom the SDK received it here.",
    "Handled": "People to whom a page has shown it.",
    "Accepted": "People who pressed the nudge's button.",
}


def show_funnel(participant: Participant) -> None:
    """The steps of an intervention, from its rule to this person's answer."""
    participant.fired.look()
    fired = participant.fired.seen
    rules = _rules(participant, fired)
    st.header("From the rule to your answer", anchor=False)
    if not rules:
        st.caption("Publish the definitions to follow their intervention here, step by step.")
        return
    rule = rules[0]
    if len(rules) > 1:
        rule = st.selectbox("Intervention", rules, format_func=_name, key="followed_intervention")
    else:
        st.caption(f"{plain(_name(rule))}, for you.")
    _show_steps(_steps(participant, rule, fired))


def _rules(participant: Participant, fired: Sequence[Fired] | None) -> list[Rule]:
    """The interventions to choose from: the published one, those received and those that fired."""
    published = participant.seen.published.followed
    found: list[Rule] = [] if published is None else [(published.name, int(published.version))]
    found += [
        (each.intervention.name, int(each.intervention.version)) for each in participant.inbox
    ]
    found += [(each.name, each.version) for each in fired or ()]
    return list(dict.fromkeys(found))


def _steps(participant: Participant, rule: Rule, fired: Sequence[Fired] | None) -> list[FunnelStep]:
    found = [
        each
        for each in participant.inbox
        if (each.intervention.name, int(each.intervention.version)) == rule
    ]
    received = next(iter(sorted(found, key=lambda each: each.is_test)), None)  # tests last
    is_told = received is not None and is_told_only(participant, received)
    return steps(rule, fired, received, is_told_only=is_told)


def _show_steps(found: Sequence[FunnelStep]) -> None:
    st.table(
        {
            "Step": [each.name for each in found],
            "Reached": [BADGES[each.state] for each in found],
            "Known from": [plain(each.known_from) for each in found],
        },
        border="horizontal",
        hide_index=True,
        alt="The steps of the intervention, how far it got, and how that is known",
    )


def _name(rule: Rule) -> str:
    return f"{rule[0]} v{rule[1]}"


def show_room_funnel(rule: Rule | None, found: Reached | None) -> None:
    """How many people in the room the nudge reached, step by step."""
    st.header("Nudge results", anchor=False)
    if rule is None or found is None:
        st.caption("Publish the definitions first. Then this counts whom their nudge reaches.")
        return
    st.caption(f"How many people in this room {plain(_name(rule))} reached.")
    numbers = (found.fired, found.delivered, found.received, found.handled, found.accepted)
    with st.grid(5, min_column_width=100):
        for (name, meaning), number in zip(MEANINGS.items(), numbers, strict=True):
            st.metric(name, "unknown" if number is None else number, help=meaning)
