"""The nudge: the newest unanswered intervention, and how far a user is from it."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps

import streamlit as st

from lib.snowplow.definitions import COUNT
from lib.story.shown_words import is_told_only, shown_words
from lib.text import code
from lib.ui.arrival import show_arrival
from lib.ui.parts import redrawing, show_part
from lib.ui.presentation import for_audience
from lib.world.inbox import Received
from lib.world.participant import Participant

FAILED = "This intervention cannot be displayed"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NudgeProgress:
    """`fraction` from 0 to 1, and `text` about it."""

    fraction: float
    text: str


def progress(
    count: float | None, threshold: float | None, *, is_received: bool, rule: str = ""
) -> NudgeProgress:
    """How far a user with `count` completed tasks is from the nudge.

    `threshold` is the published intervention's, None if there is none, or if its `rule`, in words,
    asks for something else. `is_received` says whether that very version of the intervention has
    arrived.

    >>> progress(3, 5, is_received=False)
    NudgeProgress(fraction=0.6, text='3 of 5: 2 more to the nudge')
    >>> progress(None, None, is_received=False).fraction
    0.0
    """
    if threshold is None and rule:
        return NudgeProgress(1.0 if is_received else 0.0, f"The nudge's rule: {code(rule)}")
    if threshold is None:
        return NudgeProgress(0.0, "Your progress to the nudge shows here once it is published")
    done = count or 0
    if is_received:
        return NudgeProgress(1.0, f"The nudge at {threshold:g} was sent. Each user gets it once")
    if done >= threshold:
        return NudgeProgress(
            1.0,
            f"{done:g} is past {threshold:g}. The nudge is sent when the threshold is crossed",
        )
    return NudgeProgress(
        done / threshold, f"{done:g} of {threshold:g}: {threshold - done:g} more to the nudge"
    )


def _reporting_failure(show: Callable[[Participant], None]) -> Callable[[Participant], None]:
    """Wraps a function that shows an intervention: if it fails, the failure is logged and shown,
    and the rest of the page is drawn."""

    @wraps(show)
    def shown(participant: Participant) -> None:
        try:
            show(participant)
        except Exception as error:  # an intervention may contain anything
            newest, _ = _waiting(participant)
            if newest is None:
                raise
            log.exception("The intervention %s cannot be shown", newest.id)
            participant.note_shown(newest, f"{type(error).__name__}: {error}")
            st.warning(
                "The Interventions page has all of it, and the server's log has the reason.",
                title=FAILED,
                icon=":material/notification_important:",
            )

    return shown


def show_nudge_card(participant: Participant) -> None:
    """The newest unanswered intervention, as the product shows it; else the last answer."""
    show_part("nudge_part", partial(_read, participant), lambda _: _show_card(participant))


def _read(participant: Participant) -> tuple[object, ...]:
    """What distinguishes one card from another. Its words change only with the whole page."""
    newest, more = _waiting(participant)
    answered = next(iter(participant.inbox), None)
    threshold = participant.seen.published.threshold
    return newest and newest.id, more, answered and (answered.id, answered.answer), threshold


@_reporting_failure
def _show_card(participant: Participant) -> None:
    newest, more = _waiting(participant)
    if newest is None:
        _show_answer(participant)
        return
    words = shown_words(participant, newest)
    with st.container(border=True, key="nudge", gap="small"):
        with st.container(horizontal=True, wrap=False, gap="small"):
            show_arrival(newest.id, participant.profile.accent)
            st.markdown(f"#### {words.headline}\n{words.text}{more}", anchors=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _show_buttons(participant, newest)
            with st.popover("Why am I seeing this?", type="tertiary", key="why_nudge"):
                _show_why(participant, newest)
    participant.note_shown(newest)


@_reporting_failure
def show_nudge_bar(participant: Participant) -> None:
    """The same in one row, at the bottom of the other pages. Its words link to the card."""
    newest, more = _waiting(participant)
    if newest is None:
        return
    words = shown_words(participant, newest)
    said = "" if words.is_enough else words.text
    with (
        st.bottom,
        st.container(
            key="nudge", horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"
        ),
    ):
        show_arrival(newest.id, participant.profile.accent, small=True)
        st.page_link(
            "pages/board.py",
            label=f"**{words.headline}** {said}{more}",
            width="stretch",
        )
        _show_buttons(participant, newest)
    participant.note_shown(newest)


def tell_in_passing(participant: Participant) -> None:
    """Briefly show, once and on any page, what arrived and is not a nudge."""
    for received in participant.inbox:
        is_new = received.shown is None and not received.problem
        if is_new and is_told_only(participant, received):
            words = shown_words(participant, received)
            st.toast(
                f"**{words.headline}**  \n{words.text}",
                icon=":material/notifications:",
                duration="long",
            )
            participant.note_shown(received)


def _waiting(participant: Participant) -> tuple[Received | None, str]:
    """The newest unanswered intervention, and how many more there are, in words."""
    waiting = [
        each
        for each in participant.inbox
        if each.answer is None and not is_told_only(participant, each)
    ]
    more = f" {len(waiting) - 1} more after this." if len(waiting) > 1 else ""
    return (waiting[0] if waiting else None), more


def _is_own(participant: Participant, received: Received) -> bool:
    return received.intervention.name == participant.names.intervention


def _show_buttons(participant: Participant, newest: Received) -> None:
    button = shown_words(participant, newest).button
    if button:
        st.button(
            button,
            key="accept_nudge",
            type="primary",
            icon=":material/group_add:" if _is_own(participant, newest) else None,
            on_click=_answer,
            args=(participant, newest, "accepted"),
        )
    st.button(
        "Dismiss",
        key="dismiss_nudge",
        type="tertiary",
        icon=":material/close:",
        on_click=_answer,
        args=(participant, newest, "dismissed"),
    )


def _answer(participant: Participant, received: Received, action: str) -> None:
    with redrawing(participant):
        participant.answer(received, action)


def _show_answer(participant: Participant) -> None:
    """What somebody did with the newest intervention, and that it was tracked."""
    newest = next(iter(participant.inbox), None)
    if newest is None or newest.answer is None:
        return
    accepted = shown_words(participant, newest).accepted if newest.answer == "accepted" else ""
    said = accepted or f"You {newest.answer} it."
    st.caption(f":material/mail: {said} Tracked as nudge\\_interaction.")


def _show_why(participant: Participant, received: Received) -> None:
    """The rule behind an intervention, and what came with it."""
    intervention = received.intervention
    threshold = participant.seen.published.threshold
    st.markdown(f"Signals sent {code(intervention.name)}, version {intervention.version}.")
    if received.is_test:
        st.markdown("The app sent it as a test: no rule fired.")
    elif _is_own(participant, received) and threshold is not None:
        st.markdown(f"Its rule: {code(f'{COUNT} >= {threshold:g}')}. Each user gets it once.")
    else:
        st.markdown("Its rule is on the Interventions page. Each target gets it once.")
    st.json(for_audience(json.dumps(intervention.attributes or {})))
