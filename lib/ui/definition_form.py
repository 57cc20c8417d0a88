"""The form of a draft: one definition at a time, and of a group one attribute at a time.

Every field shows and changes a part of the SDK's model. Where the form has no field it says so, and
the Python stays as it is.
"""

from collections.abc import Callable, Sequence

import snowplow_signals as sdk
import streamlit as st

from lib.snowplow.definitions import Plan
from lib.snowplow.tracking import EventName
from lib.studio import edits
from lib.studio.context_edits import new_context
from lib.studio.edits import Draft, with_new_group, with_new_rule
from lib.studio.ideas import project_key
from lib.studio.registry import kind_of
from lib.studio.vocabulary import KEYS, Definition
from lib.ui.attribute_form import group_at, show_attribute
from lib.ui.context_form import show_context
from lib.ui.draft import (
    act_once,
    draft,
    edit,
    edit_one,
    field_key,
    forget_field_problem,
    show_field_problem,
)
from lib.ui.fields import key_as_it_is
from lib.ui.key_form import new_key, show_own_key
from lib.ui.rule_form import show_rule
from lib.ui.words_form import follow_new_name

PROJECT_KEY = "project_id"
ANOTHER_KEY = "a custom key, from any property"
KEY_WORDS = {
    "user_id": "a user (user_id)",
    "domain_sessionid": "a session (domain_sessionid)",
    "domain_userid": "a browser (domain_userid)",
    "network_userid": "a cookie (network_userid)",
    PROJECT_KEY: "a project (project_id)",
}


def show_form(definitions: Draft, plan: Plan, known: Sequence[str]) -> Definition | None:
    """The chosen definition of the draft, and buttons to add others; returns the chosen one."""
    chosen, count = _chosen(edits.labels(definitions)), len(definitions)
    with st.container(horizontal=True, gap="xsmall"):  # in one row beside the Python
        st.button(
            "Group",
            key="add_group",
            icon=":material/add:",
            on_click=_add,
            args=("add_group", lambda now: with_new_group(now, plan), count),
        )
        st.button(
            "Nudge",
            key="add_rule",
            icon=":material/add:",
            on_click=_add,
            args=("add_rule", lambda now: with_new_rule(now, plan, known), count),
        )
        st.button(
            "Context",
            key="add_context",
            icon=":material/add:",
            on_click=_add,
            args=("add_context", lambda now: new_context(now, plan), count),
        )
        if chosen is not None:
            st.button(
                "Remove",
                key=f"remove_definition_of_{count}",
                icon=":material/remove:",
                help="Removes it from the draft. What is published stays",
                on_click=_remove,
                args=(count,),
            )
    if chosen is not None:
        with st.container(border=True):
            _show_definition(int(chosen), plan, known)
    return None if chosen is None else definitions[int(chosen)]


def _chosen(names: Sequence[str]) -> int | None:
    """The position of the definition to show, chosen by the person; None if there is none."""
    if not names:
        return None
    at = min(int(st.session_state.get("definition_at", 0)), len(names) - 1)
    key = field_key("definition", at, names)
    return st.radio(
        "Definitions of this draft",
        range(len(names)),
        index=at,
        format_func=lambda each: names[each],
        key=key,
        horizontal=True,
        label_visibility="collapsed",
        on_change=_choose,
        args=(key,),
    )


def _choose(key: str) -> None:
    st.session_state["definition_at"] = st.session_state[key] or 0
    st.session_state["attribute_at"] = st.session_state["context_event_at"] = 0
    forget_field_problem()


def _at(name: str) -> int:
    """The position that is chosen in a field now."""
    return int(st.session_state.get(key_as_it_is(name)) or 0)


def _add(button: str, add: Callable[[Draft], Draft], count: int) -> None:
    """Add to a draft that was drawn with `count` definitions."""

    def act() -> None:
        at = len(draft())
        if edit(add(draft())):
            st.session_state["definition_at"] = at

    act_once(button, count, act)


def _remove(count: int) -> None:
    """Remove the one that is chosen now: the button may have been drawn for another."""

    def act() -> None:
        definitions, at = draft(), _at("definition")
        if at < len(definitions):
            edit(edits.without(definitions, definitions[at]))
        st.session_state["definition_at"] = max(at - 1, 0)

    act_once("remove", count, act)


def _show_definition(at: int, plan: Plan, known: Sequence[str]) -> None:
    definition = draft()[at]
    _show_name(at)
    if isinstance(definition, sdk.RuleIntervention):
        show_rule(at, known)
    elif isinstance(definition, sdk.EventLog):
        show_context(at, plan.vendor)
    elif isinstance(definition, sdk.Service):
        _show_service(at, definition)
    elif isinstance(definition, sdk.AttributeGroup) and definition.attributes is not None:
        _show_group(at, definition, plan)
    else:
        st.info(
            "The form has no more fields for this kind of definition. Change it in the Python.",
            icon=":material/code:",
        )


def _show_name(at: int) -> None:
    definition = draft()[at]
    key = field_key(f"name_of_{kind_of(definition).path}", str(definition.name))
    st.text_input(
        "Name",
        value=str(definition.name),
        key=key,
        max_chars=128,
        on_change=_rename,
        args=(at, key),
        help="Letters, digits and _. References in this draft are updated.",
    )
    show_field_problem(key)


def _rename(at: int, key: str) -> None:
    definitions = draft()
    definition, name = definitions[at], st.session_state[key].strip()
    is_taken = edit(edits.renamed(definitions, definition, name), key)
    if is_taken and isinstance(definition, sdk.RuleIntervention):
        follow_new_name(str(definition.name), name)


# Groups


def _show_group(at: int, group: sdk.AttributeGroup, plan: Plan) -> None:
    _show_key(at, group, plan.vendor)
    attributes = group.attributes or []
    names = [each.name for each in attributes]
    place = _chosen_attribute(names)
    with st.container(horizontal=True):
        st.button(
            "Add an attribute",
            key="add_attribute",
            icon=":material/add:",
            on_click=_add_attribute,
            args=(at, plan.completed, len(attributes)),
        )
        st.button(
            "Remove it",
            key=f"remove_attribute_of_{len(attributes)}",
            icon=":material/remove:",
            disabled=len(attributes) < 2,
            on_click=_remove_attribute,
            args=(at, len(attributes)),
        )
    if attributes:
        show_attribute(at, place or 0, plan.vendor)


def _chosen_attribute(names: Sequence[str]) -> int | None:
    """The position of the attribute to show, chosen by the person; None if there is none."""
    chosen = min(int(st.session_state.get("attribute_at", 0)), len(names) - 1)
    key = field_key("attribute", chosen, names)
    return st.radio(
        "Attributes",
        range(len(names)),
        index=chosen if names else None,
        format_func=lambda each: names[each],
        key=key,
        horizontal=True,
        on_change=_choose_attribute,
        args=(key,),
    )


def _show_key(at: int, group: sdk.AttributeGroup, vendor: str) -> None:
    own = str(group.attribute_key.name)
    options = list(dict.fromkeys([*KEY_WORDS, own, ANOTHER_KEY]))
    key = field_key("group_key", own)
    st.selectbox(
        "One profile for each",
        options,
        index=options.index(own),
        format_func=lambda each: KEY_WORDS.get(each, each),
        key=key,
        on_change=_change_key,
        args=(at, key, vendor),
        help="The attribute key: whose values these are. The project is a custom key, read from"
        " the event's project entity. For another, choose any property.",
    )
    is_of_project = group.attribute_key == project_key(vendor)
    if getattr(group.attribute_key, "property", None) is not None and not is_of_project:
        show_own_key(at, group, vendor)


def _change_key(at: int, key: str, vendor: str) -> None:
    name = st.session_state[key]
    own = {PROJECT_KEY: project_key(vendor), ANOTHER_KEY: new_key(vendor, draft())}
    chosen = own.get(name, KEYS.get(name))
    if chosen is not None:
        edit_one(at, draft()[at].model_copy(update={"attribute_key": chosen}), key)


def _choose_attribute(key: str) -> None:
    st.session_state["attribute_at"] = st.session_state[key] or 0
    forget_field_problem()


def _add_attribute(at: int, completed: EventName, count: int) -> None:
    """Add one to a group that was drawn with `count` attributes."""

    def act() -> None:
        group = group_at(at)
        attributes = [*(group.attributes or []), edits.new_attribute(group, completed)]
        st.session_state["attribute_at"] = len(attributes) - 1
        edit(edits.with_attributes(draft(), group, attributes))

    act_once("add_attribute", count, act)


def _remove_attribute(at: int, count: int) -> None:
    """Remove the chosen one of a group that was drawn with `count` attributes."""

    def act() -> None:
        group, place = group_at(at), _at("attribute")
        left = [each for n, each in enumerate(group.attributes or []) if n != place]
        st.session_state["attribute_at"] = max(place - 1, 0)
        edit(edits.with_attributes(draft(), group, left))

    act_once("remove_attribute", count, act)


# Services


def _show_service(at: int, service: sdk.Service) -> None:
    links = [(each.name, each.version or 1) for each in service.attribute_groups]
    key = field_key("service_groups", links)
    st.multiselect(
        "Reads these groups",
        list(dict.fromkeys([*links, *edits.groups_of(draft())])),
        default=links,
        format_func=lambda each: f"{each[0]} version {each[1]}",
        key=key,
        on_change=_change_links,
        args=(at, key),
        help="The application reads all their attributes by the service's name.",
    )
    show_field_problem(key)


def _change_links(at: int, key: str) -> None:
    links = edits.links_to(st.session_state[key])
    edit_one(at, draft()[at].model_copy(update={"attribute_groups": links}), key)
