"""Streamlit elements of the room: joining it, a name, and what the presenter sees and does."""

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import segno
import streamlit as st

from lib.charts.room_chart import Everybody
from lib.people.crowd import APP_ID as SIMULATED
from lib.people.crowd_progress import Team
from lib.people.reached import Reached, reached
from lib.people.room import NAME_AT_MOST, NameProblem, Room, Standing
from lib.snowplow.interventions import push_test_intervention
from lib.story.guide import STEPS
from lib.story.pushed_words import PushedWords
from lib.text import plain, spreadsheet_text
from lib.ui import session
from lib.ui.big_screen import screen_data, show_big_screen
from lib.ui.crowd import crowds
from lib.ui.presentation import is_presenting
from lib.ui.ticking import looking
from lib.world.emitter import Delivery
from lib.world.event_feed import EventFeed
from lib.world.events import UserEvent
from lib.world.fired import FiredReader
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
# The columns of the last events, in pixels: narrow enough for a phone. They grow where they can.
WIDTHS = {"UTC": 78, "Who": 92, "Event": 182}
PUSH = "push_room"
RESET = "reset_room"
PUSH_FIELDS = ("push_headline", "push_text")
NO_TEAM = Team()


@dataclass(frozen=True)
class View:
    """What a presenter sees of a room at one moment."""

    room: Room | None
    standings: tuple[Standing, ...]
    team: Team = NO_TEAM
    rule: tuple[str, int] | None = None
    reached: Reached | None = None


# What everybody sees


def show_way_in(participant: Participant) -> None:
    """The form for a room code, in the sidebar of people who are not in a room."""
    if participant.connection.mode != "sandbox" or session.is_in_company() or is_presenting():
        return
    with (
        st.sidebar,
        st.popover("Join a room", icon=":material/groups:", key="join_popover"),
        st.form("join_form", border=False),
    ):
        st.text_input("Room code", key="room_code", placeholder="three words and a number")
        st.form_submit_button("Join", key="join_room", on_click=_join)


def _join() -> None:
    if code := st.session_state["room_code"].strip():
        session.join_room(code)


def show_room(participant: Participant) -> None:
    """On the board: whether the room is paused, and once a form for a name."""
    room = session.room()
    if room is None:
        return
    if room.is_paused:
        show_pause()
    if participant.stage.successor:  # they are somebody else in another window
        return
    member = session.process().rooms.member(room.place, participant.user_id)
    if not member.has_chosen:
        _name_form(participant, member.name)


def show_pause() -> None:
    """Say that the room is paused, and until when."""
    st.info(
        "You can continue when the presenter resumes.",
        title="The presenter paused the room",
        icon=":material/pause_circle:",
    )


def has_to_wait(participant: Participant) -> bool:
    """Whether the room is paused for this session. Its presenter may still send events."""
    return participant.is_paused and session.presenting_ban() is not None


def _name_form(participant: Participant, name: str) -> None:
    with (
        st.form("name_form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Your name in this room",
            placeholder=name,
            key="display_name",
            max_chars=NAME_AT_MOST,
            width=240,
        )
        st.form_submit_button(
            "Use this name", key="choose_name", on_click=_choose_name, args=(participant, name)
        )
    if problem := session.this_visit().get("name_problem"):
        st.error(plain(problem), icon=":material/error:")


def _choose_name(participant: Participant, otherwise: str) -> None:
    rooms, place = session.process().rooms, participant.connection.place
    session.this_visit().pop("name_problem", None)
    try:
        rooms.rename(place, participant.user_id, st.session_state["display_name"] or otherwise)
    except NameProblem as problem:
        session.this_visit()["name_problem"] = str(problem)


# What the presenter sees


def opened_room(participant: Participant) -> Room | None:
    """The room of the presenter's sandbox or of the app's account. An account that somebody
    brought has no room."""
    if participant.connection.is_own:
        return None
    rooms, place = session.process().rooms, participant.connection.place
    room = rooms.open(place, with_code=participant.connection.mode == "sandbox")
    if not rooms.member(place, participant.user_id).has_chosen:
        with suppress(NameProblem):  # there is one already
            rooms.rename(place, participant.user_id, "Presenter")
    return room


def is_big_screen(page: str) -> bool:
    """Whether the page is one of the presenter's views: no nudge of their own may cover it."""
    return page == "Presenter" and st.query_params.get("view") in session.SECOND_VIEWS


def is_watched_by_a_room() -> bool:
    """Whether the presenter's page is the big screen now."""
    return st.query_params.get("view") == session.SCREEN


def view_of(participant: Participant) -> View:
    """What the room looks like now."""
    process, place = session.process(), participant.connection.place
    nudge = participant.seen.published.followed_version
    # People who started over are here as somebody else; the world that they left closes later.
    opened = process.participants.open_in(place)
    here = {each.user_id for each in opened if not each.stage.successor}
    has_count = not participant.seen.published.follows_another
    standings = tuple(process.rooms.standings(place, here, nudge, has_count=has_count))
    crowd = crowds().find(place) if is_watched_by_a_room() else None
    team = NO_TEAM if crowd is None else crowd.progress.team
    found = reached(nudge, room_fired(participant).seen, standings) if nudge else None
    return View(process.rooms.find(place), standings, team, nudge, found)


def watch_room(participant: Participant, shown: View) -> None:
    """Run the page again when the room has changed."""

    feed, fired = room_events(participant), room_fired(participant)
    newest = feed.events[:1]

    def look() -> None:
        feed.refresh_soon()
        fired.refresh_soon()
        if view_of(participant) != shown or feed.events[:1] != newest:
            st.rerun()

    looking(look, LOOK_SECONDS)


def join_link(code: str) -> str:
    """The address that joins a room; on an account, which has no code, the app's address."""
    address = (st.context.url or "http://localhost:8501").split("?")[0]
    base = address.removesuffix("/").removesuffix("/presenter")
    return f"{base}/?sandbox={code}" if code else base


def is_for_this_computer_only(link: str) -> bool:
    """Whether phones cannot open a link."""
    return urlsplit(link).hostname in ("localhost", "127.0.0.1", "::1")


def show_qr_code(link: str, width: int) -> None:
    """A link as a QR code: dark on light in both modes, as scanners expect."""
    drawn = io.BytesIO()
    code = segno.make(link, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, light="#ffffff", omitsize=True)
    st.image(drawn.getvalue().decode(), width=width, alt="QR code of the link that joins the room")


def show_members(standings: Sequence[Standing]) -> None:
    """Who is here and how far they are, as a table."""
    st.table(
        {
            "Name": [plain(each.name) for each in standings],
            "Guide": [f"{each.steps}/{len(STEPS)}" for each in standings],
            "Done": [_number(each) for each in standings],
            "Nudged": [
                f":violet-badge[{each.nudged_at:%H:%M}]" if each.nudged_at else "—"
                for each in standings
            ],
            "Now": [
                ":green-badge[here]" if each.is_here else ":gray-badge[left]" for each in standings
            ],
        },
        border="horizontal",
        hide_index=True,
        height="content" if len(standings) <= 12 else 560,
        alt="Who is in the room, how far in the guide, their tasks, and who was nudged",
    )


def room_events(participant: Participant) -> EventFeed:
    """The events of everybody in the presenter's sandbox, kept for this session."""
    return _readers(participant)[0]


def room_fired(participant: Participant) -> FiredReader:
    """What fired for everybody in the presenter's sandbox, kept for this session."""
    return _readers(participant)[1]


def _readers(participant: Participant) -> tuple[EventFeed, FiredReader]:
    place, inspector = participant.connection.place, participant.connection.inspector
    kept: tuple[str, tuple[EventFeed, FiredReader]] | None = st.session_state.get("room_readers")
    if kept is None or kept[0] != place:
        feed = EventFeed(inspector, None, Delivery, lambda: None)
        fired = FiredReader(inspector, None, lambda: None)
        kept = st.session_state["room_readers"] = (place, (feed, fired))
    return kept[1]


def show_room_events(events: Sequence[UserEvent], standings: Sequence[Standing]) -> None:
    """The last events of the room: whose, by display name, and what happened to each.

    The table can be downloaded as a spreadsheet, so its text is made safe for one.
    """
    if not events:
        st.caption("None yet. The events of people in the room show here.")
        return
    names = {each.member.user_id: each.name for each in standings}
    st.dataframe(
        {
            "UTC": [f"{each.tstamp:%H:%M:%S}" for each in events],
            "Who": [spreadsheet_text(_who(each, names)) for each in events],
            "Event": [spreadsheet_text(f"{each.name} {each.status}") for each in events],
            "Why": [spreadsheet_text(each.summary if each.failures else "") for each in events],
        },
        hide_index=True,
        column_order=list(WIDTHS),  # the reason is long, so it is only in the menu of columns
        column_config={
            name: st.column_config.Column(width=width) for name, width in WIDTHS.items()
        },
        alt="The last events of the room, whose they are and whether they were accepted",
    )


def _who(event: UserEvent, names: Mapping[str, str]) -> str:
    is_simulated = isinstance(event.raw, Mapping) and event.raw.get("aid") == SIMULATED
    return "simulated" if is_simulated else names.get(event.user_id or "", "somebody else")


def show_screen(participant: Participant, view: View) -> None:
    """The big screen, over the whole window. Presenters are on it once they complete tasks. An
    account that somebody brought is in their tab only, so it has no link."""
    code = view.room.code if view.room is not None else ""
    people = tuple(
        each for each in view.standings if each.tasks or each.member.user_id != participant.user_id
    )
    data = screen_data(
        Everybody(people, view.team.tasks),
        view.team.nudges,
        participant.seen.published.threshold,
        participant.profile,
        link="" if participant.connection.is_own else join_link(code),
        code=code,
        is_paused=view.room is not None and view.room.is_paused,
    )
    show_big_screen(data, leave_screen)


def enter_screen() -> None:
    """Show the big screen in this window. For a button's callback."""
    st.query_params["view"] = session.SCREEN


def leave_screen() -> None:
    """Back to the presenter's desk. For a callback."""
    st.query_params.pop("view", None)


def _number(standing: Standing) -> str:
    return "—" if standing.tasks is None else f"{standing.tasks:.0f}"


# What the presenter does


def push(participant: Participant, standings: Sequence[Standing]) -> None:
    """Push an intervention with the presenter's words to some of the room. For a button's
    callback."""
    user_ids = [each.member.user_id for each in standings]
    words = PushedWords.of(*(st.session_state.get(key) for key in PUSH_FIELDS))
    if session.presenting_ban() is None and user_ids:
        work = partial(push_test_intervention, participant.signals, *user_ids, **words.attributes)
        participant.jobs.start(PUSH, work).wait()


def reset(
    participant: Participant, standings: Sequence[Standing], *, is_everyone: bool = False
) -> None:
    """Reset some of the room, or all of it. For a button's callback."""
    if session.presenting_ban() is not None:
        return
    participants, teams, connection = (
        session.process().participants,
        crowds(),
        participant.connection,
    )
    user_ids = [each.member.user_id for each in standings]

    def work() -> None:
        if is_everyone:
            teams.forget(connection.place)
        participants.start_over(connection, user_ids, is_everyone=is_everyone)

    participant.jobs.start(RESET, work).wait()


def pause(participant: Participant, is_paused: bool) -> None:
    """Pause or resume the room, on every open page of it. For a button's callback."""
    if session.presenting_ban() is None:
        place = participant.connection.place
        session.process().rooms.pause(place, is_paused)
        session.process().participants.tell(place)


def let_guests_bring_code(participant: Participant) -> None:
    """Allow guests to send events with their own code, or stop that. For a switch's callback."""
    if session.presenting_ban() is None:
        place, may = participant.connection.place, bool(st.session_state["guests_bring_code"])
        session.process().code_addresses.let_guests(place, may)
        session.process().participants.tell(place)


def replace_code(participant: Participant) -> None:
    """Make a new code. For a button's callback."""
    if session.presenting_ban() is None:
        session.process().rooms.new_code(participant.connection.place)
