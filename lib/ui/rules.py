"""The published rules: each as a tree with the current values, what fired, and a test of it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.connection.explanations import Explanation
from lib.diagnosis.missing_values import why_no_profile
from lib.snowplow.interventions import push_intervention
from lib.studio.payload import brought, groups_of_rule
from lib.studio.readable import part_of_group
from lib.studio.rule_state import LISTENED_KEY, RuleState, rule_states
from lib.studio.values import as_texts, group_values
from lib.text import code, plain, with_code
from lib.ui import session
from lib.ui.elements import show_problem
from lib.ui.fields import key_to_show
from lib.ui.publishing import show_offer
from lib.ui.registry import registry, show_unread
from lib.ui.rule_tree import show_tree
from lib.ui.ticking import looking
from lib.ui.words_form import show_words, words_line
from lib.world.jobs import Job
from lib.world.participant import Participant
from lib.world.polling import FAST_SECONDS
from lib.world.watched import SOURCES_AT_MOST

PUSH = "push_rule"
RULES_SHOWN = 8
IS_MET = {
    True: ":green-badge[:material/check: true now]",
    False: ":gray-badge[not true yet]",
    None: ":gray-badge[unknown]",
}
PAST_THE_RULE = (
    "Like Console's test: sent regardless of the criteria, as often as you like, with the current"
    " values. It does not count as fired."
)
Values = tuple[dict[str, Any], Explanation | None]


def show_rules(participant: Participant) -> None:
    """Every published rule of the sandbox or account."""
    known = registry(participant)
    if known is None:
        show_unread(participant, "Asking the API what is published…")
        return
    story = participant.names.intervention
    rules = sorted(known.live_rules, key=lambda each: (each.name != story, each.name))
    if not rules:
        _show_none(participant)
        return
    shown, groups = rules[:RULES_SHOWN], known.live_groups
    needed = [each for rule in shown for each in groups_of_rule(rule, groups)]
    values, problem = _values(participant, list({str(each.name): each for each in needed}.values()))
    if problem is not None:
        show_problem(problem)
    inbox, missed = participant.inbox, participant.missed
    grid = st.grid(2, min_column_width=340)
    for state in rule_states(shown, groups, values, inbox, missed):
        with grid.cell():
            _show_rule(participant, state)
    if len(rules) > len(shown):
        st.caption(f"And {len(rules) - len(shown)} more: the definitions page lists all.")


# The values


def _show_none(participant: Participant) -> None:
    """How to get rules: the story's while nothing of it is published, else one's own."""
    if participant.seen.is_known and not participant.seen.published.is_any:
        show_offer(
            participant,
            "No rule yet",
            "Publish the story here, or a rule of your own on the definitions page.",
        )
    else:
        st.caption("None. Publish the story's rule, or your own, on the definitions page.")


def _values(participant: Participant, groups: Sequence[Any]) -> Values:
    """The values of groups by `group:attribute`, and why reading failed if it did. The page runs
    again when they change."""
    sources = [part_of_group(each).source for each in groups][:SOURCES_AT_MOST]

    def read() -> Values:
        participant.watched.look(sources)
        values: dict[str, Any] = {}
        for each in sources:
            for reading in participant.watched.readings(each)[-1:]:
                values |= {f"{each.name}:{name}": value for name, value in reading.values.items()}
        return values, participant.watched.problem(sources)

    shown = read()

    def look() -> None:
        if read() != shown:
            st.rerun()

    looking(look, FAST_SECONDS)
    return shown


# One rule


def _show_rule(participant: Participant, state: RuleState) -> None:
    rule = state.rule
    with st.container(border=True, key=f"rule_{rule.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{code(rule.name)}**", width="content")
            st.badge(f"version {rule.version}", color="violet")
            st.markdown(_badge(state), width="content")
        show_tree(state.parts)
        for group in state.groups:
            if why := why_no_profile(str(group.attribute_key.name), participant.identifiers):
                st.markdown(f":small[{code(group.name)}: {with_code(why)}]")
        if state.verdict:
            st.caption(state.verdict)
        for trap in state.traps:
            st.warning(trap, icon=":material/warning:")
        _show_outcome(participant, str(rule.name))
        if rule.name != participant.names.intervention:
            st.caption(f"It shows: {words_line(participant.words_of(str(rule.name)))}")
        with st.container(horizontal=True, vertical_alignment="center"):
            _show_sending(participant, state)
            # No field of a rule's words has a key with this prefix.
            key = f"wording_{rule.name}"
            with st.popover("What it shows", icon=":material/edit_note:", key=key):
                show_words(participant, str(rule.name), brought(rule, state.groups))


def _badge(state: RuleState) -> str:
    if state.fired is not None:
        return ":green-badge[:material/mark_email_read: received]"
    return IS_MET[state.is_met]


# A test of it


def _show_sending(participant: Participant, state: RuleState) -> None:
    name = str(state.rule.name)
    people = _people(participant)
    if len(people) < 2:
        st.button(
            "Send it to me",
            key=f"send_{name}",
            icon=":material/send:",
            help=PAST_THE_RULE,
            on_click=_send,
            args=(participant, state, participant.user_id),
        )
        return
    with st.popover("Send it as a test", icon=":material/send:", key=f"sending_{name}"):
        _show_receivers(participant, name, people)
        st.caption(PAST_THE_RULE)
        st.button(
            "Send",
            key=f"send_{name}",
            type="primary",
            on_click=_send_to_chosen,
            args=(participant, state),
        )


def _show_receivers(participant: Participant, name: str, people: dict[str, str]) -> None:
    """Whom to send it to. The choice is stored: the button may be pressed before it is redrawn."""
    noted = f"receiver_of_{name}"
    if st.session_state.get(noted) not in people:
        st.session_state[noted] = participant.user_id
    chosen = st.session_state[noted]
    # A new name for the chosen person needs a new field: see `key_to_show`.
    key = key_to_show(f"receiver_{name}", chosen, [people[chosen]])
    st.selectbox(
        "To whom",
        list(people),
        index=list(people).index(chosen),
        format_func=lambda each: people[each],
        key=key,
        on_change=_note_receiver,
        args=(noted, key),
    )


def _note_receiver(noted: str, key: str) -> None:
    st.session_state[noted] = st.session_state[key]


def _people(participant: Participant) -> dict[str, str]:
    """Whom this session may send a test to, by user id: themselves, and for a presenter, everybody
    who is in the room now."""
    people = {participant.user_id: "me"}
    place, process = participant.connection.place, session.process()
    if process.rooms.find(place) is None or session.presenting_ban() is not None:
        return people
    here = process.participants.open_in(place)
    for each in here:
        if each.user_id not in people and not each.stage.successor:
            people[each.user_id] = process.rooms.member(place, each.user_id).name
    return people


def _send_to_chosen(participant: Participant, state: RuleState) -> None:
    _send(participant, state, st.session_state[f"receiver_of_{state.rule.name}"])


def _send(participant: Participant, state: RuleState, user_id: str) -> None:
    """Send an intervention to somebody as a test. For a button's callback."""
    who, job = _people(participant).get(user_id), participant.jobs.find(PUSH)
    if who is None or (job is not None and not job.is_done):  # they left, or a second click
        return
    rule, groups = state.rule, state.groups
    is_mine = user_id == participant.user_id
    theirs = participant.identifiers if is_mine else {LISTENED_KEY: user_id}

    def work() -> str:
        values = as_texts(group_values(participant.signals, groups, theirs))
        return push_intervention(
            participant.signals, str(rule.name), rule.version or 1, [user_id], values
        )

    job = participant.jobs.start(PUSH, work)
    st.session_state["sent_rule"] = (participant.world, str(rule.name), user_id, who, job)
    job.wait()


def _show_outcome(participant: Participant, name: str) -> None:
    """The result of the last test of a rule, beside it."""
    nothing = (None, None, "", "", None)
    world, sent, user_id, who, job = st.session_state.get("sent_rule", nothing)
    if (world, sent) != (participant.world, name):
        return
    if not job.is_done:
        st.info("Signals was asked to send it and has not answered yet.", icon=":material/send:")
    elif job.problem is not None:
        show_problem(job.problem)
    elif job.result != "undelivered":
        st.caption(f":material/check: Sent to {plain(who)} at {job.since:%H:%M:%S} UTC, as a test.")
    elif not _listens_since(participant, user_id, job):
        st.warning(
            "Not delivered: no subscriber was connected. Wait for the stream to open and send it"
            " again."
        )


def _listens_since(participant: Participant, user_id: str, job: Job) -> bool:
    """Whether the stream of somebody here has opened since a test was sent to them."""
    here = session.process().participants.open_in(participant.connection.place)
    return any(
        each.listener.has_opened_since(job.since) for each in here if each.user_id == user_id
    )
