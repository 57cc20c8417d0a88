"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the project.

A step is a line that names a file and where in it, and a snippet in a fence after it. The last
fence of a recipe has the commands that show that it works.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import snowplow_signals
from pydantic import ValidationError

from tests.support.sandbox import attribute
from tests.support.waiting import PROGRAM_SECONDS

ROOT = Path(__file__).parent.parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
NOT_COPIED = (".*", "node_modules", "__pycache__", "test-results", "*.db*", "secrets.toml")
FENCE = re.compile(
    r"^(?P<line>.+)\n\n(?P<indent> *)```(?P<kind>\w+)\n(?P<code>(?s:.*?))^ *```$", re.MULTILINE
)
PLACE = re.compile(
    r"\d+\. (?:New file|In) `(?P<path>[^`]+)`"
    r"(?:, at the (?P<end>end)"
    r"|, (?P<where>before|after|instead of) (?P<ticks>`+) ?(?P<anchor>.+?) ?(?P=ticks))?"
    r"(?:, .*)?:"
)


@dataclass
class Step:
    """A snippet, and where it belongs: in a new file, at the `end` of one, or before, after or
    instead of the only line that begins with the `anchor`."""

    path: str
    where: str
    anchor: str
    snippet: str

    def follow(self, project: Path) -> None:
        """Do it. Fails the test if the place is not there, or not clear."""
        file = project / self.path
        if self.where == "new":
            assert not file.exists(), f"{self.path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.snippet)
        elif self.where == "end":
            file.write_text(f"{file.read_text()}\n\n{self.snippet}")
        else:
            file.write_text("".join(self._changed(file.read_text().splitlines(keepends=True))))

    def _changed(self, lines: list[str]) -> list[str]:
        found = [i for i, line in enumerate(lines) if line.strip().startswith(self.anchor)]
        assert len(found) == 1, f"{self.path} has {len(found)} lines that begin {self.anchor!r}"
        (at,) = found
        if self.where == "before":
            return [*lines[:at], self.snippet, *_blank_before(lines, at), *lines[at:]]
        return [*lines[: at + (self.where == "after")], self.snippet, *lines[at + 1 :]]


def _blank_before(lines: list[str], at: int) -> list[str]:
    """As many empty lines as there are before a line: what is put between keeps that distance."""
    return ["\n"] * next(i for i in range(at) if lines[at - 1 - i].strip())


@dataclass
class Recipe:
    """The steps of one recipe and its commands."""

    steps: list[Step] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def recipe(title: str) -> Recipe:
    """What CONTRIBUTING.md says under this heading. Fails the test for a step that is not clear."""
    section = CONTRIBUTING.split(f"\n### {title}\n", 1)[1].split("\n### ", 1)[0]
    found = Recipe()
    assert section.count("```") == 2 * len(FENCE.findall(section))
    for fence in FENCE.finditer(section):
        snippet = re.sub(rf"^{fence['indent']}", "", fence["code"], flags=re.M)
        if fence["kind"] == "sh":
            found.commands += snippet.splitlines()
            continue
        place = PLACE.fullmatch(fence["line"])
        assert place is not None, f"Where does this go? {fence['line']}"
        where = place["where"] or place["end"] or "new"
        found.steps.append(Step(place["path"], where, place["anchor"] or "", snippet))
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, without what running it leaves behind."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=_not_copied)
    return copy


def _not_copied(folder: str, names: list[str]) -> set[str]:
    is_kept = {".streamlit", ".gitignore"}
    return set(shutil.ignore_patterns(*NOT_COPIED)(folder, names)) - is_kept


def run(project: Path, command: str, packages: Path | None = None) -> str:
    """What a command says that is run in the copy; fails the test if it fails.

    `packages` is a folder with packages that go before the installed ones.
    """
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/python"
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    environment = ours | ({"PYTHONPATH": str(packages)} if packages else {})
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def follow(title: str, project: Path, packages: Path | None = None) -> str:
    """Follow a recipe in the copy; what its commands say."""
    found = recipe(title)
    for step in found.steps:
        step.follow(project)
    files = " ".join({each.path for each in found.steps if each.path.endswith(".py")})
    run(project, f".venv/bin/python -m ruff check {files}")
    run(project, f".venv/bin/python -m ruff format --check {files}")
    assert found.commands
    return "\n".join(run(project, f"{each} -v", packages) for each in found.commands)


def passed(said: str) -> set[str]:
    """The names of the tests that passed, as pytest said with -v."""
    return set(re.findall(r"::([\w.]+(?:\[.*\])?) PASSED", said))


@pytest.fixture
def next_sdk(tmp_path: Path) -> Path:
    """A folder with the Signals SDK as it would be if it knew the aggregation of the recipe."""
    folder = tmp_path / "packages"
    package = Path(snowplow_signals.__file__).parent
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    models = folder / package.name / "models" / "model.py"
    last_one = '        "time_since_first",\n'
    assert last_one in models.read_text()
    models.write_text(models.read_text().replace(last_one, f'{last_one}        "variance",\n'))
    return folder


def test_event_of_the_recipe_is_accepted_by_the_sandbox(project: Path) -> None:
    assert "test_reset_board_is_tracked" in passed(follow("Add an event", project))


def test_attribute_of_the_recipe_is_published_and_shown_and_breaks_nothing(project: Path) -> None:
    names = passed(follow("Add an attribute", project))
    assert {
        "test_plan_of_the_project_is_on_the_board_and_charted",
        "test_every_attribute_is_over_seven_days_by_default",
        "test_raw_answer_is_what_the_service_returned",
        "test_received_intervention_is_listed_with_all_that_it_carried",
        "test_what_was_never_seen_says_which_event_is_missing[definition0-Never seen: no"
        " `task_completed` arrived since it was published.]",
        "test_the_storys_definitions_read_as_in_the_tutorial",
        "test_the_names_that_the_app_publishes_and_tracks_are_said",
    } <= names
    assert len({step.path for step in recipe("Add an attribute").steps}) <= 3


def test_event_of_the_recipe_touches_four_files_and_a_button_would_be_the_fifth() -> None:
    assert len({step.path for step in recipe("Add an event").steps}) == 4


def test_aggregation_that_the_sdk_does_not_know_is_refused_by_its_models() -> None:
    with pytest.raises(ValidationError, match="aggregation"):
        attribute("value", "variance", type="double")


def test_aggregation_of_the_recipe_is_computed_once_the_sdk_knows_it(
    project: Path, next_sdk: Path
) -> None:
    names = passed(follow("Add an aggregation", project, next_sdk))
    assert {
        "lib.sandbox.signals.aggregations.Variance",
        "test_every_value_equals_a_recomputation_over_the_raw_events[variance-10]",
        "test_value_has_the_declared_type[variance-double-values11-0.25]",
    } <= names


def test_page_of_the_recipe_opens_and_is_in_the_readme(project: Path) -> None:
    names = passed(follow("Add a page", project))
    assert {"test_completed_task_is_in_the_history", "test_the_pages_table_names_every_page"} <= (
        names
    )


def test_contributing_has_no_other_recipes() -> None:
    recipes = CONTRIBUTING.split("\n## Recipes\n", 1)[1]
    assert re.findall(r"^### (.+)$", recipes, re.MULTILINE) == [
        "Add an event",
        "Add an attribute",
        "Add an aggregation",
        "Add a page",
    ]
