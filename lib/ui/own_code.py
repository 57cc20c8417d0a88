"""The card that gives somebody an address and snippets for code of their own.

Whoever has the address can use the sandbox, so it is shown on request, and never to an audience.
"""

from datetime import UTC, datetime

import streamlit as st

from lib.people.code_addresses import GUESTS_ARE_OFF, CodeAddress
from lib.people.visits import Visit, Visits
from lib.story.own_code import OwnCode
from lib.text import plain
from lib.ui import session
from lib.ui.elements import show_code
from lib.ui.presentation import is_presenting
from lib.ui.ticking import ticking
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
MEANS_EVERYTHING = (
    "Whoever has this address can send events to your sandbox, publish and delete its definitions,"
    " and read its values. They cannot reset it, move its clock, list its events or open it in the"
    " app. Keep it to yourself, and replace it when it got out."
)
MEANS_EVENTS = (
    "Whoever has this address can send events to the room, and nothing else: no reading, no"
    " listening, no publishing, no reset. Keep it to yourself, and replace it when it got out. It"
    " works for as long as the presenter lets guests bring code."
)


def show_own_code(participant: Participant) -> None:
    """The card, for a sandbox; nothing in presentation mode."""
    if participant.connection.mode != "sandbox" or is_presenting():
        return
    st.header("Point your own code at this sandbox", anchor=False)
    addresses, address = session.process().code_addresses, _address(participant)
    if address.takes_events_only and not addresses.lets_guests(address.place):
        st.info(plain(GUESTS_ARE_OFF.advice), title=plain(GUESTS_ARE_OFF.message))
        return
    st.caption(
        "From Python, Node, a web page or a terminal, with the trackers and SDKs as they are."
    )
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
    _show_snippets(participant, address, token)
    ticking(lambda: _show_visits(token), LOOK_SECONDS)
    _show_buttons(address)


def _address(participant: Participant) -> CodeAddress:
    """The one that this session may have: a guest's takes events only."""
    place = participant.connection.place
    return CodeAddress(place, participant.user_id) if session.is_guest() else CodeAddress(place)


def _show(address: CodeAddress | None) -> None:
    st.session_state["address_shown"] = address


def _replace(address: CodeAddress) -> None:
    session.process().code_addresses.replace(address)


def _show_snippets(participant: Participant, address: CodeAddress, token: str) -> None:
    app = (st.context.url or "http://localhost:8501").split("?")[0]
    own = OwnCode(
        app=app.removesuffix("/").removesuffix("/connection"),
        token=token,
        user_id=participant.user_id,
        vendor=participant.plan.vendor,
        service=participant.names.service,
        events_only=address.takes_events_only,
    )
    means = MEANS_EVENTS if address.takes_events_only else MEANS_EVERYTHING
    st.warning(means, icon=":material/key:")
    show_code(own.address)
    snippets = own.snippets
    for tab, code in zip(st.tabs(list(snippets)), snippets.values(), strict=True):
        with tab:
            show_code(code)
    st.caption(
        "Each sends one completed task of yours."
        if address.takes_events_only
        else "Each sends one completed task of yours and reads your values, or waits for a nudge."
        " Publish the definitions first, or there is no service to read."
    )
    st.caption(
        "If the app's host asks people to sign in, programs cannot get in: run the app on your own"
        " machine, with `make demo`."
    )


def _show_visits(token: str) -> None:
    """What came from code by this address, as it comes."""
    visits = session.process().visits.of(token)
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


def _show_buttons(address: CodeAddress) -> None:
    st.page_link("pages/events.py", label="See whether events were accepted, and why not")
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
