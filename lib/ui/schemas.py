"""The schemas of the sandbox: each to read, with examples, and the way to add one of your own."""

import json
from functools import partial

import streamlit as st

from lib.diagnosis.schema_form import Schema, schemas
from lib.diagnosis.schema_table import failing, passing, rows
from lib.text import plain, spreadsheet_text
from lib.ui import session
from lib.ui.added_schemas import added, completed_among, own_schemas
from lib.ui.elements import show_code, show_problem
from lib.ui.schema_draft import show_adding
from lib.world.participant import Participant

DELETING = "delete_schema"
USING_MORE = "use_more_schemas"
NAMES_SHOWN = 8
SANDBOX = (
    "What an event must look like. The sandbox validates each event against the schema that it"
    " names. Events of a vendor without schemas here pass unchecked."
)
SNOWPLOW = (
    "This app's schemas, for your Iglu registry. Snowplow validates each event against the schema"
    " that it names there. Add schemas of your own in Console, under Data structures."
)


def show_schemas(participant: Participant) -> None:
    """All schemas, and one in detail; in a sandbox, adding and deleting your own."""
    is_sandbox = participant.connection.mode == "sandbox"
    st.header("Schemas", anchor=False)
    st.caption(SANDBOX if is_sandbox else SNOWPLOW)
    own = added()
    listed = (*own, *schemas())
    if not listed:  # the connection page names the files that cannot be used
        return
    if st.session_state.get("schema") not in listed:  # at first, and once it was deleted
        st.session_state["schema"] = listed[completed_among(listed)]
    schema = st.selectbox(
        "Schema to look at",
        listed,
        key="schema",
        format_func=lambda each: each.label,
        width=420,
    )
    uri = schema.address(participant.tracking.vendor)
    st.markdown(plain(schema.meaning))
    show_code(uri)
    fields, good, bad, source = st.tabs(
        ["Fields", "An event that passes", "An event that fails", "JSON"], key="schema_tabs"
    )
    with fields:
        _show_fields(schema)
    with good:
        _show_example(uri, passing(schema), "")
    with bad:
        _show_example(uri, *failing(schema))
    with source:
        show_code(schema.source)
    if not is_sandbox:
        return
    if session.is_guest():
        st.caption("In a room, only the presenter adds schemas, and everyone shares them.")
        return
    if schema in own:
        _show_deleting(participant, schema, uri)
    show_adding(participant, own)
    _show_more(participant)


def _show_fields(schema: Schema) -> None:
    found = rows(schema)
    if not found:
        st.caption("It has no fields.")
        return
    st.dataframe(
        [
            {
                name: value if isinstance(value, bool) else spreadsheet_text(str(value))
                for name, value in row.items()
            }
            for row in found
        ],
        hide_index=True,
        alt=f"The fields of {schema.name}",
        column_config={
            "required": st.column_config.CheckboxColumn("required", width="small"),
            "limits": st.column_config.TextColumn("limits", width="medium"),
            "meaning": st.column_config.TextColumn("meaning", width="large"),
        },
    )


def _show_example(uri: str, content: dict[str, object], mistake: str) -> None:
    """The data of an event, and what the sandbox says about it."""
    if mistake:
        st.caption(plain(mistake))
    show_code(json.dumps(content, indent=2))
    wrong = own_schemas().wrong_in(uri, content)
    if wrong is None:
        return
    if not wrong:
        st.markdown(":green[:material/check:] The sandbox accepts it.")
        if mistake:
            st.caption("The schema does not rule this out.")
    for each in wrong:
        st.markdown(f":red[:material/block:] {plain(each)}")
    if wrong and not mistake:
        st.caption("The example is composed from the fields alone. This schema requires more.")


def _show_more(participant: Participant) -> None:
    """The switch for the schemas of Iglu Central."""
    is_used, uris = own_schemas().more()
    if not uris:
        return
    st.session_state["more_schemas"] = is_used
    st.toggle(
        "Validate what Snowplow's own trackers send, too",
        key="more_schemas",
        on_change=_use_more,
        args=(participant,),
        help="Otherwise, events from your own web pages pass unchecked.",
    )
    names = sorted({uri.split("/")[1] for uri in uris})
    st.caption(
        f"{len(uris)} schemas from Iglu Central: pages, links, forms, media, ecommerce, errors,"
        f" sessions. {plain(', '.join(names[:NAMES_SHOWN]))} and {len(names) - NAMES_SHOWN} more."
    )
    job = session.asked_here(participant, USING_MORE)
    if job is not None and job.problem is not None:
        show_problem(job.problem)


def _use_more(participant: Participant) -> None:
    if not session.is_guest():
        work = partial(own_schemas().use_more, st.session_state["more_schemas"])
        participant.jobs.start(USING_MORE, work).wait()


def _show_deleting(participant: Participant, schema: Schema, uri: str) -> None:
    with st.popover("Delete this schema", icon=":material/delete:", key="delete_schema_popover"):
        st.markdown(
            "Accepted events stay. Once a vendor has no schema here, its events pass unchecked."
            " Delete the newest version of a schema first."
        )
        st.button(
            f"Delete {plain(schema.label)}",
            key="delete_schema",
            type="primary",
            on_click=_delete,
            args=(participant, uri),
        )
    job = participant.jobs.find(DELETING)
    is_of_this = session.this_visit().get("schema_to_delete") == uri
    if is_of_this and job is not None and job.problem is not None:
        show_problem(job.problem)


def _delete(participant: Participant, uri: str) -> None:
    if not session.is_guest():
        session.this_visit()["schema_to_delete"] = uri
        participant.jobs.start(DELETING, partial(own_schemas().delete, uri)).wait()
