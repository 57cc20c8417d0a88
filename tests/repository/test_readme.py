"""The README is true: what it names exists, and what exists is named."""

import re
from pathlib import Path

from lib.connection.settings import KEYS
from lib.sandbox.__main__ import parser

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
SANDBOX = (ROOT / "docs/sandbox.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def rows(document: str, heading: str) -> list[str]:
    """The first column of the first table under a heading."""
    section = f"\n{document}".split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_the_readme_is_short_enough_to_be_read():
    assert len(README.splitlines()) <= 120


def test_the_settings_table_names_every_setting():
    assert rows(SETTINGS, "# Settings") == list(KEYS)


def test_the_secrets_example_names_every_setting():
    example = (ROOT / ".streamlit/secrets.toml.example").read_text()
    assert [key for key in KEYS if key not in example] == []


def test_the_pages_table_names_every_page():
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert {page.strip("/") or "board" for page in rows(README, "## Pages")} == pages


def test_every_option_of_the_sandbox_command_is_named():
    options = {
        option
        for action in parser()._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }
    assert {option for option in options if option not in SANDBOX} == set()


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    named = f"{README} {CONTRIBUTING}"
    targets = set(re.findall(r"`make (\w+)|^make (\w+)", named, re.MULTILINE))
    targets = {name for each in targets for name in each if name}
    public = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert targets == public - {"browser"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_file_that_is_named_exists():
    named = re.findall(r"`((?:lib|pages|\.streamlit)/[\w./]*)`", README)
    may_be_absent = {".streamlit/secrets.toml"}
    assert [
        path for path in named if not (ROOT / path).exists() and path not in may_be_absent
    ] == []
