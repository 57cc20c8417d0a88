"""The studio: a draft of any definitions, from a template or from nothing, as a form and as Python.

It says beforehand what publishing would mean; a refusal is shown beside the buttons.
"""

from collections.abc import Callable

import snowplow_signals as sdk
import streamlit as st

from lib.connection.explanations import Explanation
from lib.snowplow.definitions import Plan
from lib.studio import changes
from lib.studio.changes import Change, NotPossible
from lib.studio.edits import Draft, unknown_attributes, with_new_group
from lib.studio.identifiers import reads_user_ids
from lib.studio.payload import brought
from lib.studio.readable import keys_of
from lib.studio.registry import Registry, read_registry
from lib.studio.source_check import Refused
from lib.studio.templates import TEMPLATES, Template
from lib.text import code, plain, with_code
from lib.ui import publishing, session
from lib.ui.attribute_values import SHOWN_VALUES
from lib.ui.building import building_ban, own_suffix
from lib.ui.code_font import use_code_font
from lib.ui.definition_form import show_form
from lib.ui.draft import (
    SOURCE,
    apply_python,
    can_step_back,
    draft,
    has_field_problem,
    refusal,
    restore,
    step_back,
    use,
)
from lib.ui.draft_preview import can_preview, show_draft_preview, show_what_if, start_draft_preview
from lib.ui.elements import show_code, show_problem
from lib.ui.fields import brings_back, write
from lib.ui.live_values import show_live_values
from lib.ui.registry import registry
from lib.ui.words_form import show_words
from lib.world.participant import Participant

PLACE = "studio"
LINES_AROUND = 2
COLUMNS = 34  # of a line that is not read: more would wrap beside the form
READS = (
    "Python for the Signals SDK. It is read, never run: imports, the SDK's classes and built-in"
    " keys, timedelta, datetime, strings and numbers, and sp_signals.publish([…])."
)
EDITOR_PIXELS = 620
NO_IDS = "In a room, the values of an attribute cannot be user ids: they are secrets."


def show_studio(participant: Participant, plan: Plan) -> None:
    """Choose something to start from, change it, see what it would compute, publish it."""
    restore(participant.draft)
    known = registry(participant)
    _show_templates(plan)
    definitions = draft()
    if not definitions and refusal() is None and not st.session_state.get(SOURCE):
        _show_start(plan)
        return
    change, problem = _change(participant, definitions, known)
    _show_buttons(participant, change)
    if problem is not None:
        show_problem(problem)
    publishing.show_progress(PLACE)
    if change is not None and change.is_in_place:
        _show_in_place(participant, change)
    elif change is not None:
        _show_meaning(change, known)
    show_draft_preview(participant)
    grid = st.grid(2, min_column_width=380, gap=("small", "large"))
    with grid.cell():
        st.subheader("Form", anchor=False)
        chosen = show_form(definitions, plan, _known_attributes(known))
        if isinstance(chosen, sdk.RuleIntervention):
            _show_words(participant, chosen, known)
    with grid.cell():
        st.subheader("Python", anchor=False, help=READS)
        _show_python()
    show_what_if(participant)


# To start with


def _show_templates(plan: Plan) -> None:
    st.selectbox(
        "Start from a template",
        TEMPLATES,
        index=None,
        format_func=lambda each: each.title,
        key="template",
        placeholder="Sixteen ideas, each with a reason",
        on_change=_use_template,
        args=(plan,),
        persist_state="session",
        width=420,
    )
    chosen: Template | None = st.session_state.get("template")
    if chosen is not None:
        st.caption(f"{chosen.why} To see it: {chosen.how}")


def _use_template(plan: Plan) -> None:
    chosen: Template | None = st.session_state.get("template")
    if chosen is not None and not brings_back("template"):
        use(chosen.make(plan))


def _show_start(plan: Plan) -> None:
    with st.container(horizontal=True):
        st.button(
            "Start from nothing",
            key="start_from_nothing",
            icon=":material/add:",
            on_click=lambda: use(with_new_group((), plan)),
        )
        if can_step_back():
            _show_undo()
    st.caption(
        "Or paste definitions as Python: from Snowplow's documentation, or your own. They are read,"
        " never run."
    )
    _show_python()


# The Python


def _show_python() -> None:
    refused = refusal()
    if refused is not None:
        _show_refusal(refused)
    st.text_area(
        "Python for the Signals SDK",
        key=SOURCE,
        height=EDITOR_PIXELS if draft() else 260,
        on_change=apply_python,
        placeholder="from snowplow_signals import StreamAttributeGroup, …",
        persist_state="session",
        label_visibility="collapsed" if draft() else "visible",
        help=READS,
    )
    with st.container(horizontal=True):
        st.button("Apply", key="apply_python", icon=":material/check:", on_click=apply_python)
        st.download_button(
            "Download",
            st.session_state.get(SOURCE) or "",
            "definitions.py",
            "text/x-python",
            key="download_python",
            icon=":material/download:",
            on_click="ignore",
            disabled=not st.session_state.get(SOURCE),
        )
    use_code_font()


def _show_refusal(refused: Refused) -> None:
    """Where the Python could not be read, and why. The form keeps what was read before."""
    st.error(
        with_code(refused.reason),
        title=f"Line {refused.line}, column {refused.column}",
        icon=":material/error:",
    )
    lines = (st.session_state.get(SOURCE) or "").splitlines()
    first, left = max(refused.line - 1 - LINES_AROUND, 0), max(refused.column - COLUMNS // 2, 0)
    around = [
        f"{first + n + 1:>4}  {each[left : left + COLUMNS]}"
        for n, each in enumerate(lines[first : refused.line])
    ]
    if around:
        show_code("\n".join([*around, " " * (refused.column - left + 5) + "▲"]))
    if draft():
        st.caption("The form shows the last Python that could be read.")


# What publishing would mean


def _change(
    participant: Participant, definitions: Draft, known: Registry | None
) -> tuple[Change | None, Explanation | None]:
    """What publishing the draft would change, or why it is not possible."""
    if not definitions:
        return None, None
    try:
        return _planner(participant)(definitions, known or Registry()), None
    except NotPossible as problem:
        return None, Explanation(str(problem), problem.advice)


def _planner(participant: Participant) -> Callable[[Draft, Registry], Change]:
    """Finds what publishing a draft would change, for this session, in any thread."""
    is_shared = participant.connection.mode != "sandbox"
    is_guest, suffix = session.is_guest(), own_suffix()

    def planned(definitions: Draft, known: Registry) -> Change:
        if is_guest and reads_user_ids(definitions):
            raise NotPossible(NO_IDS, "Choose another property, or count them: `counter`.")
        if is_guest:  # their groups create new keys; existing keys stay as they are
            definitions = tuple(
                each for each in definitions if not isinstance(each, sdk.AttributeKey)
            )
        return changes.change_of(definitions, known, suffix, is_shared=is_shared)

    return planned


def _show_meaning(change: Change, known: Registry | None) -> None:
    missing = unknown_attributes(draft(), _known_attributes(known))
    if missing and known is not None:
        names = ", ".join(map(code, missing))
        st.warning(
            f"A rule names {names}, but no group has it: define it here, or choose another.",
            icon=":material/warning:",
        )
    for each in change.notes:
        st.caption(f":material/info: {each}")
    differences = [
        line
        for each in change.definitions
        if known is not None and (found := known.find(each)) is not None and found.live is not None
        for line in changes.difference(found.live, each)
    ]
    if differences:
        with st.expander(f"How it differs from what is published ({len(differences)})"):
            st.markdown("\n".join(f"- {each}" for each in differences[:50]))


def _show_in_place(participant: Participant, change: Change) -> None:
    """The draft is what is published: its values, and where to see more."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":green[:material/check_circle:] **Published, as shown here.**", width="content"
        )
        st.page_link("pages/board.py", label="Use the board", icon=":material/view_kanban:")
        st.page_link("pages/attributes.py", label="See its values", icon=":material/monitoring:")
        if any(isinstance(each, sdk.EventLog) for each in change.definitions):
            st.page_link("pages/assistant.py", label="Ask the assistant", icon=":material/forum:")
    groups = [each for each in change.definitions if isinstance(each, sdk.AttributeGroup)]
    show_live_values(participant, groups)


def _show_who_may_build(ban: Explanation | None) -> None:
    if ban is not None:
        st.caption(f":material/lock: {plain(ban.message)} {plain(ban.advice)}")
    elif session.is_guest():
        st.caption(
            ":material/groups: The presenter lets guests build. What you publish counts for"
            f" everybody in this room. Its names end with {code(own_suffix())}, so they do not"
            " clash with others."
        )


def _show_buttons(participant: Participant, change: Change | None) -> None:
    ban = building_ban()
    _show_who_may_build(ban)
    is_closed = ban is not None or publishing.is_changing(participant)
    is_ready = change is not None and refusal() is None and not has_field_problem()
    with st.container(horizontal=True):
        st.button(
            "Publish",
            key="publish_draft",
            type="primary",
            icon=":material/publish:",
            disabled=is_closed or not is_ready,
            on_click=_publish,
            args=(participant,),
        )
        st.button(
            "Keep as draft",
            key="keep_draft",
            icon=":material/save:",
            disabled=is_closed or not is_ready,
            on_click=_keep,
            args=(participant,),
            help="Keeps it in Signals, unpublished. Open it again from All definitions",
        )
        st.button(
            "Preview",
            key="preview_draft",
            icon=":material/preview:",
            disabled=not can_preview(participant) or not is_ready,
            on_click=start_draft_preview,
            args=(participant,),
            help="Shows what it would compute from recent events. Nothing is published",
        )
        _show_ways_back()
    if has_field_problem():
        st.caption(":material/error: A field below is not valid. Correct it, or press Undo.")


def _show_ways_back() -> None:
    _show_undo()
    st.button(
        "New",
        key="new_draft",
        icon=":material/note_add:",
        help="An empty draft. Undo brings this one back",
        on_click=_start_new,
    )


def _show_undo() -> None:
    st.button(
        "Undo",
        key="undo_draft",
        icon=":material/undo:",
        disabled=not can_step_back(),
        on_click=step_back,
    )


def _start_new() -> None:
    use(())
    write("template", None)


def _publish(participant: Participant) -> None:
    definitions, planned = draft(), _planner(participant)

    def work() -> Change:
        signals = participant.signals
        change = planned(definitions, read_registry(signals))
        changes.publish(signals, change)
        return change

    publishing.change(participant, PLACE, "Publishing", work, _said_published)
    change, _ = _change(participant, definitions, registry(participant))
    first = next(iter(keys_of(definitions if change is None else change.definitions)), None)
    if first is not None:
        st.session_state[SHOWN_VALUES] = first  # the attributes page shows what was just built


def _said_published(change: Change) -> str:
    names = ", ".join(str(each.name) for each in change.definitions)
    return f"Published: {names}."


def _keep(participant: Participant) -> None:
    definitions, planned = draft(), _planner(participant)

    def work() -> Change:
        signals = participant.signals
        change = planned(definitions, read_registry(signals))
        changes.save(signals, change)
        return change

    publishing.change(participant, PLACE, "Keeping the draft", work, _said_kept)


def _said_kept(change: Change) -> str:
    left = ", ".join(str(each.name) for each in change.live)
    why = "it is published and has no versions, so a draft of it would take it offline."
    if any(not isinstance(each, sdk.AttributeKey) for each in change.drafts):
        return f"Kept, except {left}: {why}" if left else "Kept in Signals, unpublished."
    if left and not change.is_in_place:
        return f"Nothing was kept of {left}: {why}"
    return "Nothing was kept: all of this is already published."


def _show_words(
    participant: Participant, rule: sdk.RuleIntervention, known: Registry | None
) -> None:
    """What the app shows when an intervention of the draft arrives."""
    groups = [each for each in draft() if isinstance(each, sdk.AttributeGroup)]
    groups += known.live_groups if known is not None else []
    with st.container(border=True):
        name = changes.with_suffix(str(rule.name), own_suffix())
        show_words(participant, name, brought(rule, groups))


def _known_attributes(known: Registry | None) -> list[str]:
    """The attributes of the published groups, as rules name them."""
    return [
        f"{group.name}:{attribute.name}"
        for group in (known.live_groups if known is not None else ())
        for attribute in group.attributes or []
    ]
