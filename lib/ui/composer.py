"""Compose an event of any schema, right or wrong on purpose, and send it with the real tracker."""

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st
from snowplow_tracker import SelfDescribing, SelfDescribingJson

from lib.diagnosis.followed_event import fate_now, follow
from lib.diagnosis.schema_form import (
    TYPED_AT_MOST,
    Field,
    NotData,
    Schema,
    data,
    parsed,
    schemas,
)
from lib.text import plain
from lib.ui.added_schemas import added, completed_among
from lib.ui.elements import show_problem
from lib.ui.room import has_to_wait
from lib.world.jobs import Job
from lib.world.participant import Participant

JOB = "composed_event"
CLEARING = "clear_events"
FORM, JSON = "Form", "JSON"
MAX_JSON = 10_000  # characters
FATES = {
    "passed": "Nothing stopped it: it was accepted and counted.",
    "waits": "Waiting to be sent. See the list for its result.",
    "sent": "Sent after a delay. See the list for its result.",
    "refused": "The collector refused it.",
    "unknown": "Sent. Its result is not visible from here: see failed events in Console.",
}


def show_composer(participant: Participant) -> None:
    """Choose a schema, fill in its fields or write JSON, and send it."""
    listed = (*schemas(), *added())
    if not listed:  # the connection page names the files that cannot be used
        return
    schema, form = _show_choices(listed)
    st.caption(plain(schema.meaning))
    if form == FORM:
        _show_fields(schema)
    else:
        _show_json(schema)
    st.button(
        "Send this event",
        key="send_composed",
        type="primary",
        icon=":material/send:",
        on_click=_send,
        args=(participant,),
        disabled=has_to_wait(participant) or _is_sending(participant),
    )
    text, problem = st.session_state.get("compose_problem", ("", ""))
    if problem and (form, text) == (JSON, _json(schema)):
        st.error(plain(problem), icon=":material/error:")
    else:
        world, sent, job = st.session_state.get("composed", (None, None, None))
        if (world, sent) == (participant.world, schema):
            show_fate(participant, job)


def _show_choices(listed: Sequence[Schema]) -> tuple[Schema, str]:
    """The schema, and whether it is written in a form or as JSON."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        schema = _chosen_schema(listed)
        form = st.radio(
            "Write it as",
            (FORM, JSON),
            key="compose_as",
            persist_state="session",
            horizontal=True,
            width="content",
        )
        st.checkbox(
            "With the project as an entity",
            value=True,
            key="compose_project",
            persist_state="session",
            help="A published attribute may be computed from an entity's properties.",
        )
    return schema, form


def _chosen_schema(listed: Sequence[Schema]) -> Schema:
    """The schema that somebody chose, while it exists; at first, that of the event that completing
    a card tracks, which depends on the profile."""
    chosen = st.session_state.get("schema_to_compose")
    return st.selectbox(
        "Schema",
        listed,
        index=listed.index(chosen) if chosen in listed else completed_among(listed),
        key="compose_schema",
        format_func=lambda each: each.label,
        on_change=_note_schema,
        width=320,
    )


def _note_schema() -> None:
    st.session_state["schema_to_compose"] = st.session_state["compose_schema"]


def show_fate(participant: Participant, job: Job) -> None:
    """What happened to an event that was sent on purpose, until the events are cleared."""
    if _was_cleared(participant, job):
        return
    if not job.is_done:
        st.caption("Being sent…")
    elif job.problem is not None:
        show_problem(job.problem)
    else:
        fate = fate_now(job.result, participant.emitter.delivery.events)
        for stop in fate.stops:
            field = f", field **{plain(stop.field)}**" if stop.field else ""
            st.markdown(f":red[:material/block:] Stopped at **{stop.stage}**{field}")
            st.caption(plain(stop.reason))
        if not fate.stops:
            st.caption(FATES[fate.state])


def _was_cleared(participant: Participant, job: Job) -> bool:
    """Whether the event was deleted together with all others."""
    cleared = participant.jobs.find(CLEARING)
    is_known = cleared is not None and cleared.is_done and cleared.problem is None
    return cleared is not None and is_known and job.since < cleared.since


def _key(schema: Schema, field: Field) -> str:
    if not schema.vendor:
        return f"compose_{schema.name}_{field.name}"
    return f"compose_{schema.vendor}_{schema.name}_{schema.version}_{field.name}"


def _json_key(schema: Schema) -> str:
    return f"composed_json_{schema.vendor}_{schema.name}_{schema.version}"


def _show_fields(schema: Schema) -> None:
    with st.grid(3, min_column_width=240):
        for field in schema.fields:
            label = plain(field.name) if field.is_required else f"{plain(field.name)} (optional)"
            types = " or ".join(field.types)
            hint = plain(f"{field.meaning}. {types}".strip(". "))
            if field.choices:
                st.selectbox(
                    label,
                    field.choices,
                    index=0 if field.is_required else None,
                    key=_key(schema, field),
                    persist_state="session",  # while it is written as JSON
                    accept_new_options=True,
                    help=f"{hint}. Type any other value to see the event fail.",
                )
            else:
                st.text_input(
                    label,
                    value=field.example if field.is_required else "",
                    key=_key(schema, field),
                    persist_state="session",
                    max_chars=TYPED_AT_MOST,
                    help=hint,
                )
    st.caption("Leave a field empty to send the event without it.")


def _show_json(schema: Schema) -> None:
    """The JSON starts as what is in the form, and starts over when the form changes."""
    key, form = _json_key(schema), _in_form(schema)
    began: dict[str, object] = st.session_state.setdefault("compose_json_began", {})
    if key not in st.session_state or began.get(key) != form:
        st.session_state[key] = _as_json(form)
        began[key] = form
    st.text_area(
        "The event's data", key=key, persist_state="session", height=180, max_chars=MAX_JSON
    )


def _json(schema: Schema) -> str:
    """The JSON as it was typed; before it is drawn, its initial text."""
    key = _json_key(schema)
    written: str = st.session_state[key] if key in st.session_state else _as_json(_in_form(schema))
    return written


def _as_json(form: dict[str, object]) -> str:
    return json.dumps(form, indent=2)


def _in_form(schema: Schema) -> dict[str, object]:
    """The data in the form; before it is drawn, its initial values."""
    keys = {each.name: _key(schema, each) for each in schema.fields}
    if not any(key in st.session_state for key in keys.values()):
        required = [each for each in schema.fields if each.is_required]
        return data(schema.fields, {each.name: each.example for each in required})
    typed = {name: st.session_state.get(key) or "" for name, key in keys.items()}
    return data(schema.fields, typed)


def _is_sending(participant: Participant) -> bool:
    """Whether one is on its way. Another would not be sent: there is one job at a time."""
    job = participant.jobs.find(JOB)
    return job is not None and not job.is_done


def _send(participant: Participant) -> None:
    # A disabled button is no safeguard.
    if has_to_wait(participant) or _is_sending(participant):
        return
    st.session_state.pop("compose_problem", None)
    tracking, schema = participant.tracking, st.session_state["compose_schema"]
    is_form = st.session_state["compose_as"] == FORM
    try:
        content = _in_form(schema) if is_form else parsed(_json(schema))
    except NotData as problem:
        st.session_state["compose_problem"] = (_json(schema), str(problem))
        return
    described = SelfDescribingJson(schema.address(tracking.vendor), content)
    with_project = st.session_state["compose_project"]
    entities = [tracking.project_entity(participant.project)] if with_project else []
    event = SelfDescribing(described, context=entities)
    inspector = participant.connection.inspector
    work = partial(follow, event, tracking, participant.emitter, inspector)
    job = participant.jobs.start(JOB, work)
    st.session_state["composed"] = (participant.world, schema, job)
    job.wait()
