"""Common mistakes: the code of each, what you see, what it means, and the fixed code."""

import streamlit as st

from lib.story.mistakes.catalogue import KINDS, MEANINGS, MISTAKES
from lib.ui import session
from lib.ui.mistakes import made, show_given, show_mistake

participant = session.participant()

st.title("Common mistakes", anchor=False)
st.caption(
    "What goes wrong when you follow Snowplow's tutorial, with an error or silently. Each button"
    " runs the code above it with the real SDKs, in a sandbox made for it. It does not touch what"
    " you published and tracked."
)
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link("pages/guide.py", label="Back to the guide", icon=":material/signpost:")
    show_given()
number = made(participant, MISTAKES)
st.progress(number / len(MISTAKES), text=f"{number} of {len(MISTAKES)} mistakes made")
# Fixed labels: if they changed, the browser would forget which one is chosen.
kind = st.radio(
    "Kind of mistake", KINDS, key="mistake_kind", persist_state="session", horizontal=True
)
shown = KINDS[kind]
st.caption(f"{MEANINGS[kind]} {made(participant, shown)} of these {len(shown)} made.")
for each in shown:
    show_mistake(participant, each)
