"""What bandit is told to overlook is only where it was looked at (`[tool.bandit]`), and the look-up
of vulnerabilities fails for one that was found, and for nothing else."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
WITH_SQL = {"app_file.py", "app_state.py", "limited.py", "store.py"}
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE FROM|PRAGMA) ", re.ASCII)


def modules() -> list[Path]:
    return [*ROOT.glob("lib/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]


def test_sql_is_in_four_modules_only():
    found = {path.name for path in modules() if re.search(SQL, path.read_text())}
    assert found - {"tables.py"} == WITH_SQL


def test_chance_decides_only_in_the_simulated_team_and_in_when_to_try_again():
    imports = re.compile(r"^import random$", re.MULTILINE)
    found = {path.name for path in modules() if imports.search(path.read_text())}
    assert found == {"crowd.py", "interventions.py"}


# The look-up of vulnerabilities

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
UNSAFE = {"name": "unsafe", "version": "2.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "said"),
    [
        (answer(SAFE, UNKNOWN), "", 0, "pip-audit: 1 of 2 packages looked up.\n"),
        (
            answer(SAFE, UNSAFE),
            "Found 2 known vulnerabilities in 1 package",
            1,
            "pip-audit: 2 of 2 packages looked up.\n  unsafe 2.0: PYSEC-1, PYSEC-2\n",
        ),
        (answer(UNKNOWN), "", 0, "it knows none of the packages"),
        ("", "ERROR:pip_audit._cli:Connection refused", 0, "Connection refused"),
        ("", "", 0, "no answer"),
    ],
    ids=["safe", "unsafe", "unknown", "unreachable", "silent"],
)
def test_look_up_fails_for_what_it_found_only(
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdout: str,
    stderr: str,
    code: int,
    said: str,
) -> None:
    done = subprocess.CompletedProcess([], 1, stdout, stderr)
    monkeypatch.setattr(audit, "_run", lambda module, *arguments: done)
    returned, printed = audit.main(), capsys.readouterr().out
    assert (returned, said in printed) == (code, True)
    assert ("NOT CHECKED" in printed) == ("looked up" not in said)


def test_look_up_that_takes_too_long_fails_nothing(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def hang(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        if module == "pip_audit":
            raise subprocess.TimeoutExpired(module, 1)
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(audit, "_run", hang)
    assert audit.main() == 0
    assert "NOT CHECKED" in capsys.readouterr().out
