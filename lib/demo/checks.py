"""Checks whether what somebody entered, pasted or linked to is a demo profile, field by field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from lib.demo.colors import accent_problem
from lib.demo.demo_profile import (
    DEFAULT,
    ITEMS_IN_A_ROUND,
    PLACEHOLDERS,
    DemoProfile,
    Item,
    ProfileError,
)
from lib.demo.pictures import logo_problem
from lib.project import PRIORITIES
from lib.text import visible_line

# The longest text of each field: what fits where it is shown.
LENGTHS = {
    "product": 30,
    "project": 60,
    "plan": 24,
    "item": 24,
    "items": 24,
    "action": 30,
    "goal": 50,
    "counted": 30,
    "add": 30,
    "again": 40,
    "todo": 24,
    "in_progress": 24,
    "done": 24,
    "priority": 20,
    "low": 16,
    "medium": 16,
    "high": 16,
    "due": 8,
    "mine": 8,
    "headline": 80,
    "message": 200,
    "button": 40,
    "accepted": 140,
}
TITLE_AT_MOST = 60
THRESHOLD_AT_MOST = 20
CARDS_AT_LEAST = 3
CARDS_AT_MOST = 2 * ITEMS_IN_A_ROUND
EVENT = re.compile(r"[a-zA-Z0-9_-]{1,100}")
VENDOR = re.compile(r"[a-zA-Z0-9_.-]{0,100}")
VIEWS = ("page_view", "screen_view")
NAMES_OF_EVENT = ("event", "vendor")  # each is checked with the other
# Vendors whose schemas exist already: the app's own, and Snowplow's.
TAKEN = re.compile(r"com\.example|com\.snowplowanalytics(\..*)?")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
MAY_BE_EMPTY = ("due", "mine")
WITH_PLACEHOLDERS = ("goal", "headline", "message")
VENDOR_MISSING = "An event of your own needs the vendor of its schema, such as com.fjordandfell."
NAMES = tuple(each.name for each in fields(DemoProfile))


def checked(values: Mapping[str, Any]) -> DemoProfile:
    """The profile with these fields; those that are missing are the project tool's.

    Raises `ProfileError` with a sentence for each invalid field.
    """
    problems = {
        str(name)[:40]: f"There is no field called {str(name)[:40]!r} in a profile."
        for name in values
        if name not in NAMES
    }
    cleaned: dict[str, Any] = {}
    for name in NAMES:
        value = values.get(name, getattr(DEFAULT, name))
        try:
            cleaned[name] = _checked_field(name, value)
        except ValueError as error:
            problems[name] = str(error)
    if cleaned.get("vendor") == "" and cleaned.get("event", DEFAULT.event) != DEFAULT.event:
        problems.setdefault("vendor", VENDOR_MISSING)
    if problems:
        raise ProfileError(problems)
    return DemoProfile(**cleaned)


def checked_or(
    values: Mapping[str, Any], fallback: DemoProfile
) -> tuple[DemoProfile, dict[str, str]]:
    """The profile with these fields, with another's in place of invalid ones; and why they are
    invalid."""
    try:
        return checked(values), {}
    except ProfileError as error:
        wrong = {*error.problems}
        wrong |= {*NAMES_OF_EVENT} if wrong & {*NAMES_OF_EVENT} else set()
        sound = {name: value for name, value in values.items() if name not in wrong}
        return checked({**asdict(fallback), **sound}), error.problems


def different_fields(profile: DemoProfile) -> dict[str, Any]:
    """The fields that differ from the project tool, for `checked`."""
    usual = asdict(DEFAULT)
    return {name: value for name, value in asdict(profile).items() if value != usual[name]}


def _checked_field(name: str, value: Any) -> Any:
    """The value of a field, tidied. Raises `ValueError` in words for the person."""
    if name == "cards":
        return _checked_cards(value)
    if name == "threshold":
        return _checked_threshold(value)
    if not isinstance(value, str):
        raise ValueError("This must be text.")
    if name == "logo":
        return _sound(value.strip(), logo_problem(value.strip()))
    if name == "accent":
        color = value.strip().lower()
        return _sound(color, accent_problem(color))
    if name == "language":
        return _sound(value.strip(), _language_problem(value.strip()))
    if name in NAMES_OF_EVENT:
        return _sound(value.strip(), _event_problem(name, value.strip()))
    if name in MAY_BE_EMPTY and not visible_line(value):
        return ""
    text = _checked_text(value, LENGTHS[name])
    if name in WITH_PLACEHOLDERS:
        _check_placeholders(text)
    return text


def _sound(value: str, problem: str | None) -> str:
    if problem is not None:
        raise ValueError(problem)
    return value


def _checked_text(value: Any, at_most: int) -> str:
    if not isinstance(value, str):
        raise ValueError("This must be text.")
    text = visible_line(value[: 20 * at_most])
    if not text:
        raise ValueError("This needs at least one character.")
    if len(text) > at_most:
        raise ValueError(f"At most {at_most} characters; this has {len(text)}.")
    return text


def _check_placeholders(text: str) -> None:
    for name in re.findall(r"\{(\w*)\}", text):
        if name not in PLACEHOLDERS:
            *known, last = [f"{{{each}}}" for each in PLACEHOLDERS]
            raise ValueError(f"{{{name}}} is not a placeholder. Use {', '.join(known)} or {last}.")


def _language_problem(value: str) -> str | None:
    if LANGUAGE.fullmatch(value):
        return None
    return f"{value[:20]!r} is not a language tag. Use one such as en, de or pt-BR."


def _event_problem(name: str, value: str) -> str | None:
    if name == "event" and not EVENT.fullmatch(value):
        return "An event's name has letters, digits, hyphens and underscores, like product_added."
    if value in VIEWS:
        return f"Opening the board tracks {value}. Choose another name."
    if name == "vendor" and not VENDOR.fullmatch(value):
        return "A vendor has letters, digits, dots, hyphens and underscores, like com.fjordandfell."
    if name == "vendor" and TAKEN.fullmatch(value):
        return f"{value[:40]} is reserved. Use a vendor of your own, or none for the app's."
    return None


def _checked_threshold(value: Any) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= THRESHOLD_AT_MOST:
        raise ValueError(f"A whole number from 1 to {THRESHOLD_AT_MOST}.")
    return int(value)


def _checked_cards(value: Any) -> tuple[Item, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("This must be a list of cards.")
    if not CARDS_AT_LEAST <= len(value) <= CARDS_AT_MOST:
        raise ValueError(
            f"A board starts with {CARDS_AT_LEAST} to {CARDS_AT_MOST} cards; this has {len(value)}."
        )
    return tuple(_checked_card(number, each) for number, each in enumerate(value, 1))


def _checked_card(number: int, value: Any) -> Item:
    if isinstance(value, Item):
        value = asdict(value)
    is_known = isinstance(value, Mapping) and {*value} <= {"title", "priority"}
    if not is_known or value.get("priority", "medium") not in PRIORITIES:
        raise ValueError(f"Card {number} needs a title and a priority: low, medium or high.")
    try:
        title = _checked_text(value.get("title"), TITLE_AT_MOST)
    except ValueError as error:
        raise ValueError(f"Card {number}: {error}") from None
    return Item(title, value.get("priority", "medium"))
