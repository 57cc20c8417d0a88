"""The nudge: the newest unanswered intervention, and how far a user is from it."""

from dataclasses import dataclass

import streamlit as st

from lib.story.pushed_words import pushed_words
from lib.text import code, plain
from lib.world.inbox import Received
from lib.world.participant import Participant

VALUES_SHOWN = 1


@dataclass(frozen=True)
class Progress:
    """`fraction` from 0 to 1, and `text` about it."""

    fraction: float
    text: str


def progress(count: float | None, threshold: float | None, *, is_received: bool) -> Progress:
    """How far a user with `count` completed tasks is from the nudge.

    `threshold` is the published intervention's, None if there is none. `is_received` says whether
    that very version of the intervention has arrived.

    >>> progress(3, 5, is_received=False)
    Progress(fraction=0.6, text='3 of 5: 2 more to the nudge')
    >>> progress(None, None, is_received=False).fraction
    0.0
    """
    if threshold is None:
        return Progress(0.0, "Your progress to the nudge shows here once it is published")
    done = count or 0
    if is_received:
        return Progress(1.0, f"The nudge at {threshold:g} was sent. Each user gets it once")
    if done >= threshold:
        return Progress(
            1.0,
            f"{done:g} is past {threshold:g}. The nudge is sent when the threshold is crossed",
        )
    return Progress(
        done / threshold, f"{done:g} of {threshold:g}: {threshold - done:g} more to the nudge"
    )


def show_nudge(participant: Participant) -> None:
    """The newest unanswered intervention, at the bottom of whichever page is open."""
    waiting = [each for each in participant.inbox if each.answer is None]
    if not waiting:
        return
    newest = waiting[0]
    more = f" {len(waiting) - 1} more after this." if len(waiting) > 1 else ""
    with (
        st.bottom,
        st.container(key="nudge", horizontal=True, vertical_alignment="center", gap="small"),
    ):
        st.info(
            _reason(newest) + more,
            title=_headline(participant, newest),
            icon=":material/celebration:",
            width=460,
        )
        if newest.intervention.name == participant.names.intervention:
            st.button(
                plain(participant.profile.button),
                key="accept_nudge",
                type="primary",
                icon=":material/group_add:",
                on_click=_accept,
                args=(participant, newest),
            )
        st.button(
            "Dismiss",
            key="dismiss_nudge",
            type="tertiary",
            icon=":material/close:",
            on_click=participant.answer,
            args=(newest, "dismissed"),
        )
    participant.note_shown(newest)


def _headline(participant: Participant, received: Received) -> str:
    if received.intervention.name == participant.names.intervention:
        profile = participant.profile
        return plain(profile.filled(profile.headline, participant.seen.count))
    words = pushed_words(received.intervention)
    if words is not None and words.headline:
        return plain(words.headline)
    return "An intervention arrived."


def _reason(received: Received) -> str:
    """What was sent, and the values that came with it."""
    intervention = received.intervention
    if (words := pushed_words(intervention)) is not None:
        return f"{plain(words.text)} Pushed by your presenter, through Signals.".strip()
    values = [f"{name}: {value}" for name, value in (intervention.attributes or {}).items()]
    shown = ", ".join(code(each) for each in values[:VALUES_SHOWN])
    more = f" and {len(values) - VALUES_SHOWN} more" if len(values) > VALUES_SHOWN else ""
    sent_with = f" with {shown}{more}" if shown else ""
    return f"Signals sent {code(intervention.name)} v{intervention.version}{sent_with}."


def _accept(participant: Participant, received: Received) -> None:
    participant.answer(received, "accepted")
    st.toast(plain(participant.profile.accepted), icon=":material/mail:")
