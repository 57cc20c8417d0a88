"""The frame around every page: settings, participant, navigation, nudge, connection."""

import sqlite3
from functools import partial

import streamlit as st

from lib import elements, session
from lib.definitions_elements import tell_when_done
from lib.guide import note_progress
from lib.room_elements import is_big_screen, show_way_in
from lib.settings import SettingsError
from lib.ticking import forget_panels, start_panels

PAGES_WITH_VALUES = ("Board", "Attributes")

st.set_page_config(page_title="Project app", page_icon="✅", layout="wide")


def cannot_start(error: Exception) -> None:
    """The only page there is while the settings or the files cannot be used."""
    if isinstance(error, SettingsError):
        elements.show_settings_problems(error)
    else:
        st.error(
            "Check that SANDBOX_DB names a file in a folder that can be written, then reload.",
            title=elements.plain(f"The app's files cannot be opened: {error}"),
        )


try:
    session.process()
except (SettingsError, sqlite3.Error, OSError) as problem:
    st.navigation([st.Page(partial(cannot_start, problem), title="Settings")], position="hidden")
    cannot_start(problem)
    st.stop()

if "pages" not in st.session_state:  # made once, as each is looked up in the file system
    st.session_state["pages"] = [
        st.Page(
            "pages/board.py",
            title="Board",
            icon=":material/view_kanban:",
            default=True,
            help="The project's tasks. Completing one tracks an event.",
        ),
        st.Page(
            "pages/guide.py",
            title="Guide",
            icon=":material/signpost:",
            help="The whole story in nine steps, each with a check.",
        ),
        st.Page(
            "pages/definitions.py",
            title="Definitions",
            icon=":material/rule:",
            help="What Signals computes: publish, change and unpublish it.",
        ),
        st.Page(
            "pages/attributes.py",
            title="Attributes",
            icon=":material/monitoring:",
            help="Your attribute values, live and over time.",
        ),
        st.Page(
            "pages/interventions.py",
            title="Interventions",
            icon=":material/notifications:",
            help="The interventions that you received, and how they arrive.",
        ),
        st.Page(
            "pages/events.py",
            title="Events",
            icon=":material/data_object:",
            help="Your events, what became of each, and the journey of one.",
        ),
        st.Page(
            "pages/connection.py",
            title="Connection",
            icon=":material/cloud:",
            help="What the app is connected to, and how to use Snowplow.",
        ),
        st.Page(
            "pages/presenter.py",
            title="Presenter",
            icon=":material/co_present:",
            help="The room: how others join, who is here, and what the presenter can do.",
        ),
    ]
page = st.navigation(st.session_state["pages"])

forget_panels()
participant = session.participant()
session.enter(page.title)
if participant.seen.published is None:
    participant.first_look(values=page.title in PAGES_WITH_VALUES)
note_progress(participant)  # before the page: what it finds is shown by this run, not by another
shown = participant.revision
if notice := session.notice(page.title):
    elements.show_problem(notice)
elements.show_outage(participant)
elements.show_file_problem()
tell_when_done()
page.run()
elements.show_connection(participant)
show_way_in(participant)
if not is_big_screen(page.title):
    elements.show_nudge(participant)
elements.watch_for_news(participant, shown, reads_values=page.title in PAGES_WITH_VALUES)
start_panels()
