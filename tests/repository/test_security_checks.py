"""What bandit ignores (`[tool.bandit]`) stays in modules that were reviewed for it, the check for
vulnerabilities reports its result, and SECURITY.md and docs/sandbox.md state the real numbers."""

import json
import math
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lib.connection.backend import TOKEN_BYTES
from lib.people.permission import LONGEST_DELAY_SECONDS
from lib.people.room_words import WORDS
from lib.sandbox.limits import BYTES_PER_EVENT, MAX_BODY_BYTES, MAX_HEAD_BYTES, Limits
from lib.ui.doorkeeper import MAX_MESSAGE_BYTES
from lib.world.pace import PACES
from tests.support.scripts import script

ROOT = Path(__file__).parent.parent.parent
SANDBOX = (ROOT / "docs/sandbox.md").read_text()
SECURITY = (ROOT / "SECURITY.md").read_text()
WITH_SQL = {
    *("app_file.py", "app_state.py", "app_tables.py", "building_state.py", "code_state.py"),
    *("kept_draft.py", "outbox_state.py", "profile_state.py", "room_state.py", "words_state.py"),
    *("database.py", "limited_store.py", "sent_requests.py"),
    *("store.py", "stored_definitions.py", "stored_profiles.py"),
}
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE FROM|PRAGMA) ", re.ASCII)


def modules() -> list[Path]:
    return [*ROOT.glob("lib/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py", ROOT / "frame.py"]


def test_sql_is_only_in_the_modules_that_were_reviewed():
    found = {path.name for path in modules() if re.search(SQL, path.read_text())}
    assert found - {"tables.py"} == WITH_SQL


def test_only_the_simulated_team_and_the_delay_before_a_retry_use_random_numbers():
    imports = re.compile(r"^import random$", re.MULTILINE)
    found = {path.name for path in modules() if imports.search(path.read_text())}
    assert found == {"crowd.py", "listener.py"}


# Numbers in documents

LIMITS = Limits()


@pytest.mark.parametrize(
    "said",
    [
        f"{LIMITS.events_at_once:,} events at once, then {LIMITS.events_per_second:,} a second",
        f"{LIMITS.subscriptions:,} subscriptions and {LIMITS.definitions:,} definitions",
        f"an event counts again for each {BYTES_PER_EVENT:,} bytes that it has",
        f"Beyond {LIMITS.stored_events:,} events, or {LIMITS.stored_bytes // 1_000_000} MB of them,"
        " the oldest are deleted",
        f"Bodies over {MAX_BODY_BYTES // 2**20} MB (413)",
        f"heads over {MAX_HEAD_BYTES // 2**10} kB (431)",
    ],
)
def test_sandbox_document_states_the_real_limits(said: str) -> None:
    assert said in SANDBOX


@pytest.mark.parametrize(
    "said",
    [
        f"Bodies of more than {MAX_BODY_BYTES // 2**20} MB get `413`",
        f"heads of more than {MAX_HEAD_BYTES // 2**10} kB `431`",
        f"beyond {LIMITS.sandboxes:,} of them",
        f"a token of {8 * TOKEN_BYTES} random bits",
        f"It has {math.floor(math.log2(len(WORDS) ** 3 * 900))} random bits",
        f"{PACES['try'].at_once} codes at once, and {PACES['try'].a_second:g} more a second",
        f"up to {LONGEST_DELAY_SECONDS:g} seconds",
        f"more than {MAX_MESSAGE_BYTES // 2**10} kB from a browser",
    ],
)
def test_security_document_states_the_real_numbers(said: str) -> None:
    assert said in SECURITY


def test_every_file_named_in_the_security_document_exists() -> None:
    named = re.findall(r"`((?:lib|tests)/[\w./]*|[\w]+\.toml)`", SECURITY)
    assert named and [path for path in named if not (ROOT / path).exists()] == []


# The check for vulnerabilities

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
UNSAFE = {"name": "unsafe", "version": "2.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
NOT_CHECKED = "pip-audit: NOT CHECKED, the vulnerability service cannot be used from here ({})."
FAILED = "pip-audit: FAILED, it did not reach its service ({})."
REFUSED = "requests.exceptions.ProxyError: HTTPSConnectionPool(host='pypi.org', port=443): refused"
BLOCKED = "ERROR:pip_audit._cli:Tip: your network may be blocking this service."
MISSING = "/usr/bin/python: No module named pip_audit"
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit() -> ModuleType:
    return script(".ci/audit.py")


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "said"),
    [
        (
            answer(SAFE),
            "",
            0,
            "pip-audit: 1 of 1 packages looked up, 0 with known vulnerabilities.",
        ),
        (
            answer(SAFE, UNKNOWN),
            "",
            0,
            "pip-audit: 1 of 2 packages looked up, 0 with known vulnerabilities.\n"
            "  not known to the service: unknown",
        ),
        (
            answer(SAFE, UNSAFE),
            "Found 2 known vulnerabilities in 1 package",
            1,
            "pip-audit: 2 of 2 packages looked up, 1 with known vulnerabilities.\n"
            "  unsafe 2.0: PYSEC-1, PYSEC-2",
        ),
        (answer(UNKNOWN), "", 0, NOT_CHECKED.format("it knows none of the packages")),
        ("", f"Traceback:\n  x\n{REFUSED}", 0, NOT_CHECKED.format(REFUSED)),
        ("", BLOCKED, 0, NOT_CHECKED.format(BLOCKED)),
        ("", MISSING, 1, FAILED.format(MISSING)),
        ("", "", 1, FAILED.format("no answer")),
        (answer(), "", 1, FAILED.format("no packages are installed")),
    ],
    ids=[
        "safe",
        "not all known",
        "unsafe",
        "none known",
        "unreachable",
        "blocked",
        "not installed",
        "silent",
        "nothing installed",
    ],
)
def test_check_reports_its_result_and_fails_if_that_is_bad(
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
    assert (audit.main(), capsys.readouterr().out) == (code, said + "\n")


def test_check_that_takes_too_long_is_no_failure(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def hang(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        if module == "pip_audit":
            raise subprocess.TimeoutExpired(module, 1)
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(audit, "_run", hang)
    said = NOT_CHECKED.format("it took too long")
    assert (audit.main(), capsys.readouterr().out) == (0, said + "\n")
