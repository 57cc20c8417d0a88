"""The rule of imports holds: `make check` fails when somebody imports against it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
AGAINST_THE_RULE = {
    "a room imports one before it": ("lib/world/outbox.py", "lib.people.room"),
    "people and story import each other": ("lib/story/script.py", "lib.people.crowd"),
    "snowplow imports the connection": ("lib/snowplow/tracking.py", "lib.connection.account"),
    "logic imports Streamlit": ("lib/people/room.py", "streamlit"),
    "a page's room imports the sandbox": ("lib/ui/elements.py", "lib.sandbox.limits"),
    "the sandbox imports the app": ("lib/sandbox/clock.py", "lib.text"),
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
