"""The card with an address and snippets for somebody's own code.

Anyone with the address can use the sandbox, so it is shown on request, and never to an audience.
"""

from datetime import UTC, datetime

import streamlit as st

from lib.connection.explanations import Explanation
from lib.people.code_addresses import GUESTS_ARE_OFF, CodeAddress
from lib.people.visits import Visit, Visits
from lib.story.own_code import OwnCode
from lib.text import plain
from lib.ui import sandbox_route, session
from lib.ui.elements import show_code
from lib.ui.presentation import is_presenting
from lib.ui.reach import ask_in_browser, show_reach
from lib.ui.ticking import ticking
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
MEANS_EVERYTHING = (
    "Anyone with this address can send events to your sandbox, publish and delete its definitions,"
    " and read its values. They cannot reset it, move its clock, list its events or open it in the"
    " app. Keep it secret, and replace it if it leaks."
)
MEANS_EVENTS = (
    "Anyone with this address can send events to the room, and nothing else: no reading, no"
    " subscribing, no publishing, no reset. Keep it secret, and replace it if it leaks. It works"
    " for as long as the presenter lets guests bring code."
)
NOT_SERVED = Explanation(
    "This app was started without an address for your own code.",
    "It runs frame.py. Start it with streamlit run app.py, or make demo: then it has an address for"
    " your code.",
)


def show_own_code(participant: Participant) -> None:
    """The card, for a sandbox; nothing in presentation mode."""
    if participant.connection.mode != "sandbox" or is_presenting():
        return
    st.header("Point your own code at this sandbox", anchor=False)
    if not sandbox_route.is_served():
        st.info(plain(NOT_SERVED.advice), title=plain(NOT_SERVED.message))
        return
    addresses, address = session.process().code_addresses, _address(participant)
    if address.takes_events_only and not addresses.lets_guests(address.place):
        st.info(plain(GUESTS_ARE_OFF.advice), title=plain(GUESTS_ARE_OFF.message))
        return
    st.caption("From Python, Node, a web page or a terminal, with unchanged trackers and SDKs.")
    if st.session_state.get("address_shown") != address:
        st.button(
            "Show the address and snippets",
            key="show_address",
            icon=":material/terminal:",
            help="They contain a secret: not for a projector.",
            on_click=_show,
            args=(address,),
        )
        return
    token = addresses.token(address)
    own = _own_code(participant, address, token)
    st.warning(MEANS_EVENTS if own.events_only else MEANS_EVERYTHING, icon=":material/key:")
    show_code(own.address)
    show_reach(ask_in_browser(own.address))
    _show_buttons(address)
    ticking(lambda: _show_visits(token, own.events_only), LOOK_SECONDS)
    _show_snippets(own)


def _address(participant: Participant) -> CodeAddress:
    """The one that this session may have: a guest's accepts events only."""
    place = participant.connection.place
    return CodeAddress(place, participant.user_id) if session.is_guest() else CodeAddress(place)


def _show(address: CodeAddress | None) -> None:
    st.session_state["address_shown"] = address


def _replace(address: CodeAddress) -> None:
    session.process().code_addresses.replace(address)
    session.process().participants.tell(address.place)  # other tabs show the old one


def _own_code(participant: Participant, address: CodeAddress, token: str) -> OwnCode:
    app = (st.context.url or "http://localhost:8501").split("?")[0]
    return OwnCode(
        app=app.removesuffix("/").removesuffix("/connection"),
        token=token,
        user_id=participant.user_id,
        schema=participant.own_event.current.schema,
        service=participant.names.service,
        events_only=address.takes_events_only,
    )


def _show_snippets(own: OwnCode) -> None:
    snippets = own.snippets
    for tab, code in zip(st.tabs(list(snippets)), snippets.values(), strict=True):
        with tab:
            show_code(code)
    st.caption(
        "Each sends one completed task for your user."
        if own.events_only
        else "Each sends one completed task for your user, and reads your values or waits for a"
        " nudge. Publish the definitions first: before that, there is no service to read."
    )


def _show_visits(token: str, events_only: bool) -> None:
    """The requests of code at this address, as they arrive."""
    visits = session.process().visits.of(token)
    lines = visit_lines(visits, datetime.now(UTC))
    for line in lines[:1] if events_only else lines:
        st.markdown(f"- {line}")
    st.page_link(
        "pages/events.py",
        label="What happened to each event, and why",
        icon=":material/data_object:",
    )


def visit_lines(visits: Visits, now: datetime) -> list[str]:
    """One line each about an address's events, API calls and subscriptions."""
    return [
        f":material/upload: Last event from your code: {_said(visits.events, now, 'accepted')}",
        f":material/download: Last call of the Signals API: {_said(visits.api, now, 'answered')}",
        f":material/stream: Subscriptions: {_said_of_streams(visits, now)}",
    ]


def _said(visit: Visit | None, now: datetime, if_well: str) -> str:
    if visit is None:
        return "none yet."
    ago = f"{max(0, int((now - visit.at).total_seconds()))} s ago"
    if visit.status >= 400:
        return f"{ago}, refused with {visit.status}."
    return f"{ago}, failed." if visit.failed else f"{ago}, {if_well}."


def _said_of_streams(visits: Visits, now: datetime) -> str:
    if visits.open_streams:
        return f"{visits.open_streams} listening now."
    if visits.stream is None:
        return "none yet."
    return f"none listening now. Last one {_said(visits.stream, now, 'accepted')}"


def _show_buttons(address: CodeAddress) -> None:
    with st.container(horizontal=True):
        st.button(
            "Hide the address",
            key="hide_address",
            icon=":material/visibility_off:",
            on_click=_show,
            args=(None,),
        )
        st.button(
            "Replace the address",
            key="replace_address",
            icon=":material/autorenew:",
            on_click=_replace,
            args=(address,),
            help="The old address stops working at once. Your sandbox stays as it is: events,"
            " definitions and values.",
        )
