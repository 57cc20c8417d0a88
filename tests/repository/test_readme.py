"""The README is true: what it names exists, and what exists is named."""

import json
import re
from pathlib import Path

from lib.connection.settings import KEYS
from lib.demo.checks import LENGTHS, NAMES
from lib.sandbox.__main__ import parser
from lib.snowplow import tracking
from lib.snowplow.definitions import COUNT, PRIORITY, Names, Plan, intervention

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
SANDBOX = (ROOT / "docs/sandbox.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def section(document: str, heading: str) -> str:
    return f"\n{document}".split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(document: str, heading: str) -> list[str]:
    """The first column of the first table under a heading."""
    return re.findall(r"^\| `([^`]+)`", section(document, heading), re.MULTILINE)


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


def test_the_names_that_the_app_publishes_and_tracks_are_said():
    plan = Plan(owner="you@example.com", vendor="com.example")
    (criterion,) = intervention(plan).criteria.any
    said = section(SETTINGS, "## Names")
    names = {*re.findall(r"`([^`]+)`", said)}

    assert {Names().group, Names().service, Names().intervention, COUNT, PRIORITY} <= names
    assert {tracking.NAMESPACE, tracking.APP_ID} <= names
    assert f"a count of {criterion.value} or more" in said and plan.period.days == 7
    for schema in (name for name in names if name.startswith("iglu:")):
        definition = json.loads((ROOT / "lib/schemas" / schema.removeprefix("iglu:")).read_text())
        assert {*definition["properties"]} <= names


def test_the_keys_that_others_use_are_said_and_are_in_the_code():
    code = "\n".join(
        path.read_text() for folder in ("lib/ui", "pages") for path in (ROOT / folder).glob("*.py")
    )
    table = section(CONTRIBUTING, "## Drive the app from a program")
    keys = re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| `.+?\|", table, re.MULTILINE)))
    assert keys == [
        "complete_task",
        "complete_",
        "reset_board",
        "new_user",
        "publish",
        "unpublish",
        "threshold",
    ]
    assert [key for key in keys if f'key="{key}' not in code and f'key=f"{key}' not in code] == []


def test_the_table_of_demo_profiles_names_every_field_and_its_length():
    table = section((ROOT / "docs/profiles.md").read_text(), "# Demo profiles")
    lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    fields = {name: line[-1] for line in lines for name in re.findall(r"`(\w+)`", line[0])}
    assert [*fields] == list(NAMES)
    assert {name: int(fields[name].split()[0]) for name in LENGTHS} == LENGTHS
