"""The frame around every page: settings, participant, navigation, nudge, connection."""

import sqlite3
from copy import copy
from functools import partial

import streamlit as st

from lib.connection.settings import SettingsError
from lib.story.guide import note_progress
from lib.text import plain
from lib.ui import elements, session
from lib.ui.autoplay import show_autoplay, turn_page
from lib.ui.demo_profile import note_profile, show_brand
from lib.ui.navigation import show_neighbors
from lib.ui.newcomers import ask_to_wait
from lib.ui.news import show_file_problem, show_outage, start_watching
from lib.ui.nudge import show_nudge_bar, tell_in_passing
from lib.ui.pacing import hold
from lib.ui.parts import begin_page, end_page
from lib.ui.presentation import LEFT_OUT, is_presenting, note_mode, set_sidebar
from lib.ui.publishing import tell_when_done
from lib.ui.room import is_big_screen, show_way_in
from lib.ui.sidebar import show_sidebar
from lib.ui.signals_panel import is_panel_on, show_panel
from lib.ui.ticking import forget_panels

PAGES = (
    ("Board", "view_kanban", "The project's tasks. Completing one tracks an event."),
    ("Guide", "signpost", "The whole story in ten steps, each with a check."),
    ("Definitions", "rule", "What Signals computes: publish, change and unpublish it."),
    ("Attributes", "monitoring", "Your attribute values, live and over time."),
    (
        "Interventions",
        "notifications",
        "The interventions that you received, and how they arrive.",
    ),
    ("Events", "data_object", "Your events, what happened to each, and the journey of one."),
    ("Assistant", "forum", "Two answers to each question: without Signals, and with it."),
    ("Profile", "storefront", "Show the app as somebody else's product, with its own words."),
    ("Connection", "cloud", "What the app is connected to, and how to use Snowplow."),
    (
        "Presenter",
        "co_present",
        "The room: invite people, follow their progress, and run it.",
    ),
    ("Mistakes", "bug_report", "Common mistakes in the tutorial, and their fixes."),
)
NOT_IN_MENU = ("Mistakes",)  # the guide leads there
PAGES_WITH_VALUES = ("Board", "Attributes", "Assistant", "Connection")  # own code may change them

if "world" not in st.session_state:  # until it is known which product is shown
    # Without an icon of its own, a page has the menu's, which Streamlit fetches from elsewhere.
    st.set_page_config(page_icon="✅", layout="wide")


def cannot_start(error: Exception) -> None:
    """The only page there is while the settings or the files cannot be used."""
    if isinstance(error, SettingsError):
        elements.show_settings_problems(error)
    else:
        st.error(
            "Check that SANDBOX_DB names a file in a writable folder, then reload.",
            title=plain(f"The app's files cannot be opened: {error}"),
        )


try:
    session.process()
except (SettingsError, sqlite3.Error, OSError) as problem:
    st.navigation(
        [
            st.Page(
                partial(cannot_start, problem),
                title="Settings",
                help="What must be fixed before the app can start.",
            )
        ],
        position="hidden",
    )
    cannot_start(problem)
    st.stop()

hold("run")
note_mode()
if st.session_state.get("pages_mode") != is_presenting():  # Streamlit looks up each file
    st.session_state["pages_mode"] = is_presenting()
    not_in_menu = NOT_IN_MENU + (LEFT_OUT if is_presenting() else ())
    st.session_state["pages"] = [
        st.Page(
            f"pages/{title.lower()}.py",
            title=title,
            icon=f":material/{icon}:",
            default=title == "Board",
            visibility="hidden" if title in not_in_menu else "visible",
            help=meaning,
        )
        for title, icon, meaning in PAGES
    ]
# Copies: a page runs once, and a run may still be ending when the session's next one has begun.
page = st.navigation([copy(each) for each in st.session_state["pages"]])

forget_panels()
if (seconds := session.seconds_until_it_may_come()) > 0:
    ask_to_wait(seconds)
participant = session.participant()
session.enter(page.title)
note_profile(participant)
show_brand(participant.profile, page.title)
set_sidebar(is_big_screen=is_big_screen(page.title))
if not participant.seen.is_known:
    participant.first_look(values=page.title in PAGES_WITH_VALUES)
turn_page(participant, page.title)
note_progress(participant)  # before the page, so that this run shows it
drawn = begin_page(participant.revision)
with st.container():  # so that nothing below it moves
    if notice := session.notice(page.title):
        elements.show_problem(notice)
    show_outage(participant)
    show_file_problem()
    tell_when_done()
    tell_in_passing(participant)
    show_autoplay(participant)
has_panel = page.title != "Board" and is_panel_on(page.title)
if page.title != "Board" and not is_big_screen(page.title):
    show_nudge_bar(participant)  # before the page: it is what people wait for
    if has_panel:
        show_panel(participant)
page.run()
if not is_big_screen(page.title):
    show_neighbors(page)
show_sidebar(participant, page.title)
show_way_in(participant)
reads_values = has_panel or page.title in PAGES_WITH_VALUES
end_page(drawn, partial(start_watching, participant, drawn, reads_values=reads_values))
