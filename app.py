"""The frame around every page: settings, participant, navigation, nudge, connection."""

import sqlite3

import streamlit as st

from lib import elements, session
from lib.settings import SettingsError

st.set_page_config(page_title="Project app", page_icon="✅", layout="wide")

try:
    session.process()
except SettingsError as error:
    elements.show_settings_problems(error)
    st.stop()
except (sqlite3.Error, OSError) as error:
    st.error(
        "Check that SANDBOX_DB names a file in a folder that can be written, then reload.",
        title=f"The app's files cannot be opened: {error}",
    )
    st.stop()

page = st.navigation(
    [
        st.Page(
            "pages/board.py",
            title="Board",
            icon=":material/view_kanban:",
            default=True,
            help="The project's tasks. Completing one tracks an event.",
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
            "pages/connection.py",
            title="Connection",
            icon=":material/cloud:",
            help="What the app is connected to, and how to use Snowplow.",
        ),
    ]
)

participant = session.participant()
session.enter(page.title)
shown = participant.revision
if notice := session.notice(page.title):
    elements.show_problem(notice)
elements.show_outage(participant)
page.run()
elements.show_connection(participant)
elements.show_nudge(participant)
elements.watch_for_news(participant, shown)
