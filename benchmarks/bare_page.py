"""The baseline of a click's cost: one button and one metric, under this app's own configuration."""

import streamlit as st

clicks = st.session_state.setdefault("clicks", 0)


def complete() -> None:
    st.session_state["clicks"] += 1


st.button("Complete task", key="complete_task", on_click=complete)
st.metric("Tasks completed", st.session_state["clicks"])
