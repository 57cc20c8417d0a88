"""What a draft would compute: its groups over recent events, and its rules for any values."""

import json
import math
from datetime import timedelta
from functools import partial
from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.diagnosis.schema_form import TYPED_AT_MOST
from lib.snowplow.criteria import is_number
from lib.snowplow.preview import PreviewRow, preview_rows
from lib.studio.edits import Draft
from lib.studio.identifiers import reads_user_ids
from lib.studio.registry import attributes_in
from lib.studio.what_if import rule_parts
from lib.text import code, duration_text, plain
from lib.ui import session
from lib.ui.draft import draft
from lib.ui.elements import show_problem
from lib.ui.fields import key_to_show
from lib.ui.live_values import cell
from lib.ui.rule_tree import show_tree
from lib.world.participant import Participant

JOB = "draft_preview"
TYPED = "what_if"  # by attribute
LIFETIME = timedelta(days=30)
IS_MET = {True: "yes", False: "no", None: "unknown"}
Previewed = list[tuple[sdk.AttributeGroup, timedelta, list[PreviewRow]]]


def can_preview(participant: Participant) -> bool:
    """Whether a preview may be asked for now. It costs the account's owner money."""
    job = participant.jobs.find(JOB)
    return session.account_ban() is None and (job is None or job.is_done)


def start_draft_preview(participant: Participant) -> None:
    """Ask what the groups of the draft would compute. For a button's callback."""
    definitions = draft()  # leaving a field for the button may just have changed it
    shows_secrets = session.is_guest() and reads_user_ids(definitions)
    if can_preview(participant) and not shows_secrets:
        job = participant.jobs.start(JOB, partial(_previewed, participant, definitions))
        st.session_state["draft_previewed"] = (participant.world, definitions, job)
        job.wait()


def _previewed(participant: Participant, definitions: Draft) -> Previewed:
    mine = participant.identifiers
    rules = [each.criteria for each in definitions if isinstance(each, sdk.RuleIntervention)]
    found: Previewed = []
    for each in definitions:
        if isinstance(each, sdk.AttributeGroup) and each.attributes:
            periods = [one.period for one in each.attributes if one.period]
            window = max(periods, default=LIFETIME)
            identifier = mine.get(str(each.attribute_key.name), "")
            criteria = next((rule for rule in rules if _is_about(rule, str(each.name))), None)
            rows = preview_rows(participant.signals, each, criteria, identifier, window)
            found.append((each, window, rows))
    return found


def _is_about(criteria: Any, group: str) -> bool:
    """Whether a rule names this group and no other."""
    return {name.partition(":")[0] for name in attributes_in(criteria)} == {group}


def show_draft_preview(participant: Participant) -> None:
    """The last preview of this draft, unless the draft changed since."""
    world, previewed, job = st.session_state.get("draft_previewed", (None, None, None))
    if job is None or (world, previewed) != (participant.world, draft()):
        return
    if not job.is_done:
        st.info("Signals was asked for a preview.", icon=":material/hourglass_top:")
    elif job.problem is not None:
        show_problem(job.problem)
    elif not job.result:
        st.caption("There is no attribute group in this draft, so there is nothing to preview.")
    else:
        for group, window, rows in job.result:
            _show_rows(group, window, rows)


def _show_rows(group: sdk.AttributeGroup, window: timedelta, rows: list[PreviewRow]) -> None:
    with st.container(border=True):
        st.markdown(f"**Preview of {code(group.name)}**")
        if all(row.is_empty for row in rows):
            st.caption(f"None of the events of the last {duration_text(window)} would count.")
            return
        has_rule = any(row.is_met is not None for row in rows)
        st.dataframe(
            [
                {
                    str(group.attribute_key.name): row.who,
                    **{name: cell(value) for name, value in row.values.items()},
                    **({"nudged": IS_MET[row.is_met]} if has_rule else {}),
                }
                for row in rows
            ],
            hide_index=True,
            alt=f"What the attributes of {group.name} would be",
        )
        st.caption(
            f"From the events of the last {duration_text(window)}. Nothing was published. Once"
            " published, it counts from zero."
        )


# What if


def show_what_if(participant: Participant) -> None:
    """Type values and see each rule of the draft evaluated, part by part."""
    rules = [each for each in draft() if isinstance(each, sdk.RuleIntervention)]
    if not rules:
        return
    with st.expander("What if? Try the rule on any values", icon=":material/rule:"):
        rule = rules[0]
        if len(rules) > 1:
            names = [str(each.name) for each in rules]
            # By position: Streamlit would keep the rule as it was when it was chosen.
            chosen = st.selectbox(
                "Rule", range(len(rules)), format_func=names.__getitem__, key="what_if_rule"
            )
            rule = rules[chosen]
        values: dict[str, Any] = {}
        with st.grid(3, min_column_width=180):
            for name in dict.fromkeys(attributes_in(rule.criteria)):
                values[name] = _typed(_show_value(participant, name))
        show_tree(list(rule_parts(rule.criteria, values)))


def _show_value(participant: Participant, name: str) -> str:
    """The field of an attribute: what was typed there, else the value now."""
    known = _known(participant, name)
    shown = st.session_state.get(TYPED, {}).get(name, "" if known is None else str(cell(known)))
    key = key_to_show(f"what_if_{name}", shown)
    typed: str = st.text_input(
        plain(name),
        value=shown,
        key=key,
        max_chars=TYPED_AT_MOST,
        on_change=_keep_typed,
        args=(name, key),
        help="Leave it empty for no value.",
    )
    return typed


def _keep_typed(name: str, key: str) -> None:
    """Streamlit forgets fields that a run does not draw."""
    st.session_state.setdefault(TYPED, {})[name] = st.session_state[key]


def _known(participant: Participant, name: str) -> Any:
    """The value now of an attribute, `group:attribute`, if the story reads it."""
    group, _, attribute = name.partition(":")
    return participant.seen.current.get(attribute) if group == participant.names.group else None


def _typed(text: str) -> Any:
    """What somebody typed as a value: a number, true, false, a list, or text. What no attribute can
    be is text: `NaN`, and numbers beyond the range of a float."""
    if not text.strip():
        return None
    try:
        value = json.loads(text)
        is_usable = not is_number(value) or math.isfinite(value)
    except (ValueError, RecursionError, OverflowError):
        return text
    return value if is_usable else text
