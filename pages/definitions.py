"""Definitions: what Signals computes, as code and as JSON, and what the API says about it."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from pydantic import ValidationError

from lib.connection.explanations import explained
from lib.diagnosis.traps import traps
from lib.snowplow import contexts, definitions, publishing
from lib.snowplow.definitions import COUNT, PRIORITY
from lib.snowplow.preview import Preview, preview
from lib.snowplow.publishing import Published
from lib.text import duration_text
from lib.ui import session
from lib.ui.building import is_building_guest
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.definitions_tabs import KEY as TABS_KEY
from lib.ui.definitions_tabs import TABS, note_open_tab, open_tab
from lib.ui.draft_preview import IS_MET
from lib.ui.elements import show_code, show_problem
from lib.ui.presentation import is_presenting
from lib.ui.publishing import (
    clean_up,
    is_changing,
    publish,
    show_ban,
    show_progress,
    unpublish,
)
from lib.ui.registry import show_registry
from lib.ui.story_fields import follow, planned, show_fields
from lib.ui.studio import show_studio
from lib.ui.take_home import show_take_home

PREVIEW = "preview"
# Their labels, and their widths in pixels: narrow enough for a phone. Elsewhere they grow.
PREVIEW_COLUMNS = {
    "user": ("user", 92),
    "nudged": ("nudged", 110),
    COUNT: ("tasks", 62),
    PRIORITY: ("priority", 84),
}
EVENTS = {"sandbox": "the sandbox", "snowplow": "the account's warehouse"}

participant = session.participant()
connection = participant.connection
participant.first_look(values=False)
published = participant.seen.published


def publish_planned() -> None:
    publish(participant, planned(participant.plan))


def start_preview() -> None:
    plan = planned(participant.plan)
    work = partial(preview, participant.signals, plan, participant.user_id)
    if session.account_ban() is None and not is_previewing():  # it costs the account's owner money
        job = participant.jobs.start(PREVIEW, work)
        st.session_state["preview_asked"] = (participant.world, plan, job)
        job.wait()


def is_previewing() -> bool:
    job = participant.jobs.find(PREVIEW)
    return job is not None and not job.is_done


def show_preview() -> None:
    """The last preview of this session, unless something changed since."""
    world, plan, job = st.session_state.get("preview_asked", (None, None, None))
    if job is None or (world, plan) != (participant.world, plan_now):
        return
    if not job.is_done:
        st.info(
            f"Signals was asked for a preview at {job.since:%H:%M:%S} UTC and has not answered yet."
            " You can carry on in the meantime.",
            icon=":material/hourglass_top:",
        )
    elif job.problem is not None:
        show_problem(job.problem)
    else:
        show_found(job.result, f"{job.since:%H:%M:%S} UTC")


def show_found(found: Preview, asked_at: str) -> None:
    st.header("Preview", anchor=False)
    events = f"events of the last {duration_text(found.plan.period)} in {EVENTS[connection.mode]}"
    if found.is_empty:
        st.info(
            f"None of the {events} would count. Complete a task on the board, then preview again.",
            title="Nothing to compute yet",
            icon=":material/hourglass_empty:",
        )
        return
    st.markdown(found.summary)
    st.dataframe(
        [{"user": row.who, "nudged": IS_MET[row.is_met], **row.values} for row in found.rows],
        hide_index=True,
        column_config={
            name: st.column_config.Column(label, width=width)
            for name, (label, width) in PREVIEW_COLUMNS.items()
        },
        alt="What the attributes would be for each user, and who would be nudged",
    )
    st.caption(
        f"As of {asked_at}: you and up to ten other users, from the {events}. Nothing was"
        " published. Once published, it counts from zero."
    )


@st.dialog("Delete what this app published?", icon=":material/delete:", on_dismiss=answered)
def ask_to_clean_up() -> None:
    names = participant.names
    st.markdown(
        f"This unpublishes and deletes the attribute group `{names.group}`, the service"
        f" `{names.service}`, the intervention `{names.intervention}` and the agentic context"
        f" `{names.context}`, in every version that this app made, with all computed values."
        " This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button("Delete", key="confirm_clean_up", type="primary", icon=":material/delete:"):
            answered()
            clean_up(participant)
            st.rerun()
        if st.button("Keep", key="cancel_clean_up"):
            answered()
            st.rerun()


def state_of(definition: Any, *, is_versioned: bool) -> str:
    if definition is None:
        return ":gray-badge[not created yet]"
    version = f" version {definition.version}" if is_versioned else ""
    if definition.is_published:
        return f":green-badge[:material/check: published{version}]"
    return f":orange-badge[unpublished{version}]"


def context_state() -> str:
    """The API cannot tell an unpublished context from a missing one."""
    if participant.context.seen.is_published:
        return ":green-badge[:material/check: published]"
    return ":gray-badge[not published]"


participant.context.refresh_soon()
follow(participant.plan)
st.title("Definitions", anchor=False)
st.caption(
    "What Signals computes from events, and when it nudges. Publish, then complete tasks on the"
    " board."
)
story, studio, everything = st.tabs(TABS, key=TABS_KEY, default=open_tab(), on_change=note_open_tab)
with story:
    with st.container(border=True):
        st.markdown("**What the Signals API says**")
        if not participant.seen.is_known:
            st.caption("Not known yet: the API has not answered.")
        else:
            for kind, name, definition, is_versioned in (
                ("Attribute group", participant.names.group, published.group, True),
                ("Service", participant.names.service, published.service, False),
                ("Intervention", participant.names.intervention, published.intervention, True),
            ):
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"{kind} `{name}`", width="content")
                    st.markdown(state_of(definition, is_versioned=is_versioned), width="content")
            if participant.context.seen.is_published is not None:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"Agentic context `{participant.names.context}`", width="content")
                    st.markdown(context_state(), width="content")
    for trap in traps(published):
        st.warning(trap, title="It may never fire", icon=":material/warning:")

    grid = st.grid(
        2, min_column_width=300, gap=("small", "large")
    )  # stacked where both would be narrow
    fields, result = grid.cell(), grid.cell()
    with fields:
        st.header("What to change", anchor=False)
        show_fields(participant.plan)
        plan_now = planned(participant.plan)
        ban = show_ban()
        if ban is not None and is_building_guest():
            st.caption(
                ":material/groups: The presenter lets guests build their own definitions, on the"
                f" tab {TABS[1]}."
            )
        is_closed = ban is not None or is_changing(participant)
        with st.container(horizontal=True):
            st.button(
                "Publish",
                key="publish",
                type="primary",
                icon=":material/publish:",
                on_click=publish_planned,
                disabled=is_closed or participant.seen.problem is not None,
            )
            st.button(
                "Preview",
                key="preview",
                icon=":material/preview:",
                on_click=start_preview,
                disabled=session.account_ban() is not None or is_previewing(),
                help="Shows what these definitions would compute from the recent events in"
                f" {EVENTS[connection.mode]}. Nothing is published.",
            )
            st.button(
                "Unpublish",
                key="unpublish",
                icon=":material/unpublished:",
                on_click=unpublish,
                args=(participant,),
                disabled=is_closed or not published.is_any,
            )
            st.button(
                "Clean up",
                key="clean_up",
                icon=":material/delete:",
                on_click=ask,
                args=("clean_up",),
                disabled=is_closed or not published.is_there,
            )
        if is_asking("clean_up"):
            ask_to_clean_up()
        try:
            drafts = publishing.next_definitions(plan_now, published or Published())
            mistake = None
        except ValidationError as error:
            mistake = explained(error)
        else:
            show_progress()
    with result:
        show_preview()
        st.header("What will be published", anchor=False)
        if mistake is not None:
            show_problem(mistake)
        else:
            st.caption(
                f"Group version {drafts[0].version}, intervention version {drafts[2].version}."
                " A published version never changes: a changed definition becomes the next version,"
                " and a new version of the group counts from zero."
            )
        if mistake is None and not is_presenting():
            as_python, as_json = st.tabs(["Python", "JSON"], key="draft_tabs")
            with as_python:
                functions: tuple[Callable[..., object], ...] = (
                    definitions.attribute_group,
                    definitions.service,
                    definitions.intervention,
                    publishing.publish,
                    contexts.recent_activity,
                    contexts.publish_context,
                )
                code = [f"plan = {plan_now}", *(inspect.getsource(each) for each in functions)]
                with st.container(height=420, border=False):  # the keyboard scrolls it, not code
                    show_code("\n\n".join(code))
            with as_json:
                for draft in (*drafts, contexts.recent_activity(plan_now)):
                    st.markdown(f"**`{draft.name}`**")
                    st.json(definitions.as_json(draft), expanded=1)
with studio:
    show_studio(participant, participant.plan)
with everything:
    show_registry(participant)
    show_take_home(participant, "/definitions")
