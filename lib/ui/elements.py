"""Streamlit elements that several pages share: code, values, problems."""

from typing import Any

import streamlit as st

from lib.connection.explanations import Explanation
from lib.connection.settings import SettingsError
from lib.snowplow.criteria import is_number
from lib.text import plain
from lib.world.history import Change


def show_code(text: str) -> None:
    """Code to read and to copy, without colors: Streamlit's have a contrast of 2 to 3, where WCAG
    asks for 4.5."""
    st.code(text, language=None, wrap_lines=True)


def number_or_words(value: Any) -> float | str:
    """A value as a metric accepts it: numbers with few decimals, lists and counts in words."""
    if is_number(value):
        return round(value, 4) if isinstance(value, float) else value
    if isinstance(value, dict):
        return plain(", ".join(f"{name} {count}" for name, count in value.items()))
    if isinstance(value, list):
        return plain(", ".join(map(str, value)))
    return plain(value)


def show_value(label: str, value: Any, change: Change | None, help: str | None = None) -> None:
    """The value of an attribute and its last change. The line for the change is there from the
    start, so that nothing moves later."""
    if change is None:
        delta: float | str = "no value yet"
    elif change.before is None:
        delta = change.after if is_number(change.after) else "first value"
    elif is_number(change.after) and is_number(change.before):
        delta = change.after - change.before
    else:
        delta = f"was {number_or_words(change.before)}"
    is_count = not isinstance(delta, str)
    st.metric(
        label,
        None if value is None else number_or_words(value),
        delta,
        delta_color="normal" if is_count else "off",
        delta_arrow="auto" if is_count else "off",
        delta_description=f"{change.tstamp:%H:%M:%S} UTC" if change and is_count else None,
        help=help,
    )


def show_problem(problem: Explanation) -> None:
    """What went wrong and what to do about it."""
    st.error(plain(problem.advice), title=plain(problem.message), icon=":material/error:")


def show_settings_problems(error: SettingsError) -> None:
    """Every mistake in the settings, and nothing else: the app cannot start with one."""
    st.title("Almost there", anchor=False)
    messages: dict[str, list[str]] = {}
    for problem in error.problems:
        messages.setdefault(problem.fix, []).append(problem.message)
    lines = [f"- {plain(' '.join(each))} {plain(fix)}" for fix, each in messages.items()]
    st.error(
        "\n".join(lines),
        title="The settings need a correction before the app can start",
        icon=":material/settings_alert:",
    )
    st.caption(
        "Settings come from st.secrets, else the environment, else .env. Reload the page when done."
        " If you changed the environment, start the app again."
    )
