"""Events: all events of the user, what happened to each, and the journey of one of them."""

import json
import uuid
from collections.abc import Iterable
from functools import partial
from typing import Literal

import streamlit as st

from lib.charts.journey_chart import journey_chart, journey_summary, minutes_chart, minutes_summary
from lib.diagnosis.broken_events import MISTAKES, send_broken
from lib.diagnosis.journey import JourneyStep, journey, milliseconds
from lib.diagnosis.pipeline import Station, stations
from lib.text import counted, plain, spreadsheet_text, told_apart
from lib.ui import session
from lib.ui.composer import CLEARING, show_composer, show_fate
from lib.ui.elements import show_code, show_problem
from lib.ui.fields import keep_chosen
from lib.ui.parts import note_news_shown
from lib.ui.presentation import for_audience, is_presenting, is_story_playing
from lib.ui.room import has_to_wait, show_pause
from lib.ui.schemas import show_schemas
from lib.ui.ticking import looking
from lib.world.events import (
    YOUR_COLLECTOR,
    Outcome,
    UserEvent,
    curl_command,
    failure_in_words,
    matching,
    newest_task,
    per_minute,
)

LOOK_SECONDS = 2.0
ROW_PIXELS, ROWS_SHOWN = 40, 9  # so high that a finger opens the row that it means
# In pixels, narrow enough for a phone; where there is more room they all grow. The properties are
# beside the list. Its menu of columns adds them to it.
WIDTHS = {"open": 48, "time (UTC)": 82, "event": 147, "status": 76}
NEWEST = ""
COLORS: dict[Outcome, Literal["green", "red", "blue", "orange"]] = {
    "accepted": "green",
    "failed": "red",
    "sent": "blue",
    "on its way": "orange",
}
ARROWS = {"Tracked": None, "Failed": ":material/call_split:"}
PLAIN_CHART = {"displayModeBar": False}

participant = session.participant()
inspector = participant.connection.inspector
dark = st.context.theme.type == "dark"


def send(kind: str) -> None:
    if has_to_wait(participant):  # a disabled button is no safeguard
        return
    work = partial(send_broken, kind, participant.tracking, participant.emitter, inspector)
    participant.jobs.start(f"broken_{kind}", work).wait()


def clear() -> None:
    if not session.is_guest():
        participant.jobs.start(CLEARING, participant.events.forget).wait()
    st.session_state["event"] = NEWEST


def open_row(keys: list[str]) -> None:
    row = st.session_state["open_event"].row
    if row < len(keys):  # the browser may still show a longer list
        st.session_state["event"] = keys[row]


def look_again() -> None:
    participant.events.refresh_soon()


def station(each: Station) -> None:
    is_bad = each.name == "Failed" and bool(each.count)
    st.badge(
        f"{each.name} **{'—' if each.count is None else each.count}**",
        icon=ARROWS.get(each.name, ":material/arrow_forward:"),
        color="red" if is_bad else "gray",
        help=each.meaning,
    )


def show_pipeline(line: list[Station]) -> None:
    """A row of numbers. A click explains what each one counts, because fingers cannot hover."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="event_pipeline"
    ):
        for each in line:
            station(each)
        with st.popover("Legend", type="tertiary", key="pipeline_legend"):
            for each in line:
                st.markdown(f"**{each.name}**: {each.meaning}.")


def show_clear() -> None:
    with st.popover("Clear", icon=":material/delete_sweep:", key="clear_events_popover"):
        st.write(
            "Deletes the events of everybody who shares the sandbox. Values computed from them"
            " stay."
        )
        st.button("Delete all events", key="clear_events", type="primary", on_click=clear)


def row(event: UserEvent) -> dict[str, object]:
    """The event in a table that can be downloaded as a spreadsheet."""
    return {
        "open": ":material/route:",
        "time (UTC)": f"{event.tstamp:%H:%M:%S}",
        "event": spreadsheet_text(event.name),
        "status": event.status,
        "properties, or why it failed": spreadsheet_text(event.summary[:300]),
    }


def labels(events: Iterable[UserEvent]) -> dict[str, str]:
    """A label for each event, by its key, oldest first. Milliseconds, and a number for equal ones,
    make labels unique: Streamlit identifies the choice by its label."""
    names = {
        each.key: f"{each.tstamp:%H:%M:%S.%f}"[:-3] + f" {each.name}, {each.status}"
        for each in events
    }
    return dict(zip(names, told_apart(names.values()), strict=True))


def show_step(step: JourneyStep, after: float) -> None:
    st.markdown(f":gray-badge[+{after:,.0f} ms] **{plain(step.name)}** {plain(step.detail)}")


def show_properties(event: UserEvent) -> None:
    st.caption(plain(event.schema or "This kind of event has no schema of its own."))
    st.json(for_audience(json.dumps(event.data if event.data is not None else {})))


def show_tabs(event: UserEvent) -> None:
    """Everything that is known about an event, for developers."""
    properties, entities, atomic, raw, curl = st.tabs(
        ["Properties", "Entities", "Atomic", "Raw", "cURL"], key="event_tabs"
    )
    with properties:
        show_properties(event)
    with entities:
        st.json(event.entities)
    with atomic:
        if event.atomic:
            st.json(event.atomic)
        else:
            st.caption("Only known for events that the sandbox accepted.")
    with raw:
        st.json(event.raw if isinstance(event.raw, dict | list) else {"payload": event.raw})
    with curl:
        collector = YOUR_COLLECTOR if inspector else participant.connection.collector_url
        command = curl_command(event, collector, str(uuid.uuid4()))
        if inspector is not None:
            st.caption(
                "Posts this event again with a new event id. The address of your sandbox is a"
                " secret and is not shown: use your own collector's instead."
            )
        else:
            st.caption("Posts this event again with a new event id.")
        if command:
            show_code(command)


st.title("Events", anchor=False)
if not is_presenting():
    st.caption(
        participant.profile.told(
            "All your events, and what happened to each. Press {action} on the board and follow"
            " the event here, or send a broken one and see where it stops."
        )
    )
feed = participant.events
if feed.look():
    note_news_shown()
events = feed.events
if feed.problem is not None:
    st.warning(feed.problem.advice, title=feed.problem.message, icon=":material/cloud_off:")
if inspector is None:
    st.info(
        "On Snowplow this page only knows what the app itself tracked and whether it was sent."
        " Console shows whether an event was accepted, and what it changed.",
        icon=":material/visibility_off:",
    )

stage = st.container()  # an audience sees one event and its journey first
show_pipeline(
    stations(
        participant.emitter.delivery,
        events,
        participant.history,
        participant.seen.published,
        participant.inbox,
        participant.missed,
        is_sandbox=inspector is not None,
    )
)

unknown = "accepted" if inspector is None else "sent"
with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Your events", anchor=False, width="stretch")
    with st.popover("Filter", icon=":material/filter_list:", key="filter_events"):
        chosen = st.multiselect(
            "Status",
            [each for each in COLORS if each != unknown],
            key="event_status",
            persist_state="session",
            placeholder="All statuses",
        )
        names = st.multiselect(
            "Name",
            sorted({each.name for each in events}),
            key="event_names",
            persist_state="session",
            placeholder="All names",
        )
        words = st.text_input(
            "Search",
            key="event_search",
            persist_state="session",
            icon=":material/search:",
            placeholder="Search all fields of an event",
        )
    if inspector is not None and not session.is_guest():
        show_clear()
found = matching(events, chosen, names, words)
if not events:
    st.info(
        participant.profile.told(
            "Press {action} on the board, or send a broken event below. Your events show here."
        ),
        title="No events yet",
        icon=":material/hourglass_empty:",
    )
elif not found:
    st.info(
        "Clear a filter, or search for something else.",
        title="Your only event does not match"
        if len(events) == 1
        else f"None of your {len(events)} events matches",
        icon=":material/search_off:",
    )
grid = st.grid(2, min_column_width=360, gap="medium")  # the event beside the list, or below it
listing, details = grid.cell(), grid.cell()
journey_place = st.container()
if is_presenting():
    details = journey_place = stage
with listing:
    if found:
        st.dataframe(
            [row(each) for each in found],
            hide_index=True,
            height=ROW_PIXELS * min(len(found) + 1, ROWS_SHOWN),
            row_height=ROW_PIXELS,
            alt="Your events, newest first",
            column_order=list(WIDTHS),
            column_config={
                name: st.column_config.Column(width=width) for name, width in WIDTHS.items()
            }
            | {
                "open": st.column_config.ButtonColumn(
                    "open",
                    width=WIDTHS["open"],
                    key="open_event",
                    on_click=open_row,
                    args=([each.key for each in found],),
                )
            },
        )
        st.caption(f"{len(found)} of {counted(len(events), 'event')}. The list updates by itself.")
        counts = per_minute(found)
        st.plotly_chart(
            minutes_chart(counts, dark=dark),
            theme=None,
            key="events_per_minute",
            alt=minutes_summary(counts),
            config=PLAIN_CHART,
        )
    job = session.asked_here(participant, CLEARING)
    if job is not None and job.problem is not None:
        show_problem(job.problem)

with details:
    by_key = {each.key: each for each in reversed(found)}
    completed = participant.own_event.current.schema
    newest = newest_task(found, participant.user_id, completed)
    is_task = newest is not None and newest.schema == completed
    newest_label = "The newest completed task" if is_task else "The newest event"
    label_of = {NEWEST: newest_label} | labels(by_key.values())
    keep_chosen("event", label_of, NEWEST)
    if not is_story_playing():  # the story chooses the event
        st.selectbox(
            "Event",
            [NEWEST, *(each.key for each in found if by_key[each.key] is each)],
            key="event",
            format_func=lambda each: label_of[each],
        )
    event = by_key.get(st.session_state["event"]) or newest
    if event is None:
        st.info(
            "Each step of an event, from the tracker to the nudge, shows here once you have"
            " events.",
            icon=":material/route:",
        )
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(event.name)}**", width="content")
            st.badge(event.status, color=COLORS[event.outcome])
            event_id = "" if is_presenting() else f", {plain(event.event_id)}"
            st.caption(f"{event.tstamp:%Y-%m-%d %H:%M:%S} UTC{event_id}")
        for failure in event.failures:
            st.error(plain(failure_in_words(failure)), icon=":material/block:")
        if event.reason:
            st.warning(plain(event.reason), icon=":material/schedule_send:")
        if not is_presenting():
            show_tabs(event)

if event is not None:
    with journey_place:
        if is_presenting():
            st.markdown("**The journey of this event**")
        else:
            st.header("The journey of this event", anchor=False)
        tracked = participant.emitter.delivery.events
        sent_at = next((each.sent_at for each in tracked if each.event_id == event.event_id), None)
        nudge = participant.seen.published.followed
        steps = journey(event, feed.trace(event.event_id), participant.inbox, nudge, sent_at)
        if steps:
            st.plotly_chart(
                journey_chart(steps, dark=dark),
                theme=None,
                key="journey",
                alt=journey_summary(steps),
                config=PLAIN_CHART,
            )
            for step, after in zip(steps, milliseconds(steps), strict=True):
                show_step(step, after)
        st.caption(
            "The sandbox records validation, attributes and criteria together, once everything is"
            " stored. It keeps the traces of its newest events."
            if inspector is not None
            else "On Snowplow, nothing behind the collector is visible from here."
        )
        if is_presenting():
            show_properties(event)

st.header("Send an event", anchor=False)
if has_to_wait(participant):
    show_pause()
mistakes, any_event = st.tabs(["Typical mistakes", "Any event"], key="send_tabs")
with mistakes:
    st.caption("Each is sent with the real tracker. See where it stops, and why.")
    with st.grid(3):
        for kind, mistake in MISTAKES.items():
            with st.container(border=True, height="stretch", key=f"mistake_{kind}"):
                st.markdown(f"**{mistake.title}**")
                st.caption(plain(mistake.said_of(participant.own_event.current)))
                st.button(
                    "Send",
                    key=f"broken_{kind}",
                    icon=":material/send:",
                    on_click=send,
                    args=(kind,),
                    disabled=has_to_wait(participant),
                )
                if (job := participant.jobs.find(f"broken_{kind}")) is not None:
                    show_fate(participant, job)
with any_event:
    show_composer(participant)

if not is_presenting():
    show_schemas(participant)

looking(look_again, LOOK_SECONDS)
