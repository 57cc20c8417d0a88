"""Connection: what the app is connected to, and what that is not."""

import streamlit as st

from lib import session
from lib.elements import connection_lines
from lib.settings import SNOWPLOW_KEYS, masked

participant = session.participant()
settings = session.process().settings

st.title("Connection", anchor=False)
if participant.connection.mode == "sandbox":
    st.caption("The app is connected to the sandbox. Give it an account to use Snowplow instead.")
    st.info(
        "The sandbox is a local stand-in for Snowplow's collector and Signals API, written for this"
        " project. It is not Snowplow: it runs inside this app, for demos, workshops and"
        " development. The app uses the same SDK calls for both.",
        title="This is the sandbox",
        icon=":material/science:",
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What it does", anchor=False)
        st.markdown(
            "- Takes events from any Snowplow tracker\n"
            "- Validates them against the schemas in `lib/schemas`\n"
            "- Computes attributes over rolling windows\n"
            "- Fires interventions and pushes them to subscribers"
        )
    with right:
        st.subheader("What it leaves out", anchor=False)
        st.markdown(
            "- No warehouse: no batch attributes and no datasets\n"
            "- No enrichments beyond the event itself\n"
            "- No Console, and one machine only\n"
            "- Everything is gone with its file, which is temporary unless `SANDBOX_DB` is set"
        )
    st.subheader("Use Snowplow", anchor=False)
    st.markdown(
        "Set all five in `.streamlit/secrets.toml`, the environment or `.env`, then start the app"
        " again. You find them in Console under Signals, Overview."
    )
    st.code("\n".join(f'{key} = ""' for key in SNOWPLOW_KEYS), language="toml")
else:
    st.caption(
        "The app is connected to a Snowplow account. What you publish here is published there."
    )
    st.markdown(
        f"- Collector: `{settings.collector_url}`\n"
        f"- Signals API: `{settings.signals_api_url}`\n"
        f"- API key: `{masked(settings.console_api_key)}`\n"
        f"- API key ID: `{masked(settings.console_api_key_id)}`\n"
        f"- Organization: `{masked(settings.org_id)}`"
    )

st.subheader("Now", anchor=False)
for line in connection_lines(participant):
    st.markdown(f"- {line}")
st.markdown(f"- :material/person: You are the user `{participant.user_id}`")
