"""Connection: what the app is connected to, whether it works, and how to use another account."""

import streamlit as st

from lib.connection.explanations import Explanation
from lib.connection.settings import SNOWPLOW_KEYS, SettingsError, masked
from lib.people.own_account import checked_account
from lib.text import plain
from lib.ui import session
from lib.ui.account_choice import has_own_account, is_set_aside
from lib.ui.diagnosis import is_running, show_diagnosis, start_diagnosis
from lib.ui.elements import show_code, show_problem
from lib.ui.fallback import show_way_to_sandbox
from lib.ui.known import show_new_session
from lib.ui.own_code import show_own_code
from lib.ui.passphrase import show_passphrase_form
from lib.ui.sidebar import connection_lines

# How the form asks for each setting: its label, a description that fits on a phone, and whether
# it is a secret.
FIELDS = {
    "COLLECTOR_URL": ("Collector URL", "Where events are sent, with https:// and no path", False),
    "SIGNALS_API_URL": ("Signals API URL", "From Console: Signals, Overview", False),
    "CONSOLE_API_KEY": ("API key", "From Console: Settings, Manage organization", True),
    "CONSOLE_API_KEY_ID": ("API key ID", "Shown beside the API key", True),
    "ORG_ID": ("Organization ID", "From Console: Signals, Overview", True),
    "OWNER": ("Owner (optional)", "The email address that owns the definitions", False),
    "VENDOR": ("Vendor (optional)", "The vendor of your schemas, if not com.example", False),
    "DEFINITIONS_SUFFIX": ("Suffix (optional)", "Added to the names, to share an account", False),
}

TUTORIAL = """\
.venv/bin/python -m lib.sandbox                # in one terminal, in this project's folder
.venv/bin/python -m lib.sandbox run script.py  # in another"""
SCHEMAS_SHOWN = 5

participant = session.participant()
settings = session.process().settings
connection = participant.connection
diagnosis = session.diagnoses().connection


def use_account() -> None:
    st.session_state.pop("account_problems", None)
    given = {key: st.session_state.get(f"own_{key.lower()}") or "" for key in FIELDS}
    try:
        own = checked_account(given, settings)
    except SettingsError as error:
        st.session_state["account_problems"] = error.problems
    else:
        session.use_own_account(own)
        for key in FIELDS:
            del st.session_state[f"own_{key.lower()}"]


def account_details() -> None:
    account = connection.account
    if account is not None:
        st.markdown(
            f"- Collector: `{account.collector_url}`\n"
            f"- Signals API: `{account.signals_api_url}`\n"
            f"- API key: `{masked(account.api_key)}`\n"
            f"- API key ID: `{masked(account.api_key_id)}`\n"
            f"- Organization: `{masked(account.org_id)}`\n"
            f"- Definitions: `{participant.names.group}`, `{participant.names.service}`,"
            f" `{participant.names.intervention}`, owned by {plain(participant.plan.owner)}"
        )


def account_form() -> None:
    st.markdown(
        "For this tab only. The app's server keeps your credentials in memory until you press"
        " Forget this account, reload or close this tab. It never writes them to disk. Use an API"
        " key that you can delete afterwards."
    )
    with st.form("own_account_form", border=False, enter_to_submit=False):
        for key, (label, help_text, is_secret) in FIELDS.items():
            st.text_input(
                f"{label}: `{key}`" if key in SNOWPLOW_KEYS else label,
                key=f"own_{key.lower()}",
                type="password" if is_secret else "default",
                autocomplete="off",
                placeholder=help_text,
                max_chars=300,
            )
        st.form_submit_button(
            "Use this account",
            key="use_account",
            type="primary",
            icon=":material/login:",
            on_click=use_account,
        )
    for problem in st.session_state.get("account_problems", []):
        show_problem(Explanation(problem.message, problem.fix))


if session.is_new_visit():  # what was typed is gone, so its errors go too
    st.session_state.pop("account_problems", None)
    st.session_state.pop("passphrase_problem", None)

st.title("Connection", anchor=False)
if connection.mode == "sandbox":
    st.caption(
        "Your Snowplow account is set aside in this tab, and nothing you do here reaches it."
        if is_set_aside()
        else "The app is connected to the sandbox. Give it an account to use Snowplow instead."
    )
    st.info(
        "The sandbox is a local stand-in for Snowplow's collector and Signals API, written for this"
        " project. It is not Snowplow: it runs inside this app, for demos, workshops and"
        " development. The app uses the same SDK calls for both.",
        title="This is the sandbox",
        icon=":material/science:",
    )
elif connection.is_own:
    st.caption("The app is connected to your own account, in this tab only.")
else:
    st.caption(
        "The app is connected to a Snowplow account. What you publish here is published there."
    )
if connection.mode == "sandbox":
    for schema, reason in session.process().backend.schema_problems[:SCHEMAS_SHOWN]:
        show_problem(
            Explanation(
                f"A schema in lib/schemas is not used as written: {schema}",
                f"{reason}. Correct or remove the file, then start the app again.",
            )
        )
account_details()
if connection.is_own or has_own_account():
    st.button(
        "Forget this account",
        key="forget_account",
        icon=":material/logout:",
        on_click=session.forget_own_account,
    )

st.header("Now", anchor=False)
lines = [
    *connection_lines(participant),
    f":material/person: You are the user `{participant.user_id}`",
    f":material/history: Your session is `{participant.session.known}`. A new one begins after 30"
    " idle minutes, or now:",
]
st.markdown("\n".join(f"- {line}" for line in lines))
show_new_session(participant)

if participant.seen.problem is None:  # else the frame shows it
    show_way_to_sandbox(participant, key="set_account_aside")

st.header("Does it work?", anchor=False)
st.caption("Checks each step from the settings to the subscription, in order.")
st.button(
    "Check the connection",
    key="check_connection",
    icon=":material/troubleshoot:",
    on_click=start_diagnosis,
    args=(participant, diagnosis),
    disabled=is_running(participant, diagnosis),
)
show_diagnosis(participant, diagnosis, "connection")

show_own_code(participant)

if (
    settings.presenter_passphrase is not None
    and settings.account is not None
    and not connection.is_own
):
    st.header("Presenter", anchor=False)
    if st.session_state.get("is_presenter"):
        st.success("You may publish to this account.", icon=":material/key:")
    else:
        st.caption("Anyone with the passphrase may publish to the account that everyone shares.")
        show_passphrase_form()

if not connection.is_own:
    with st.expander("Bring your own account", icon=":material/badge:", key="own_account_expander"):
        account_form()

if connection.mode == "sandbox":
    with st.expander(
        "What the sandbox does, and what it leaves out",
        icon=":material/science:",
        key="sandbox_expander",
    ):
        left, right = st.columns(2, gap="large")
        left.markdown(
            "**It does**\n"
            "- Accepts events from any Snowplow tracker\n"
            "- Validates them against the schemas in `lib/schemas`\n"
            "- Computes attributes over rolling windows\n"
            "- Fires interventions and pushes them to subscribers"
        )
        right.markdown(
            "**It leaves out**\n"
            "- No warehouse: no batch attributes and no datasets\n"
            "- No enrichments beyond the event itself\n"
            "- No Console, and one machine only\n"
            "- Everything is lost with its file, which is temporary unless `SANDBOX_DB` is set"
        )
    with st.expander(
        "Run a tutorial's script", icon=":material/terminal:", key="tutorial_expander"
    ):
        st.markdown(
            "Snowplow's tutorials connect with `Signals(...)`, which first asks Snowplow's Console"
            " for a token, at an address that is built into the SDK. The second command below"
            " answers this one request on your machine, and replaces nothing else. So a script"
            " runs unchanged, except for the five constants that the first command prints."
        )
        show_code(TUTORIAL)
    with st.expander("Use Snowplow for everyone", icon=":material/cloud:", key="snowplow_expander"):
        st.markdown(
            "Set all five in `.streamlit/secrets.toml`, the environment or `.env`, then start the"
            " app again. Console shows the Signals API URL and the organization ID under Signals,"
            " Overview. You generate the API key under Settings, Manage organization. Add the"
            " schemas in `lib/schemas/com.example` to your Iglu registry, under your vendor."
        )
        show_code("\n".join(f'{key} = ""' for key in SNOWPLOW_KEYS))
