"""The nudge: the newest unanswered intervention, and how far a user is from it."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import streamlit as st

from lib.snowplow.definitions import COUNT
from lib.story.pushed_words import pushed_words
from lib.text import code, plain
from lib.ui.arrival import show_arrival
from lib.ui.presentation import for_audience
from lib.world.inbox import Received
from lib.world.participant import Participant

VALUES_SHOWN = 1
FAILED = "This intervention arrived, and cannot be shown here"

log = logging.getLogger(__name__)


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


def _reporting_failure(show: Callable[[Participant], None]) -> Callable[[Participant], None]:
    """What shows an intervention, whatever the intervention is: a failure is noted and said, and
    the rest of the page goes on."""

    @wraps(show)
    def shown(participant: Participant) -> None:
        try:
            show(participant)
        except Exception as error:  # an intervention may bring anything
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


@_reporting_failure
def show_nudge_card(participant: Participant) -> None:
    """The newest unanswered intervention, as the product shows it; else the last answer."""
    newest, more = _waiting(participant)
    if newest is None:
        _show_answer(participant)
        return
    with st.container(border=True, key="nudge", gap="small"):
        with st.container(horizontal=True, wrap=False, gap="small"):
            show_arrival(newest.id, participant.profile.accent)
            st.markdown(
                f"#### {_headline(participant, newest)}\n{_message(participant, newest)}{more}",
                anchors=False,
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _show_buttons(participant, newest)
            with st.popover("Why am I seeing this?", type="tertiary", key="why_nudge"):
                _show_why(participant, newest)
    participant.note_shown(newest)


@_reporting_failure
def show_nudge_bar(participant: Participant) -> None:
    """The same in one line, at the bottom of the other pages."""
    newest, more = _waiting(participant)
    if newest is None:
        return
    with (
        st.bottom,
        st.container(key="nudge", horizontal=True, vertical_alignment="center", gap="small"),
    ):
        said = "" if _is_own(participant, newest) else _message(participant, newest)
        st.markdown(
            f":material/celebration: **{_headline(participant, newest)}** {said}{more}",
            width="content",
        )
        _show_buttons(participant, newest)
    participant.note_shown(newest)


def _waiting(participant: Participant) -> tuple[Received | None, str]:
    """The newest unanswered intervention, and how many more there are, in words."""
    waiting = [each for each in participant.inbox if each.answer is None]
    more = f" {len(waiting) - 1} more after this." if len(waiting) > 1 else ""
    return (waiting[0] if waiting else None), more


def _is_own(participant: Participant, received: Received) -> bool:
    return received.intervention.name == participant.names.intervention


def _show_buttons(participant: Participant, newest: Received) -> None:
    if _is_own(participant, newest):
        st.button(
            plain(participant.profile.button),
            key="accept_nudge",
            type="primary",
            icon=":material/group_add:",
            on_click=participant.answer,
            args=(newest, "accepted"),
        )
    st.button(
        "Dismiss",
        key="dismiss_nudge",
        type="tertiary",
        icon=":material/close:",
        on_click=participant.answer,
        args=(newest, "dismissed"),
    )


def _show_answer(participant: Participant) -> None:
    """What somebody did with the newest intervention, and that it was tracked."""
    newest = next(iter(participant.inbox), None)
    if newest is None or newest.answer is None:
        return
    is_accepted = newest.answer == "accepted" and _is_own(participant, newest)
    said = plain(participant.profile.accepted) if is_accepted else f"You {newest.answer} it."
    st.caption(f":material/mail: {said} Tracked as nudge\\_interaction.")


def _show_why(participant: Participant, received: Received) -> None:
    """The rule behind an intervention, and what came with it."""
    st.markdown(_reason(received))
    threshold = participant.seen.published.threshold
    if _is_own(participant, received) and threshold is not None:
        st.markdown(f"Its rule: {code(f'{COUNT} >= {threshold:g}')}. Each user gets it once.")
    st.json(for_audience(json.dumps(received.intervention.attributes or {})))


def _headline(participant: Participant, received: Received) -> str:
    if _is_own(participant, received):
        profile = participant.profile
        return plain(profile.filled(profile.headline, participant.seen.count))
    words = pushed_words(received.intervention)
    if words is not None and words.headline:
        return plain(words.headline)
    return "An intervention arrived."


def _message(participant: Participant, received: Received) -> str:
    """What the product or the presenter says; of any other intervention, what arrived."""
    if _is_own(participant, received):
        profile = participant.profile
        return plain(profile.filled(profile.message, participant.seen.count))
    return _pushed(received) or _reason(received)


def _pushed(received: Received) -> str:
    """The presenter's text, and that it is theirs; empty if they did not push this."""
    words = pushed_words(received.intervention)
    return "" if words is None else f"{plain(words.text)} Pushed by the presenter.".strip()


def _reason(received: Received) -> str:
    """What was sent, and the values that came with it."""
    intervention = received.intervention
    values = [f"{name}: {value}" for name, value in (intervention.attributes or {}).items()]
    shown = ", ".join(code(each) for each in values[:VALUES_SHOWN])
    more = f" and {len(values) - VALUES_SHOWN} more" if len(values) > VALUES_SHOWN else ""
    sent_with = f" with {shown}{more}" if shown else ""
    return f"Signals sent {code(intervention.name)} v{intervention.version}{sent_with}."
