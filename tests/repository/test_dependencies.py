"""Each requirement has a reason, and the pins leave no version open.

deptry checks that imports and requirements match (`make check`), and pip-licenses that licences are
allowed (`make security`).
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
REASONED = ("requirements.in", "requirements-dev.in")
PINS = ("requirements.txt", "requirements-dev.txt")
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)(; [^#]+)?  # (?P<reason>.+)")
APP = ("*.py", "lib/**/*.py", "pages/*.py")
NOT_THE_APP = (
    "tests/**/test_*.py",
    "tests/support/*.py",
    "benchmarks/*.py",
    "docs/*.py",
    ".ci/*.py",
)
IMPORT = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<marker> ; .+)?")


def lines(path: str) -> list[str]:
    written = (ROOT / path).read_text().splitlines()
    return [line for line in written if line and not line.startswith(("#", "-", " "))]


def canonical(name: str) -> str:
    """A package's name as PyPI compares it: https://peps.python.org/pep-0503/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(path: str) -> dict[str, set[str]]:
    """The versions of each package; several where they differ between Pythons."""
    found: dict[str, set[str]] = {}
    for line in lines(path):
        match = PIN.fullmatch(line)
        assert match, line
        found.setdefault(canonical(match["name"]), set()).add(match["version"])
    return found


@pytest.mark.parametrize("path", REASONED)
def test_every_requirement_has_an_exact_version_and_a_reason(path: str) -> None:
    assert lines(path)
    assert [line for line in lines(path) if not REQUIREMENT.fullmatch(line)] == []


@pytest.mark.parametrize(
    "line", ["one>=1.0  # a reason", "one==1.*  # a reason", "one==1.0", "one"]
)
def test_requirement_without_an_exact_version_or_a_reason_is_rejected(line: str) -> None:
    assert not REQUIREMENT.fullmatch(line)


@pytest.mark.parametrize(("reasoned", "pins"), [*zip(REASONED, PINS, strict=True)])
def test_every_requirement_is_among_the_pins(reasoned: str, pins: str) -> None:
    required = (REQUIREMENT.fullmatch(line) for line in lines(reasoned))
    versions = {canonical(each["name"]): each["version"] for each in required if each}
    locked = pinned(pins)
    assert {name: version for name, version in versions.items() if locked[name] != {version}} == {}


def test_pins_serve_every_system_and_python_and_dependabot_can_tell() -> None:
    for path in PINS:
        header = (ROOT / path).read_text().partition("\n\n")[0].splitlines()[:2]
        assert header[1] == "#    make lock (uv pip compile --universal --python-version 3.11)"
    assert [line for line in lines(PINS[0]) if "sys_platform != 'win32'" in line]
    assert [line for line in lines(PINS[1]) if "sys_platform == 'win32'" in line]


def test_tests_use_the_versions_that_the_app_uses() -> None:
    app, tests = (pinned(path) for path in PINS)
    shared = app.keys() & tests.keys()
    assert {name: tests[name] for name in shared} == {name: app[name] for name in shared}


def test_what_is_installed_is_what_is_pinned() -> None:
    installed = {canonical(each.name): each.version for each in distributions()}
    locked = pinned(PINS[0]) | pinned(PINS[1])
    wrong = {
        name: installed[name]
        for name, versions in locked.items()
        if name in installed and installed[name] not in versions
    }
    assert wrong == {}
    assert len(installed.keys() & locked.keys()) > 100


def test_exceptions_from_deptry_are_required_and_not_imported() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["deptry"]
    exceptions = {canonical(name) for name in configuration["per_rule_ignores"]["DEP002"]}
    app, tests = ({canonical(line.split("==")[0]) for line in lines(path)} for path in REASONED)
    assert exceptions - app - tests == set()
    assert exceptions & app & imported(APP) == set()
    assert exceptions & tests & imported([*APP, *NOT_THE_APP]) == set()


def imported(patterns: Iterable[str]) -> set[str]:
    """The packages that files import."""
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    modules = {name for path in paths for name in IMPORT.findall(path.read_text())}
    packages = packages_distributions()
    return {canonical(name) for each in modules for name in packages.get(each, [])}


def test_dependabot_updates_every_kind_of_pin() -> None:
    configuration = (ROOT / ".github/dependabot.yml").read_text()
    kinds = re.findall(r"package-ecosystem: (\S+)", configuration)
    assert kinds == ["uv", "npm", "github-actions"]


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("LicenseRef-Proprietary", False),
        ("", False),
    ],
)
def test_package_without_an_allowed_licence_is_refused(
    tmp_path: Path, licence: str, allowed: bool
) -> None:
    package = tmp_path / "example-1.0.dist-info"
    package.mkdir()
    named = f"License-Expression: {licence}\n" if licence else ""
    (package / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: example\nVersion: 1.0\n{named}"
    )
    checked = subprocess.run(
        [Path(sys.executable).parent / "pip-licenses", "--packages", "example"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (checked.returncode == 0) == allowed, checked.stderr
    assert allowed or "not in allow-only licenses" in checked.stderr


def test_licence_is_named_wherever_people_look() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
    assert "Apache-2.0" in (ROOT / "README.md").read_text()
