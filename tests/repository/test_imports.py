"""The rule of imports holds: `make check` fails when somebody imports against it.

Of tests/ only tests/support is imported, and only by tests, benchmarks and scripts. Nothing imports
benchmarks but themselves.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
AGAINST_THE_RULE = {
    "a room imports one before it": ("lib/world/outbox.py", "lib.people.room"),
    "people and story import each other": ("lib/story/acts.py", "lib.people.crowd"),
    "snowplow imports the connection": ("lib/snowplow/tracking.py", "lib.connection.account"),
    "logic imports Streamlit": ("lib/people/room.py", "streamlit"),
    "a page's room imports the sandbox": ("lib/ui/elements.py", "lib.sandbox.limits"),
    "the sandbox imports the app": ("lib/sandbox/clock.py", "lib.text"),
    "the sandbox imports the studio": ("lib/sandbox/clock.py", "lib.studio"),
    "storage imports the server": ("lib/sandbox/storage/store.py", "lib.sandbox.server.app"),
}


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=project, capture_output=True, text=True
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the code, and of the rule."""
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_make_check_looks_at_the_imports() -> None:
    (recipe,) = (
        each for each in (ROOT / "Makefile").read_text().split("\n\n") if each.startswith("check:")
    )
    assert "lint-imports" in recipe


def test_the_code_keeps_the_rule(project: Path) -> None:
    assert lint(project).returncode == 0


@pytest.mark.parametrize(("file", "module"), AGAINST_THE_RULE.values(), ids=AGAINST_THE_RULE)
def test_an_import_against_the_rule_is_refused(project: Path, file: str, module: str) -> None:
    path = project / file
    path.write_text(f"{path.read_text()}\nimport {module}\n")

    told = lint(project)

    assert told.returncode != 0
    assert module in told.stdout and "BROKEN" in told.stdout


def test_a_room_that_the_rule_does_not_name_is_refused(project: Path) -> None:
    (project / "lib" / "attic.py").write_text('"""A room that nobody gave a place."""\n')
    told = lint(project)
    assert told.returncode != 0 and "attic" in told.stdout


def test_of_libraries_snowplow_imports_the_sdks_alone() -> None:
    files = [*(ROOT / "lib/snowplow").glob("*.py")]
    found = {name.split(".")[0] for each in files for name in imports(each)}
    assert found - sys.stdlib_module_names == {"lib", "snowplow_signals", "snowplow_tracker"}


def test_pages_reach_the_sandbox_over_http_alone() -> None:
    files = [ROOT / "app.py", ROOT / "frame.py", *(ROOT / "pages").glob("*.py")]
    names = [name for each in files for name in imports(each)]
    assert names
    assert [name for name in names if f"{name}.".startswith("lib.sandbox.")] == []


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, with the names that it takes from each."""
    for each in ast.walk(ast.parse(path.read_text())):
        if isinstance(each, ast.Import):
            yield from (name.name for name in each.names)
        elif isinstance(each, ast.ImportFrom):
            assert not each.level, f"{path} imports relative to itself"
            yield from (f"{each.module}.{name.name}" for name in each.names)


def of_tests(path: Path) -> list[str]:
    """What a file imports of tests/ that is not shared. `test_` begins the name of a test."""
    found = [name for name in imports(path) if f"{name}.".startswith("tests.")]
    return [
        name
        for name in found
        if not name.startswith("tests.support.") or name.split(".")[2].startswith("test_")
    ]


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "docs", ".ci"])
def test_no_test_is_imported_and_what_is_shared_is_in_support(folder: str) -> None:
    files = [each for each in (ROOT / folder).rglob("*.py") if "node_modules" not in each.parts]
    assert files
    found = {str(each.relative_to(ROOT)): of_tests(each) for each in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("folder", ["lib", "pages"])
def test_the_app_imports_nothing_of_its_tests(folder: str) -> None:
    names = [name for each in (ROOT / folder).rglob("*.py") for name in imports(each)]
    assert names
    assert [name for name in names if name.split(".")[0] == "tests"] == []


@pytest.mark.parametrize("folder", ["lib", "pages", "tests", "docs", ".ci"])
def test_nothing_but_benchmarks_imports_benchmarks(folder: str) -> None:
    files = [each for each in (ROOT / folder).rglob("*.py") if "node_modules" not in each.parts]
    names = [name for each in files for name in imports(each)]
    assert [name for name in names if name.split(".")[0] == "benchmarks"] == []


@pytest.mark.parametrize(
    "line",
    [
        "from tests.pages.test_board import count",
        "from tests.support.test_sessions import visit",
        "from tests.support import test_sessions",
        "import tests.conftest",
        "from tests import pages",
    ],
)
def test_an_import_of_a_test_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "test_new.py").write_text(f"from tests.support.steps import click\n{line}\n")
    assert len(of_tests(tmp_path / "test_new.py")) == 1
