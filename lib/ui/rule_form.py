"""The fields of an intervention: its rule as a tree of at most two levels, and its targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.studio import edits
from lib.studio.edits import combination_of, combined, parts_of
from lib.studio.what_if import COMBINATIONS
from lib.ui.attribute_form import PATTERNS, REMOVE, UNARY, show_no_number, value_of, words_of
from lib.ui.draft import draft, edit_one, field_key, show_field_problem

LEVELS = 2
OPERATORS = (
    ">=",
    ">",
    "=",
    "!=",
    "<",
    "<=",
    "in",
    "not in",
    "like",
    "not like",
    "rlike",
    "not rlike",
    "is null",
    "is not null",
    "changed",
)
WITHOUT_VALUE = (*UNARY, "changed")
TARGETS = ("user_id", "domain_sessionid", "domain_userid", "network_userid")
NUMERIC = ("int32", "int64", "double", "float")


def show_rule(at: int, known: Sequence[str]) -> None:
    """When the intervention at a position fires, whom it reaches, and its payload."""
    rule = _rule(at)
    if edits.depth(rule.criteria) > LEVELS:
        st.info(
            "This rule has more than two levels. Edit it in the Python: the form does not change"
            " it.",
            icon=":material/code:",
        )
    else:
        names = list(dict.fromkeys([*edits.attribute_names(draft()), *known]))
        _show_combination(_Place(at, ()), names)
    _show_targets(at)
    _show_payload(at)


def _rule(at: int) -> sdk.RuleIntervention:
    rule = draft()[at]
    assert isinstance(rule, sdk.RuleIntervention)
    return rule


@dataclass(frozen=True)
class _Place:
    """A part of a rule: the rule's position in the draft, and the part's path in the rule."""

    at: int
    path: edits.Path

    @property
    def part(self) -> Any:
        """The part as it is now. A rule of a single criterion counts as a combination of one."""
        criteria = self._criteria
        return edits.part_at(criteria, self.path)

    @property
    def _criteria(self) -> Any:
        criteria = _rule(self.at).criteria
        return criteria if combination_of(criteria) else combined("all", [criteria])

    @property
    def is_there(self) -> bool:
        """Whether the draft still has this part: a click may overtake the page that says so."""
        definitions = draft()
        if self.at >= len(definitions) or not isinstance(
            definitions[self.at], sdk.RuleIntervention
        ):
            return False
        try:
            return self.part is not None
        except IndexError:
            return False

    @property
    def is_all(self) -> bool:
        """Whether this part is all that there is of the rule."""
        return edits.with_part(self._criteria, self.path, None) is None

    @property
    def name(self) -> str:
        """For keys."""
        return "_".join(["rule", *map(str, self.path)])

    def below(self, number: int) -> "_Place":
        return _Place(self.at, (*self.path, number))

    def put(self, new: Any | None, key: str = "") -> None:
        """Replace this part, or remove it with None. The last part of a rule stays."""
        criteria = edits.with_part(self._criteria, self.path, new) if self.is_there else None
        if criteria is not None:
            edit_one(self.at, _rule(self.at).model_copy(update={"criteria": criteria}), key)

    def add(self, new: Any) -> None:
        """Add a part to the combination here."""
        if self.is_there:
            self.put(combined(combination_of(self.part), [*parts_of(self.part), new]))

    def remove(self, siblings: int) -> None:
        """Remove this part, one of so many `siblings`: a double click removes one."""
        above = _Place(self.at, self.path[:-1])
        if above.is_there and len(parts_of(above.part)) == siblings:
            self.put(None)


def _show_combination(place: _Place, names: list[str]) -> None:
    """A combination, its parts, and buttons to add to it."""
    name, parts = combination_of(place.part), parts_of(place.part)
    key = field_key(f"{place.name}_together", name)

    def changed() -> None:
        if place.is_there:
            place.put(combined(st.session_state[key], parts_of(place.part)), key)

    st.selectbox(
        "where" if place.path else "Nudge when",
        tuple(COMBINATIONS),
        index=tuple(COMBINATIONS).index(name),
        format_func=lambda each: COMBINATIONS[each],
        key=key,
        on_change=changed,
        width=260,
    )
    for number, part in enumerate(parts):
        inner = place.below(number)
        if combination_of(part):
            with st.container(border=True):
                _show_combination(inner, names)
        else:
            _show_criterion(inner, names, len(parts))
    _show_adding(place, names)


def _show_adding(place: _Place, names: list[str]) -> None:
    name = names[0] if names else "my_group:tasks"
    first = sdk.InterventionCriterion(attribute=name, operator="is not null")
    with st.container(horizontal=True):
        st.button(
            "Add a condition",
            key=f"{place.name}_add_condition",
            icon=":material/add:",
            on_click=place.add,
            args=(first,),
        )
        if len(place.path) + 1 < LEVELS:
            st.button(
                "Add a group of conditions",
                key=f"{place.name}_add_conditions",
                icon=":material/account_tree:",
                on_click=place.add,
                args=(combined("any", [first]),),
            )


def _show_criterion(place: _Place, names: list[str], siblings: int) -> None:
    criterion = place.part
    options = names if criterion.attribute in names else [*names, criterion.attribute]
    shown = {
        "attribute": criterion.attribute,
        "operator": criterion.operator,
        "value": words_of(criterion.value),
    }
    keys = {part: field_key(f"{place.name}_{part}", is_) for part, is_ in shown.items()}

    def changed() -> None:
        if place.is_there:
            place.put(_typed(place.part, keys), keys["value"])

    hidden: Any = {"label_visibility": "collapsed", "on_change": changed}
    name: Any = {"format_func": _attribute_first, **hidden}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        at, operator = options.index(criterion.attribute), OPERATORS.index(criterion.operator)
        st.selectbox("Attribute", options, at, key=keys["attribute"], width=150, **name)
        has_value = criterion.operator not in WITHOUT_VALUE
        width = 88 if has_value else 130
        st.selectbox("is", OPERATORS, operator, key=keys["operator"], width=width, **hidden)
        if has_value:
            st.text_input("Value", shown["value"], key=keys["value"], width=76, **hidden)
        st.button(
            "",
            key=f"{place.name}_remove_of_{siblings}",
            icon=":material/close:",
            type="tertiary",
            disabled=place.is_all,
            help=REMOVE,
            on_click=place.remove,
            args=(siblings,),
        )
    show_field_problem(keys["value"])
    if _is_numeric(criterion.attribute) and criterion.operator not in PATTERNS:
        show_no_number(criterion.attribute, criterion.value)


def _is_numeric(attribute: str) -> bool:
    return edits.attribute_type(attribute, draft()) in NUMERIC


def _attribute_first(name: str) -> str:
    """An attribute, followed by its group: the field is narrow."""
    group, _, attribute = name.partition(":")
    return f"{attribute} ({group})"


def _typed(criterion: Any, keys: dict[str, str]) -> Any:
    """The criterion with the current values of its fields."""
    attribute = st.session_state[keys["attribute"]]
    operator = st.session_state[keys["operator"]]
    typed = st.session_state.get(keys["value"]) or ""
    kind = edits.attribute_type(attribute, draft())
    value = value_of(typed, operator, "number" if kind in NUMERIC else _kind(kind))
    if operator in WITHOUT_VALUE:
        value = None
    fields = {"attribute": attribute, "operator": operator, "value": value}
    return criterion.model_copy(update=fields)


def _kind(attribute_type: str) -> str:
    """How to read a typed value: as text for a text attribute, by its looks where the type is
    unknown."""
    return "text" if attribute_type in ("string", "timestamp", "bytes") else ""


def _show_targets(at: int) -> None:
    targets = [each.name for each in _rule(at).target_attribute_keys or []]
    key = field_key("rule_targets", targets)

    def changed() -> None:
        links = [sdk.LinkAttributeKey(name=each) for each in st.session_state[key]]
        new = _rule(at).model_copy(update={"target_attribute_keys": links or None})
        edit_one(at, new, key)

    st.multiselect(
        "It is sent to",
        list(dict.fromkeys([*TARGETS, *targets])),
        default=targets,
        key=key,
        on_change=changed,
        help="Attribute keys of the event that met the criteria. This app listens for user_id. If"
        " empty: the keys of the groups in the criteria.",
    )


def _show_payload(at: int) -> None:
    links = [(each.name, each.version or 1) for each in _rule(at).payload_attribute_groups or []]
    key = field_key("rule_payload", links)

    def changed() -> None:
        groups = edits.links_to(st.session_state[key]) or None
        new = _rule(at).model_copy(update={"payload_attribute_groups": groups})
        edit_one(at, new, key)

    st.multiselect(
        "Its payload has the attributes of",
        list(dict.fromkeys([*links, *edits.groups_of(draft())])),
        default=links,
        format_func=lambda each: f"{each[0]} version {each[1]}",
        key=key,
        on_change=changed,
        placeholder="the groups in the rule",
    )
