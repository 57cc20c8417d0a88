"""Streamlit elements of the story that plays by itself: the button for it, and the captions."""

from time import monotonic

import streamlit as st

from lib.story.autoplay import (
    INTERRUPTED,
    ROOM_IS_PAUSED,
    THRESHOLD_AT_MOST,
    Autoplay,
    is_published,
    story,
)
from lib.text import plain
from lib.ui import session
from lib.ui.navigation import start_over
from lib.ui.presentation import STORY, is_story_playing
from lib.ui.publishing import publish
from lib.ui.ticking import looking, paced
from lib.world.participant import Participant

TICK_SECONDS = 0.5
STARTING = "starting"


def show_play_button(participant: Participant) -> None:
    """The button that starts the story, for those who may publish or do not have to."""
    if is_story_playing():
        return
    if st.button(
        "Play the story",
        key="play_story",
        icon=":material/smart_display:",
        disabled=participant.is_paused or not _is_possible(participant),
    ):
        start_over(then=_begin)
    if _has_another_rule(participant):
        st.caption("It needs its own rule, but another one is published here.")


def _begin() -> None:
    st.session_state[STORY] = STARTING


def _is_possible(participant: Participant) -> bool:
    """Whether the story can reach its end. Somebody who shares nothing can always start over."""
    if session.is_alone():
        return True
    if _has_another_rule(participant):
        return False
    is_short = participant.plan.threshold <= THRESHOLD_AT_MOST
    return is_short and (is_published(participant) or session.publishing_ban() is None)


def _has_another_rule(participant: Participant) -> bool:
    """Whether the story would wait for a nudge that its tasks do not trigger: another rule is
    published for everybody here."""
    published = participant.seen.published
    return not session.is_alone() and bool(published.rule) and published.threshold is None


def turn_page(participant: Participant, page: str) -> None:
    """Go to the page where the story continues, or pause it if the person went elsewhere. Runs
    before the page."""
    is_moving = st.session_state.pop("autoplay_moves", False)
    play = _playing(participant)
    if play is None or play.scene.page == page:
        return
    if is_moving:
        pages = st.session_state["pages"]
        st.switch_page(next(each for each in pages if each.title == play.scene.page))
    if play.is_last:
        _stop()
    elif not play.is_paused:
        play.pause(INTERRUPTED)


def show_autoplay(participant: Participant) -> None:
    """The caption and the controls, above the page, while the story plays."""
    play = _playing(participant)
    if play is None:
        return
    with st.container(border=True, key="autoplay", gap="xsmall"):
        # At the end, it is buttons with words, which need a row of their own on a phone.
        with st.container(
            horizontal=True, wrap=play.is_over, vertical_alignment="center", gap="small"
        ):
            is_waiting = participant.is_paused and not play.is_paused and not play.is_over
            caption = ROOM_IS_PAUSED if is_waiting else play.caption
            st.markdown(f"**{plain(caption)}**", width="stretch")
            with st.container(
                horizontal=True, width="content", vertical_alignment="center", gap="xsmall"
            ):
                if play.is_over:
                    _show_ways_on()
                else:
                    _show_controls(play)
        st.progress(play.fraction)

    def look() -> None:
        if play.step(participant, monotonic()):
            _move()
            st.rerun()

    if play.scene.page == "Events":
        st.session_state["event"] = play.scene.event(participant) if play.scene.event else ""
    if not play.is_paused and not play.is_over:
        looking(look, paced(TICK_SECONDS, session.process().participants.count()))


def story_question() -> str:
    """What the story asks on the assistant's page now; empty if nothing."""
    play: Autoplay | str | None = st.session_state.get(STORY)
    return play.scene.question if isinstance(play, Autoplay) else ""


def _show_ways_on() -> None:
    """What to do at the end."""
    if st.button("Start over", key="end_start_over", icon=":material/restart_alt:"):
        start_over()
    st.page_link("pages/guide.py", label="Open the guide", icon=":material/signpost:")
    st.button("Close", key="stop_story", type="tertiary", icon=":material/close:", on_click=_stop)


def _playing(participant: Participant) -> Autoplay | None:
    """The story that plays for this user; one that played for another user is over."""
    play: Autoplay | str | None = st.session_state.get(STORY)
    if play == STARTING:
        participant.first_look()
        scenes = story(
            participant.plan.threshold,
            _publish,
            participant.profile,
            may_publish=session.publishing_ban() is None,
        )
        play = Autoplay(participant.world, scenes, monotonic())
        st.session_state[STORY] = play
    if isinstance(play, Autoplay) and play.world == participant.world:
        return play
    st.session_state.pop(STORY, None)
    return None


def _move() -> None:
    st.session_state["autoplay_moves"] = True


def _publish(participant: Participant) -> None:
    if not is_published(participant):
        publish(participant, participant.plan)


def _show_controls(play: Autoplay) -> None:
    st.button(
        "Resume" if play.is_paused else "Pause",
        key="pause_story",
        icon=":material/play_arrow:" if play.is_paused else ":material/pause:",
        type="tertiary",
        on_click=_go_on if play.is_paused else play.pause,
        args=(play,) if play.is_paused else (),
    )
    st.button(
        "Next",
        key="next_scene",
        type="tertiary",
        icon=":material/skip_next:",
        on_click=_skip,
        args=(play,),
        disabled=play.is_last,
    )
    st.button("Stop", key="stop_story", type="tertiary", icon=":material/stop:", on_click=_stop)


def _go_on(play: Autoplay) -> None:
    play.resume(monotonic())
    _move()


def _skip(play: Autoplay) -> None:
    play.skip(monotonic())
    _move()


def _stop() -> None:
    st.session_state.pop(STORY, None)
