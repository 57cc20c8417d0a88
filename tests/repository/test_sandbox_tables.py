"""The tables of docs/sandbox.md: a "yes" is what a test of that name shows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
TESTS = [*ROOT.glob("tests/sandbox/**/test_*.py"), *ROOT.glob("tests/foreign/**/test_*.py")]
STATES = ("yes", "no", "differently")


def rows() -> list[list[str]]:
    """The cells of the tables that compare the sandbox with Snowplow."""
    compared = DOCUMENT.partition("## What it does, and what Snowplow does")[2]
    tables = compared.partition("\nEvery event is committed")[0]
    lines = [line for line in tables.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    return [row for row in cells if row[1] not in ("sandbox", "---")]


def known() -> set[str]:
    """The names of all tests of the sandbox."""
    return {
        name
        for path in TESTS
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }


def test_every_row_says_what_the_sandbox_does_and_what_snowplow_does() -> None:
    assert len(rows()) > 30
    assert [row[0] for row in rows() if len(row) != 4 or not row[2]] == []
    assert [row[0] for row in rows() if not row[1].startswith(STATES)] == []


def test_every_yes_and_every_difference_names_a_test() -> None:
    silent = [row[0] for row in rows() if not row[1].startswith("no") and "`test_" not in row[3]]
    assert silent == []


def test_every_test_that_is_named_exists() -> None:
    named = {name for row in rows() for name in re.findall(r"`(test_\w+)`", row[3])}
    assert named - known() == set()
