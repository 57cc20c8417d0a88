"""What is imported is required, what is required is used, and all of it may be given away.

Required is what `requirements.txt` names for the app, and `requirements-dev.txt` on top of that for
the tests and tools: nothing is there only because some other package happens to need it.
"""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from email.message import Message
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
APP, DEV = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
APP_CODE = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("lib/**/*.py")]
DEV_CODE = [
    path
    for folder in ("tests", "benchmarks", ".ci")
    for path in ROOT.glob(f"{folder}/**/*.py")
    if "node_modules" not in path.parts
]
OURS = {"app", "benchmarks", "lib", "pages", "tests"}
PIN = re.compile(r"(?P<required>[\w.-]+==[\w.]+(; [^#]+)?)  # (?P<reason>.+)")

# Why each of these is required although no code of ours imports it.
APP_NOT_IMPORTED = {
    "email-validator": "pydantic imports it to check email addresses",
    "httptools": "uvicorn picks it where it is installed",
    "uvloop": "uvicorn picks it where it is installed",
}
DEV_NOT_IMPORTED = {
    "pytest-xdist": "pytest loads it as a plugin",
    "pytest-timeout": "pytest loads it as a plugin",
    "pytest-rerunfailures": "pytest loads it as a plugin",
    "httpx2": "Starlette's test client imports it",
    "mypy": "make check runs it",
    "import-linter": "make check runs it",
    "ruff": "make check runs it",
    "types-requests": "mypy reads it",
    "bandit": "make security runs it",
    "pip-audit": "make security runs it",
}

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
# As packages say it in other words than those of SPDX.
IN_WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


def lines(path: Path) -> list[str]:
    """The requirements of a file, each with its reason."""
    written = path.read_text().splitlines()
    return [line for line in written if line and not line.startswith(("#", "-r "))]


def requirements(path: Path) -> dict[str, Requirement]:
    """Those of a file that are for this machine, by name."""
    parsed = (Requirement(line.partition("  #")[0]) for line in lines(path))
    return {
        canonicalize_name(each.name): each
        for each in parsed
        if each.marker is None or each.marker.evaluate()
    }


def imported(paths: Iterable[Path]) -> set[str]:
    """The packages whose modules some files import, other than ours and Python's."""
    modules = {name for path in paths for name in imports(path.read_text())}
    providers = packages_distributions()
    others = modules - OURS - sys.stdlib_module_names
    return {canonicalize_name(name) for each in others for name in providers.get(each, [each])}


def imports(source: str) -> Iterator[str]:
    """The top-level names of the modules that some code imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


# What is imported, and what is required


def test_everything_that_the_app_imports_is_required_by_name() -> None:
    assert imported(APP_CODE) - requirements(APP).keys() == set()


def test_everything_that_is_required_the_app_imports_or_there_is_a_reason() -> None:
    assert requirements(APP).keys() - imported(APP_CODE) == APP_NOT_IMPORTED.keys()


def test_everything_that_tests_and_tools_import_is_required_by_name() -> None:
    required = requirements(APP).keys() | requirements(DEV).keys()
    assert imported(DEV_CODE) - required == set()


def test_everything_that_is_required_for_tests_is_imported_or_there_is_a_reason() -> None:
    assert requirements(DEV).keys() - imported(DEV_CODE) == DEV_NOT_IMPORTED.keys()


def test_tests_and_tools_require_nothing_that_the_app_requires_too() -> None:
    assert "-r requirements.txt" in DEV.read_text().splitlines()
    assert requirements(DEV).keys() & requirements(APP).keys() == set()


def test_an_import_is_found_wherever_it_stands() -> None:
    source = "import os.path\ndef f():\n    from one.two import three\n    import four as five"
    assert set(imports(source)) == {"os", "one", "four"}


# Pins


@pytest.mark.parametrize("path", [APP, DEV], ids=["app", "dev"])
def test_every_requirement_is_pinned_and_says_what_it_is_for(path: Path) -> None:
    assert lines(path)
    assert [line for line in lines(path) if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize(
    "line", ["one>=1.0  # a reason", "one==1.*  # a reason", "one==1.0", "one"]
)
def test_a_requirement_without_a_pin_or_a_reason_is_noticed(line: str) -> None:
    assert not PIN.fullmatch(line)


@pytest.mark.parametrize("path", [APP, DEV], ids=["app", "dev"])
def test_what_is_installed_is_what_is_pinned(path: Path) -> None:
    wrong = [
        f"{required}, but {version(name)} is installed"
        for name, required in requirements(path).items()
        if not required.specifier.contains(version(name))
    ]
    assert wrong == []


# Licences


def everything_installed_for(required: Iterable[Requirement]) -> dict[str, Message]:
    """The metadata of packages and of all that they need in turn, by name."""
    found: dict[str, Message] = {}
    waiting = list(required)
    while waiting:
        each = waiting.pop()
        name = canonicalize_name(each.name)
        key = f"{name}[{','.join(sorted(each.extras))}]"
        if key in found:
            continue
        package = distribution(name)
        found[key] = package.metadata
        waiting += needed(package.requires or [], each.extras)
    return {key.partition("[")[0]: metadata for key, metadata in found.items()}


def needed(required: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    """What a package needs here, with extras of it."""
    for each in map(Requirement, required):
        if each.marker is None or any(
            each.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            yield each


def licences(metadata: Message) -> set[str]:
    """All that a package names: in an expression, else in its classifiers, else as a text."""
    if expression := metadata.get("License-Expression"):
        return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}
    classifiers = metadata.get_all("Classifier", [])
    named = {each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")}
    first_line = metadata.get("License", "").strip().partition("\n")[0]
    return {IN_WORDS.get(each, each) for each in named or {first_line}}


def test_every_package_that_the_app_needs_has_a_permissive_licence() -> None:
    packages = everything_installed_for(requirements(APP).values())
    assert {"streamlit", "pandas", "protobuf", "h11"} <= packages.keys()
    named = {name: licences(metadata) for name, metadata in packages.items()}
    assert {name: each for name, each in named.items() if not each <= PERMISSIVE} == {}


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (
            {"License-Expression": "MPL-2.0 AND (Apache-2.0 OR MIT)"},
            {"MPL-2.0", "Apache-2.0", "MIT"},
        ),
        ({"License-Expression": "GPL-3.0-or-later"}, {"GPL-3.0-or-later"}),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, {"BSD-3-Clause"}),
        ({"Classifier": "License :: Other/Proprietary License"}, {"Other/Proprietary License"}),
        ({"Classifier": "Framework :: AnyIO", "License": "MIT\nmore"}, {"MIT"}),
        ({"Name": "silent"}, {""}),
    ],
)
def test_licences_are_read_from_where_a_package_names_them(
    headers: dict[str, str], found: set[str]
) -> None:
    metadata = Message()
    for name, value in headers.items():
        metadata[name] = value
    assert licences(metadata) == found


# Pins that are behind


@pytest.fixture
def outdated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("outdated", ROOT / ".ci" / "outdated.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pip_that_chooses(versions: dict[str, str]) -> Any:
    """As `subprocess.run` of a pip that would install these."""

    def run(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
        chosen = [{"metadata": {"name": name, "version": versions[name]}} for name in versions]
        Path(command[command.index("--report") + 1]).write_text(json.dumps({"install": chosen}))
        return subprocess.CompletedProcess(command, 0)

    return run


def pins() -> dict[str, str]:
    return {
        canonicalize_name(name): pinned
        for path in (APP, DEV)
        for name, pinned in re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Every pin is the newest that goes with the others.\n"),
        (
            {"ruff": "9.9", "PyJWT": "8.8"},
            f"requirements.txt: PyJWT=={pins()['pyjwt']} could be 8.8\n"
            f"requirements-dev.txt: ruff=={pins()['ruff']} could be 9.9\n",
        ),
    ],
    ids=["none", "two"],
)
def test_pins_that_are_behind_are_named_with_what_they_could_be(
    outdated: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    said: str,
) -> None:
    monkeypatch.setattr(outdated.subprocess, "run", pip_that_chooses({**pins(), **changed}))
    assert (outdated.main(), capsys.readouterr().out) == (0, said)


def test_pip_that_cannot_choose_fails(
    outdated: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(outdated.subprocess, "run", lambda command: failed)
    assert (outdated.main(), capsys.readouterr().out) == (1, "")
