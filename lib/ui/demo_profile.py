"""The demo profile of a session: taken from the address, kept in it, and shown in the frame."""

from datetime import UTC, datetime

import streamlit as st

from lib.connection.explanations import Explanation
from lib.demo.demo_profile import DemoProfile, ProfileError
from lib.demo.profile_link import profile_of
from lib.demo.ready_profiles import DEFAULT_NAME
from lib.demo.wordmark import mark, wordmark
from lib.project import Project
from lib.text import plain
from lib.ui import session
from lib.ui.address import PROFILE
from lib.ui.card_words import card_words
from lib.world.participant import Participant

GUEST_BAN = Explanation(
    "The presenter chooses what this room shows.",
    "You can still make a profile here, and keep it as a link or a file.",
)


def note_profile(participant: Participant) -> None:
    """Show the profile that the address came with, and keep the address true.

    Only a session's first address counts: later, the address says what is shown, even after Back.
    """
    asked = st.query_params.get(PROFILE)
    if "profile_link" not in st.session_state:
        _take(participant, asked)
    elif participant.shown_profile.link is None:
        _take_along(participant, st.session_state["profile_link"])
    link = st.session_state["profile_link"] = participant.shown_profile.link
    wanted = None if link == DEFAULT_NAME else link
    if wanted is None:
        st.query_params.pop(PROFILE, None)
    elif wanted != asked:
        st.query_params[PROFILE] = wanted


def _take(participant: Participant, asked: str | None) -> None:
    if not asked or asked == participant.shown_profile.link or profile_ban() is not None:
        return
    try:
        profile_of(asked)
    except ProfileError as error:
        st.session_state["notice"] = Explanation(
            str(error), "Ask for the whole link again. Until then the app is a project tool."
        )
    else:
        _choose(participant, asked)


def _take_along(participant: Participant, link: str | None) -> None:
    """A new user, perhaps in a new sandbox, sees what this session saw."""
    if link and profile_ban() is None:
        _choose(participant, link)


def use_profile(participant: Participant, link: str) -> None:
    """Show another profile from now on, unless this session may not choose it: a disabled button
    is no safeguard."""
    if link and profile_ban() is None:
        _choose(participant, link)
        st.session_state["profile_link"] = link
        st.session_state["threshold"] = participant.profile.threshold  # proposed for publishing


def profile_ban() -> Explanation | None:
    """Why this session may not choose what is shown; None if it may."""
    return GUEST_BAN if session.is_guest() else None


def _choose(participant: Participant, link: str) -> None:
    is_their_room = session.room() is not None and session.publishing_ban() is None
    participant.shown_profile.choose(link, for_everyone=is_their_room)
    participant.own_event.wait_for_schema()
    session.process().participants.tell(participant.connection.place)


def show_brand(profile: DemoProfile, page: str) -> None:
    """Name and logo, in the frame and on the browser's tab."""
    st.logo(wordmark(profile), size="large", icon_image=mark(profile))
    st.set_page_config(
        page_title=f"{page} · {profile.product}", page_icon=mark(profile), layout="wide"
    )


def profile_link(link: str) -> str:
    """The address that shows the app with a profile."""
    address = (st.context.url or "http://localhost:8501").split("?")[0]
    return f"{address.removesuffix('/').removesuffix('/profile')}/?{PROFILE}={link}"


def show_preview(profile: DemoProfile) -> None:
    """How a card, the button and the nudge will look. Nothing happens here."""
    with st.container(border=True, key="profile_preview"):
        st.caption("Preview: nothing is tracked here.")
        st.image(wordmark(profile), width=min(260, 40 + 12 * len(profile.product)), alt="The logo")
        st.markdown(f"**{plain(profile.project)}** :violet-badge[{plain(profile.plan)}]")
        for task in Project.fresh(profile.template, datetime.now(UTC).date()).tasks[:2]:
            st.markdown(f":material/radio_button_unchecked: {card_words(profile, task)}")
        st.button(
            plain(profile.action),
            key="preview_action",
            type="primary",
            icon=":material/task_alt:",
            width="stretch",
        )
        count = profile.threshold
        st.markdown(f"{plain(profile.counted)}: **{count}**")
        with st.container(border=True, gap="small"):
            headline = plain(profile.filled(profile.headline, count))
            message = plain(profile.filled(profile.message, count))
            st.markdown(f"#### :material/celebration: {headline}\n\n{message}", anchors=False)
            st.button(
                plain(profile.button),
                key="preview_nudge",
                type="primary",
                icon=":material/group_add:",
            )
