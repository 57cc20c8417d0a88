"""The fields of one attribute: which events, which property, how computed, over which period."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.studio import edits
from lib.studio.catalogue import (
    INTEGER,
    NUMBER,
    Field,
    event_label,
    field_of,
    known_events,
    known_fields,
)
from lib.studio.combined import combined, fields_for, is_combined, operations_for
from lib.studio.fitting import MEANINGS, UNITS, aggregations_for, fitted, types_for
from lib.text import code, duration_text
from lib.ui.added_schemas import added
from lib.ui.combined_field import show_combined
from lib.ui.draft import draft, edit, field_key, show_field_problem

NO_FIELD = "none: count events, or measure time"
SEVERAL = "several properties, combined"
PERIODS = (None, timedelta(minutes=30), *(timedelta(days=each) for each in (1, 7, 30, 90)))
CRITERIA = ("=", "!=", ">", ">=", "<", "<=", "like", "in", "is null", "is not null")
REMOVE = "Remove this condition"
UNARY = ("is null", "is not null")
PATTERNS = ("like", "not like", "rlike", "not rlike")


def group_at(at: int) -> sdk.AttributeGroup:
    """The group at a position in the draft."""
    group = draft()[at]
    assert isinstance(group, sdk.AttributeGroup)
    return group


def show_attribute(group: int, at: int, vendor: str) -> None:
    """The fields of one attribute of a group, both given by position."""
    change = _Change(group, at, vendor)
    attribute = change.attribute
    fields = known_fields(attribute.events, vendor, added())
    field = field_of(attribute.property, fields)
    grid = st.grid(2, min_column_width=150)
    with grid.cell():
        change.text("Attribute", "attribute_name", attribute.name)
    with grid.cell():
        _show_events(change, attribute, vendor)
    with grid.cell(column_span="all"):
        _show_field(change, field, fields)
    with grid.cell(column_span="all"):
        allowed = _with(attribute.aggregation, aggregations_for(field))
        change.choice(
            "Computed as",
            "aggregation",
            allowed,
            attribute.aggregation,
            lambda each: f"{each}: {MEANINGS[each]}",
            "Only aggregations that fit the property.",
        )
    with grid.cell():
        types = _with(attribute.type, types_for(attribute.aggregation, field))
        change.choice("Type", "type", types, attribute.type, str, "The type of the value.")
    with grid.cell():
        _show_period(change, attribute)
    if attribute.time_unit is not None:
        with grid.cell():
            change.choice("Measured in", "time_unit", tuple(UNITS), attribute.time_unit, _unit, "")
    _show_criteria(change, attribute, fields)


def _with(value: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The allowed values, and the one in the Python even if it does not fit."""
    return allowed if value in allowed else (*allowed, value)


def _unit(each: str) -> str:
    return UNITS[each]


class _Change:
    """Changes one attribute of a group, both given by position, when a field changes."""

    def __init__(self, group: int, at: int, vendor: str) -> None:
        self._group = group
        self._at = at
        self._vendor = vendor

    @property
    def attribute(self) -> Any:
        """The attribute as it is now."""
        return (group_at(self._group).attributes or [])[self._at]

    def to(self, key: str, attribute: Any) -> None:
        """Replace this attribute."""
        group = group_at(self._group)
        attributes = list(group.attributes or [])
        attributes[self._at] = attribute
        edit(edits.with_attributes(draft(), group, attributes), key)

    def updated(self, key: str, **fields: Any) -> None:
        """Change fields of the attribute, and whatever has to fit them."""
        new = self.attribute.model_copy(update=fields)
        known = known_fields(new.events, self._vendor, added())
        self.to(key, fitted(new, field_of(new.property, known)))

    def text(self, label: str, name: str, value: str) -> None:
        """A field for the attribute's name."""
        key = field_key(name, value)

        def change() -> None:
            name = st.session_state[key].strip()
            self.to(key, self.attribute.model_copy(update={"name": name}))

        st.text_input(label, value=value, key=key, max_chars=128, on_change=change)
        show_field_problem(key)

    def choice(
        self, label: str, name: str, options: tuple[str, ...], value: str, words: Any, help: str
    ) -> None:
        """A field that is chosen from a list."""
        key = field_key(name, value)

        def change() -> None:
            self.updated(key, **{name: st.session_state[key]})

        st.selectbox(
            label,
            options,
            index=options.index(value),
            format_func=words,
            key=key,
            on_change=change,
            help=help or None,
        )
        show_field_problem(key)


def _show_events(change: _Change, attribute: Any, vendor: str) -> None:
    known: Mapping[str, Any] = known_events(vendor, added())
    label = event_label(attribute.events, vendor, added())
    options = [*known, *([] if label in known else [label])]
    key = field_key("attribute_events", label)

    def changed() -> None:
        chosen = known.get(st.session_state[key])
        if chosen is not None:
            fields = known_fields(chosen, vendor, added())
            new = _without_other_criteria(change.attribute, fields)
            new = new.model_copy(update={"events": chosen})
            field = field_of(new.property, fields)
            change.to(key, new if field is None or field.kind else fitted(new, None))

    st.selectbox(
        "From these events",
        options,
        index=options.index(label),
        key=key,
        on_change=changed,
        help="This app's events, and those of schemas that you added. For others, or several at"
        " once, edit the Python.",
    )


def _show_field(change: _Change, field: Field | None, fields: list[Field]) -> None:
    is_made = field is not None and is_combined(field.property)
    known = fields if field is None or is_made else [field, *fields]
    by_label = {each.label: each for each in known}
    ways = operations_for(fields)
    options = [NO_FIELD, *([SEVERAL] if ways or is_made else []), *by_label]
    label = SEVERAL if is_made else NO_FIELD if field is None else field.label
    key = field_key("attribute_field", label)

    def put(key: str, wanted: Any) -> None:
        change.to(key, fitted(change.attribute, field_of(wanted, fields)))

    def changed() -> None:
        if st.session_state[key] == SEVERAL:
            put(key, combined(ways[0], fields_for(ways[0], fields)[:2]))
            return
        chosen = by_label.get(st.session_state[key])
        change.to(key, fitted(change.attribute, chosen))

    st.selectbox(
        "Property",
        options,
        index=options.index(label),
        key=key,
        on_change=changed,
        help="A property of the event or of its project entity, or one that every event has."
        " Several can be joined, added up or compared.",
    )
    show_field_problem(key)
    if is_made:
        show_combined(change.attribute.property, fields, put)


def _show_period(change: _Change, attribute: Any) -> None:
    options = [*PERIODS]
    if attribute.period not in options:
        options.append(attribute.period)
    key = field_key("attribute_period", attribute.period)

    def changed() -> None:
        period = st.session_state[key]
        change.updated(key, period=period, ttl=None if period else change.attribute.ttl)

    st.selectbox(
        "Over",
        options,
        index=options.index(attribute.period),
        format_func=lambda each: "all time" if each is None else f"the last {duration_text(each)}",
        key=key,
        on_change=changed,
        help="A rolling window: an event stops counting when it is older than this.",
    )


# Criteria


def _rows(attribute: Any) -> tuple[str, list[Any]]:
    """Whether all or any of the criteria must be true, and the criteria."""
    criteria = attribute.criteria
    if criteria is None:
        return "all", []
    return ("any", list(criteria.any)) if criteria.any else ("all", list(criteria.all or []))


def _show_criteria(change: _Change, attribute: Any, fields: list[Field]) -> None:
    criteria = attribute.criteria
    if criteria is not None and criteria.all and criteria.any:
        st.caption("Its criteria combine all and any. Edit them in the Python.")
        return
    together, rows = _rows(attribute)
    if rows:
        _show_together(change, together)
    for at, row in enumerate(rows):
        _show_criterion(change, at, row, fields)
    first = sdk.Criterion(property=fields[0].property, operator="is not null")
    st.button(
        "Add a condition" if rows else "Only events where…",
        key="add_criterion",
        icon=":material/filter_alt:",
        on_click=lambda: _with_rows(change, [*_rows(change.attribute)[1], first]),
    )


def _without_other_criteria(attribute: Any, fields: list[Field]) -> Any:
    """The attribute without conditions on properties that are not among these fields."""
    together, rows = _rows(attribute)
    known = [each for each in rows if (field := field_of(each.property, fields)) and field.kind]
    if len(known) == len(rows):
        return attribute
    return attribute.model_copy(update={"criteria": _criteria(together, known)})


def _criteria(together: str, rows: list[Any]) -> Any:
    return sdk.Criteria.model_validate({together: rows}) if rows else None


def _with_rows(change: _Change, rows: list[Any], key: str = "", together: str = "") -> None:
    together = together or _rows(change.attribute)[0]
    criteria = _criteria(together, rows)
    change.to(key, change.attribute.model_copy(update={"criteria": criteria}))


def _show_together(change: _Change, together: str) -> None:
    key = field_key("criteria_together", together)
    words = {"all": "all of these are true", "any": "at least one is true"}
    st.radio(
        "Only events where",
        tuple(words),
        index=list(words).index(together),
        format_func=lambda each: words[each],
        key=key,
        horizontal=True,
        on_change=lambda: _with_rows(
            change, _rows(change.attribute)[1], key, st.session_state[key]
        ),
    )


def _show_criterion(change: _Change, at: int, row: Any, fields: list[Field]) -> None:
    field = field_of(row.property, fields) or fields[0]
    by_label = {each.label: each for each in (field, *fields)}
    shown = {"field": field.label, "operator": row.operator, "value": words_of(row.value)}
    keys = {part: field_key(f"criterion_{part}_{at}", is_) for part, is_ in shown.items()}

    def changed() -> None:
        chosen = by_label[st.session_state[keys["field"]]]
        operator = st.session_state[keys["operator"]]
        typed = st.session_state.get(keys["value"]) or ""
        value = None if operator in UNARY else value_of(typed, operator, chosen.kind)
        fields = {"property": chosen.property, "operator": operator, "value": value}
        rows = _rows(change.attribute)[1]
        rows[at] = rows[at].model_copy(update=fields)
        _with_rows(change, rows, keys["value"])

    def removed() -> None:
        rows = _rows(change.attribute)[1]
        _with_rows(change, [*rows[:at], *rows[at + 1 :]])

    hidden: Any = {"label_visibility": "collapsed", "on_change": changed}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        labels, operators = list(by_label), CRITERIA.index(row.operator)
        st.selectbox("Field", labels, key=keys["field"], width=150, **hidden)
        has_value = row.operator not in UNARY
        width = 88 if has_value else 130
        st.selectbox("is", CRITERIA, operators, key=keys["operator"], width=width, **hidden)
        if has_value:
            st.text_input("Value", shown["value"], key=keys["value"], width=76, **hidden)
        rows = len(_rows(change.attribute)[1])
        # Its key changes with each removal, so that a double click removes one.
        _show_removal(f"remove_criterion_{at}_of_{rows}", removed)
    show_field_problem(keys["value"])
    if field.kind in (INTEGER, NUMBER) and row.operator not in PATTERNS:
        show_no_number(field.label, row.value)


def _show_removal(key: str, removed: Callable[[], None]) -> None:
    st.button("", key=key, icon=":material/close:", type="tertiary", on_click=removed, help=REMOVE)


def value_of(typed: str, operator: str, kind: str) -> Any:
    """The typed text, as the kind of value that it is compared with."""
    if operator in ("in", "not in"):
        return [value_of(each.strip(), "=", kind) for each in typed.split(",") if each.strip()]
    if operator in PATTERNS or kind in ("text", "date"):
        return typed
    if typed in ("true", "false") and kind not in ("integer", "number"):
        return typed == "true"
    for number in (int, float):
        try:
            return number(typed)
        except ValueError:
            continue
    return typed


def show_no_number(name: str, value: Any) -> None:
    """Warn where a number is compared with text, which has no meaning."""
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, str) for each in values):
        st.markdown(
            f":orange[:material/warning: {code(name)} is a number. Compare it with a number.]"
        )


def words_of(value: Any) -> str:
    """A value as somebody would type it."""
    if isinstance(value, list):
        return ", ".join(map(words_of, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
