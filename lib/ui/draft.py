"""The draft of this session: definitions that are not published yet, as models and as Python.

The models are what the last Python that could be read defines. The form changes the models and
writes the Python again; typed Python is read, never run. A field knows its position in the draft,
and not what is there: when it changes, another field may just have changed it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from lib.studio.edits import Draft, names_given_twice, new_names_of_rules, replaced
from lib.studio.python_reader import read_python
from lib.studio.python_writer import written_python
from lib.studio.source_check import Refused
from lib.studio.vocabulary import Definition
from lib.text import with_code
from lib.ui import publishing
from lib.ui.account_choice import has_own_account
from lib.ui.fields import brings_back, key_as_it_is, key_to_show, write
from lib.ui.words_form import follow_new_name
from lib.world.kept_draft import KeptDraft

SOURCE = "python_source"
MOST_STEPS_BACK = 20


def draft() -> Draft:
    """The definitions of the draft."""
    found: Draft = st.session_state.get("draft", ())
    return found


def restore(kept: KeptDraft) -> None:
    """Continue with the saved draft, if this session has none and has just begun or entered this
    world; save it from then on.

    Not with an account that the session brought: a draft may name its owner.
    """
    if has_own_account():
        return
    world, _ = st.session_state.get("draft_kept", ("", ""))
    if world != kept.world:
        st.session_state["draft_kept"] = (kept.world, kept.source)
        if kept.source and not draft() and not st.session_state.get(SOURCE):
            st.session_state[SOURCE] = kept.source
            apply_python()
    now = (kept.world, st.session_state.get(SOURCE) or "")
    if now != st.session_state["draft_kept"]:
        kept.keep(now[1])
        st.session_state["draft_kept"] = now


def refusal() -> Refused | None:
    """Why the Python could not be read; None if it was."""
    found: Refused | None = st.session_state.get("draft_refused")
    return found


def has_field_problem() -> bool:
    """Whether the SDK refuses the value of a field. Without the field, there is no problem."""
    place, _ = st.session_state.get("field_problem", ("", ""))
    if not place or place not in st.session_state:
        st.session_state.pop("field_problem", None)
    return "field_problem" in st.session_state


def show_field_problem(key: str) -> None:
    """Say below a field of the form why the SDK refuses its value."""
    place, reason = st.session_state.get("field_problem", ("", ""))
    if place == key:
        st.markdown(f":red[:material/error: {with_code(reason)}]")


def field_key(name: str, shown: Any, labels: Sequence[str] = ()) -> str:
    """The key of a field of the form that should show this, as `key_to_show`. A value that the SDK
    refuses stays where it was typed, to be corrected."""
    return key_as_it_is(name) if has_field_problem() else key_to_show(name, shown, labels)


def use(definitions: Sequence[Definition]) -> None:
    """Make other definitions the draft, and write them as Python."""
    _remember(st.session_state.get(SOURCE) or "")
    st.session_state["draft"] = tuple(definitions)
    write(SOURCE, written_python(definitions) if definitions else "")
    for place in ("definition_at", "attribute_at", "context_event_at"):
        st.session_state[place] = 0
    _tell_of_this_draft()


def edit(changed: Sequence[Definition], field: str = "") -> bool:
    """Change the draft from the form, if the SDK accepts it; returns whether it does.

    `field` is the key of the field that was changed, to show the error there.
    """
    try:
        _check_names(draft(), changed)
        source = written_python(changed) if changed else ""
        read = read_python(source).definitions
    except (Refused, ValueError) as refused:
        st.session_state["field_problem"] = (field, getattr(refused, "reason", str(refused)))
        return False
    _remember(st.session_state.get(SOURCE) or "")
    st.session_state["draft"] = tuple(_in_order(read, changed))
    write(SOURCE, source)
    _tell_of_this_draft()
    return True


def act_once(button: str, drawn_for: int, act: Callable[[], object]) -> None:
    """Do what a button is for, that was drawn for so many parts. The second click of a double click
    finds the draft that the first one has made, and does nothing."""
    made = st.session_state.get("made_by")
    if made is not None and made[:2] == (button, drawn_for) and made[2] is draft():
        return
    act()
    st.session_state["made_by"] = (button, drawn_for, draft())


def edit_one(at: int, new: Definition, field: str = "") -> bool:
    """Replace the definition at this position. As `edit`."""
    definitions = draft()
    return edit(replaced(definitions, definitions[at], new), field)


def _check_names(before: Draft, after: Sequence[Definition]) -> None:
    """Raise `ValueError` if two now have the same name: references to it would be ambiguous."""
    twice = names_given_twice(tuple(after)) - names_given_twice(before)
    for kind, name in sorted(twice):
        raise ValueError(f"There is another {kind} called `{name}`. Choose another name.")


def _in_order(read: Sequence[Definition], wanted: Sequence[Definition]) -> list[Definition]:
    """What was read, in the order of the form; custom keys come first in Python."""
    places = [(type(each), each.name) for each in wanted]
    known = [each for each in read if (type(each), each.name) in places]
    return sorted(known, key=lambda each: places.index((type(each), each.name)))


def apply_python() -> None:
    """Read the Python. For the editor's and the button's callback."""
    if brings_back(SOURCE):
        return
    source = st.session_state.get(SOURCE) or ""
    try:
        read = read_python(source).draft
    except Refused as refused:
        st.session_state["draft_refused"] = refused
        return
    if read != draft():
        for old, new in new_names_of_rules(draft(), read):
            follow_new_name(old, new)
        _remember(written_python(draft()) if draft() else "")
        st.session_state["draft"] = read
    _tell_of_this_draft()


def step_back() -> None:
    """Go back to the draft before the last change, or to the current one if the last change was
    refused. For a button's callback."""
    if _is_refused():
        write(SOURCE, written_python(draft()) if draft() else "")
        _tell_of_this_draft()
        return
    steps = st.session_state.get("draft_steps", [])
    if steps:
        st.session_state["draft"], source = steps.pop()
        write(SOURCE, source)
        _tell_of_this_draft()
        _read_again(source)


def can_step_back() -> bool:
    """Whether there was another draft before, or a change that was refused."""
    return _is_refused() or bool(st.session_state.get("draft_steps"))


def _is_refused() -> bool:
    return has_field_problem() or (refusal() is not None and bool(draft()))


def _read_again(source: str) -> None:
    """Show again what was wrong with Python that could not be read."""
    try:
        if source:
            read_python(source)
    except Refused as refused:
        st.session_state["draft_refused"] = refused


def _remember(source: str) -> None:
    """Keep the draft as it is, with its Python, which may be newer and impossible to read."""
    before = draft()
    if before or source:
        steps = st.session_state.setdefault("draft_steps", [])
        steps.append((before, source))
        del steps[:-MOST_STEPS_BACK]


def _tell_of_this_draft() -> None:
    """Forget what was said about the draft before."""
    publishing.forget_problem()
    st.session_state.pop("draft_refused", None)
    forget_field_problem()


def forget_field_problem() -> None:
    """Forget that a field has to be corrected: somebody moved on."""
    st.session_state.pop("field_problem", None)
