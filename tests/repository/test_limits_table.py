"""SECURITY.md's tables of limits have every limit that the code has, with its value."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lib.sandbox import limits
from lib.sandbox.limits import Limits
from lib.ui import route_limits
from lib.world import app_file, app_state, event_feed, outbox
from lib.world.pace import PACES

SECURITY = (Path(__file__).parent.parent.parent / "SECURITY.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| ([\d,.]+) \|(?: ([\d,.]+) \|)?", re.MULTILINE)


def rows(title: str) -> dict[str, tuple[float, ...]]:
    """The numbers in the table below a title, by the names in its first column."""
    table = SECURITY.split(f"**{title}**", 1)[1].split("\n\n", 2)[1]
    return {
        name: tuple(float(number.replace(",", "")) for number in numbers if number)
        for name, *numbers in ROW.findall(table)
    }


def test_every_limit_of_the_sandbox_s_server_is_in_a_table_with_its_value() -> None:
    titles = (
        "What one request may be",
        "What an event may be",
        "What a definition may be",
        "What a server holds",
    )
    named = {name: numbers for title in titles for name, numbers in rows(title).items()}
    constants = {name: (value,) for name, value in vars(limits).items() if name.isupper()}
    assert named == constants


def test_every_limit_of_one_sandbox_is_in_the_table_with_its_value() -> None:
    numbers = {each.name: (each.default,) for each in fields(Limits) if each.name != "per_address"}
    assert rows("What one sandbox may use of a server that many share") == numbers


def test_every_limit_of_what_the_app_keeps_is_in_the_table_with_its_value() -> None:
    constants = {
        name: (value,)
        for module in (app_file, app_state, event_feed, outbox)
        for name, value in vars(module).items()
        if re.fullmatch(r"[A-Z]+_(AT_MOST|BYTES|KEPT)", name)
    }
    assert rows("What the app keeps of its users") == constants


def test_every_limit_of_the_app_s_own_address_is_in_the_table_with_its_value() -> None:
    constants = {
        name: value if isinstance(value, tuple) else (value,)
        for name, value in vars(route_limits).items()
        if name.isupper()
    }
    assert rows("What code may ask of the app's own address") == constants


@pytest.mark.parametrize("kind", PACES)
def test_every_pace_of_a_visitor_is_in_the_table_with_its_numbers(kind: str) -> None:
    found = rows("How fast one visitor may go")
    assert found.keys() == PACES.keys()
    assert found[kind] == (PACES[kind].a_second, PACES[kind].at_once)
