"""The app on Streamlit Community Cloud: quick checks, and tests of the long one.

The long check starts the app in new environments and takes minutes: `make cloud`.
"""

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from lib.connection.settings import (
    ASSISTANT_KEYS,
    KEYS,
    SNOWPLOW_KEYS,
    Settings,
    SettingsError,
    load_settings,
)
from tests.support.scripts import script

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = (ROOT / ".streamlit" / "secrets.toml.example").read_text()
SETTING = re.compile(r"^# (?=[A-Z_]+ = )", re.MULTILINE)
# What Community Cloud would install from instead of requirements.txt, or in addition to it.
# https://docs.streamlit.io/deploy/streamlit-community-cloud/deploy-your-app/app-dependencies
OTHER_FILES = ("uv.lock", "Pipfile", "environment.yml", "packages.txt")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.fixture
def cloud() -> ModuleType:
    return script(".ci/cloud.py")


# What Community Cloud installs


def test_community_cloud_installs_from_requirements_txt_alone():
    assert (ROOT / "requirements.txt").exists()
    assert [name for name in OTHER_FILES if (ROOT / name).exists()] == []


# Its secrets


def test_secrets_example_unchanged_selects_the_sandbox():
    assert tomllib.loads(EXAMPLE) == {}
    assert load_settings(tomllib.loads(EXAMPLE), {}, None) == Settings()


def test_secrets_example_with_every_setting_uncommented_has_each_once():
    assert list(tomllib.loads(SETTING.sub("", EXAMPLE))) == list(KEYS)


def test_secrets_example_uncommented_but_not_filled_in_names_what_is_missing():
    with pytest.raises(SettingsError) as told:
        load_settings(tomllib.loads(SETTING.sub("", EXAMPLE)), {}, None)
    left = {each.setting for each in told.value.problems}
    alone = {"OWNER", "SIGNALS_HOSTS", "PRESENTER_PASSPHRASE"}
    assert left == {*SNOWPLOW_KEYS, *ASSISTANT_KEYS, *alone}


# The long check


def interpreter(folder: Path, version: str, says: str) -> None:
    """A program named like an interpreter that runs this line of shell."""
    folder.mkdir()
    path = folder / f"python{version}"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)


def test_interpreter_that_does_not_run_is_skipped(cloud, monkeypatch, tmp_path):
    interpreter(tmp_path / "broken", "3.12", "exit 127")
    interpreter(tmp_path / "other", "3.12", "echo 3.11.9")
    interpreter(tmp_path / "good", "3.12", "echo 3.12.5")
    folders = ("missing", "broken", "other", "good")
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in folders))
    assert cloud.found("3.12") == cloud.Python(tmp_path / "good" / "python3.12", "3.12.5")


def test_pyenv_interpreter_is_found_without_being_on_path(cloud, monkeypatch, tmp_path):
    version = tmp_path / "versions" / "3.12.5"
    version.mkdir(parents=True)
    interpreter(version / "bin", "3.12", "echo 3.12.5")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert cloud.found("3.12") == cloud.Python(version / "bin" / "python3.12", "3.12.5")


def test_missing_interpreter_is_not_found(cloud, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert cloud.found("3.99") is None


@pytest.mark.parametrize(
    ("there", "works", "code", "said"),
    [
        (VERSIONS, True, 0, "ran on 3.11, 3.12, 3.13, 3.14; not run on none; 0 failed."),
        (("3.12",), True, 0, "ran on 3.12; not run on 3.11, 3.13, 3.14; 0 failed."),
        (("3.12", "3.13"), False, 1, "ran on 3.12, 3.13; not run on 3.11, 3.14; 2 failed."),
        ((), True, 1, "ran on no version; not run on 3.11, 3.12, 3.13, 3.14; 0 failed."),
    ],
    ids=["all", "one", "failed", "none"],
)
def test_check_says_what_ran_and_fails_if_any_failed_or_none_ran(
    cloud, monkeypatch, capsys, there, works, code, said
):
    monkeypatch.setattr(cloud, "found", lambda version: version if version in there else None)
    monkeypatch.setattr(cloud, "ran", lambda python: works)
    assert cloud.main() == code
    assert capsys.readouterr().out.splitlines()[-1] == f"cloud: {said}"


def test_copy_has_every_tracked_file_and_no_secret_and_is_read_only(cloud, tmp_path):
    secret = ROOT / ".streamlit" / "secrets.toml"
    cloud.copy(tmp_path / "project")
    paths = [tmp_path / "project", *(tmp_path / "project").rglob("*")]
    names = {str(path.relative_to(tmp_path / "project")) for path in paths}
    assert {"app.py", "lib/ui/session.py", ".streamlit/config.toml", ".ci/run"} <= names
    assert str(secret.relative_to(ROOT)) not in names
    may_write = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    assert [path for path in paths if path.stat().st_mode & may_write] == []


def test_writable_folder_fails_the_check(cloud, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    with pytest.raises(cloud.CloudError, match="the app's folder can be written to"):
        cloud.expect_no_writing(tmp_path, tmp_path)


def test_traceback_in_the_log_fails_the_check_and_the_startup_message_does_not(cloud, tmp_path):
    log = tmp_path / "app.log"
    log.write_text("  You can now view your Streamlit app in your browser.\n")
    cloud.expect_quiet(log)
    log.write_text("all is well\nTraceback (most recent call last):\n")
    with pytest.raises(cloud.CloudError, match="Traceback"):
        cloud.expect_quiet(log)


def test_failed_installation_fails_the_check_with_the_reason(cloud, monkeypatch, capsys, tmp_path):
    def run(command, **_):
        return subprocess.CompletedProcess(command, int("install" in command), "", "no such pin")

    monkeypatch.setattr(cloud.subprocess, "run", run)
    assert not cloud.ran(cloud.Python(tmp_path / "python3.12", "3.12.5"))
    assert re.search(r"  FAILED: .* install .*: no such pin\n", capsys.readouterr().out)
