"""The card that gives somebody an address and snippets for code of their own.

The address contains the sandbox's token, so it is shown on request, and never to an audience.
"""

from datetime import UTC, datetime

import streamlit as st

from lib.people.visits import Visit, Visits
from lib.story.own_code import OwnCode
from lib.ui import session
from lib.ui.elements import show_code, show_problem
from lib.ui.presentation import is_presenting
from lib.ui.ticking import ticking
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
ADDRESS_MEANS = (
    "The address contains the token of your sandbox. Whoever has it can send events, publish and"
    " delete definitions, and read values. They cannot reset the sandbox or move its clock. Keep it"
    " to yourself."
)
GUESTS = (
    "In a room, only the presenter's code can reach the sandbox: its token would let anybody change"
    " the definitions of all. Open the app without the room's code to get a sandbox of your own."
)


def show_own_code(participant: Participant) -> None:
    """The card, for a sandbox; nothing in presentation mode."""
    if participant.connection.mode != "sandbox" or is_presenting():
        return
    st.header("Point your own code at this sandbox", anchor=False)
    if session.is_guest():
        st.caption(GUESTS)
        return
    st.caption(
        "From Python, Node, a web page or a terminal, with the trackers and SDKs as they are."
    )
    shown_for = st.session_state.get("address_shown_for")
    if shown_for != participant.connection.token:
        st.button(
            "Show the address and snippets",
            key="show_address",
            icon=":material/terminal:",
            help="They contain a secret: not for a projector.",
            on_click=_show,
            args=(participant.connection.token,),
        )
        return
    _show_snippets(participant)
    ticking(lambda: _show_visits(participant), LOOK_SECONDS)
    _show_buttons()


def _show(token: str | None) -> None:
    st.session_state["address_shown_for"] = token


def _show_snippets(participant: Participant) -> None:
    app = (st.context.url or "http://localhost:8501").split("?")[0]
    own = OwnCode(
        app=app.removesuffix("/").removesuffix("/connection"),
        token=participant.connection.token,
        user_id=participant.user_id,
        vendor=participant.plan.vendor,
        service=participant.names.service,
    )
    st.warning(ADDRESS_MEANS, icon=":material/key:")
    show_code(own.address)
    snippets = own.snippets
    for tab, code in zip(st.tabs(list(snippets)), snippets.values(), strict=True):
        with tab:
            show_code(code)
    st.caption(
        "Each sends one completed task of yours and reads your values, or waits for a nudge."
        " Publish the definitions first, or there is no service to read. If the app's host asks"
        " people to sign in, programs cannot get in: run the app on your own machine, with"
        " `make demo`."
    )


def _show_visits(participant: Participant) -> None:
    """What came from code by this address, as it comes."""
    visits = session.process().visits.of(participant.connection.token)
    for line in visit_lines(visits, datetime.now(UTC)):
        st.markdown(f"- {line}")


def visit_lines(visits: Visits, now: datetime) -> list[str]:
    """What to say of the visits to a sandbox."""
    streams = visits.open_streams
    open_now = f" {streams} open now." if streams else " None open now."
    return [
        f":material/upload: Events from your code: {_said(visits.events, now)}",
        f":material/download: Signals API: {_said(visits.api, now)}",
        f":material/stream: Subscriptions: {_said(visits.stream, now)}{open_now}",
    ]


def _said(visit: Visit | None, now: datetime) -> str:
    if visit is None:
        return "nothing came yet."
    seconds = max(0, int((now - visit.at).total_seconds()))
    answer = "taken" if visit.status < 400 else f"refused with {visit.status}"
    return f"last {seconds} s ago, {answer}."


def _show_buttons() -> None:
    st.page_link("pages/events.py", label="See whether events were accepted, and why not")
    with st.container(horizontal=True):
        st.button(
            "Hide the address",
            key="hide_address",
            icon=":material/visibility_off:",
            on_click=_show,
            args=(None,),
        )
        is_asked = st.button(
            "Replace the address",
            key="replace_address",
            icon=":material/autorenew:",
            disabled=not session.is_alone(),
            help="You move to a new sandbox, which starts empty. The old address leads to the old"
            " one. Not possible while others share this sandbox.",
        )
    if is_asked:
        started = session.new_sandbox()
        if isinstance(started, str):
            st.switch_page("pages/connection.py", query_params={"user": started})
        show_problem(started)
