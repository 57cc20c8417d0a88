"""The baseline: a Streamlit app that only counts clicks in session state, as a beginner writes it.

It is served with Streamlit's default settings, from a folder without a config.toml.
"""

import streamlit as st

clicks = st.session_state.setdefault("clicks", 0)


def complete() -> None:
    st.session_state["clicks"] += 1


st.title("Tasks")
st.button("Complete task", key="complete_task", on_click=complete)
st.metric("Tasks completed", st.session_state["clicks"])
if st.session_state["clicks"] % 5 == 0 and st.session_state["clicks"]:
    st.info("Invite a teammate")
