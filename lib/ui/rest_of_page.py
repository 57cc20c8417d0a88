"""What the board shows outside its parts, for `lib/ui/parts.py`: if any of it changes, the
whole page is drawn."""

import streamlit as st

from lib.story.shown_words import is_told_only
from lib.ui import session
from lib.ui.personalization import is_personalized
from lib.ui.presentation import is_story_playing
from lib.ui.task_details import are_details_open
from lib.world.participant import Participant


def rest_of_page(participant: Participant) -> tuple[object, ...]:
    """All of it, to be compared."""
    project, seen, process = participant.project, participant.seen, session.process()
    return (
        participant.news.general,
        participant.profile,
        (project.id, project.name, project.plan),
        (seen.is_known, seen.published, seen.ahead, participant.is_paused),
        (process.backend.trouble, process.state.problem),
        [each.id for each in participant.inbox if is_told_only(participant, each)],
        object() if _shows_more(participant) else None,  # equal to nothing before
    )


def _shows_more(participant: Participant) -> bool:
    """Whether something is open that depends on more than this."""
    return (
        is_story_playing()
        or is_personalized(participant)
        or are_details_open()
        or participant.seen.problem is not None
        or participant.polling.waits_for > 0
        or "asked" in st.session_state
        or bool(st.session_state.get("is_asking_why"))
    )
