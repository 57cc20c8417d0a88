"""The supported versions of Python: the same everywhere, and preferred by `make`."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SUPPORTED = ["3.11", "3.12", "3.13", "3.14"]
IN_WORDS = f"Python {SUPPORTED[0]} to {SUPPORTED[-1]}"
ASKED = re.compile(r"(?:python3(?:\.\d+)? )+python\b")


@pytest.mark.parametrize("path", ["README.md", "requirements.in", "docs/performance.md"])
def test_documents_name_the_supported_versions(path: str) -> None:
    assert IN_WORDS in (ROOT / path).read_text()


@pytest.mark.parametrize("path", [".ci/cloud.py", ".github/workflows/ci.yml"])
def test_checks_run_on_every_supported_version(path: str) -> None:
    (listed,) = re.findall(r"[(\[]((?:\"3\.\d+\"(?:, )?)+)[)\]]", (ROOT / path).read_text())
    assert re.findall(r"3\.\d+", listed) == SUPPORTED


@pytest.mark.parametrize("path", ["Makefile", ".ci/run"])
def test_supported_versions_are_tried_before_plain_python(path: str) -> None:
    (asked,) = ASKED.findall((ROOT / path).read_text())
    *supported, unversioned, last = asked.split()
    assert sorted(supported) == [f"python{version}" for version in SUPPORTED]
    assert (unversioned, last) == ("python3", "python")


@pytest.mark.parametrize(
    ("usable", "chosen"),
    [
        (["python3"], "python3"),
        (["python3", "python3.15", "python3.11"], "python3.11"),
        (["python3", "python3.12", "python3.14"], "python3.14"),
        (["python3.15", "python"], "python"),
        ([], ""),
    ],
)
def test_make_prefers_a_supported_version(tmp_path: Path, usable: list[str], chosen: str) -> None:
    """Every interpreter that make may ask for has a stand-in, which says whether it is usable."""
    for name in ["python3.11", "python3.12", "python3.13", "python3.14", "python3", "python"]:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {int(name not in usable)}\n")
        program.chmod(0o755)
    (tmp_path / "show.mk").write_text(f"include {ROOT}/Makefile\nshow: ; @echo '$(PYTHON)'\n")
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    for name in ("PYTHON", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)
    shown = subprocess.run(
        ["make", "--no-print-directory", "-f", tmp_path / "show.mk", "show"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == chosen
