"""The container: what it copies is enough to run the app, and has no secret. No engine is needed.

The commands run here, in a folder with what the image would have, beside the tests' packages.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest

from tests.support.servers import free_port
from tests.support.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
LINES = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()).splitlines()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
START_SECONDS = 300


def instructions(name: str) -> list[str]:
    """What follows an instruction, each time that it is given."""
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def command(name: str) -> list[str]:
    """A command, as a list of words, with this environment's programs."""
    (last,) = instructions(name)
    program, *arguments = json.loads(last.removeprefix("CMD "))
    return [str(Path(sys.executable).parent / program), *arguments]


def copied() -> list[tuple[str, str]]:
    """The files and folders that the image gets, and where to."""
    return [
        (source, target)
        for *sources, target in (each.split() for each in instructions("COPY"))
        for source in sources
    ]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder that the image has, as `COPY` fills it."""
    folder = tmp_path / "app"
    for source, target in copied():
        to = folder / (source if target == "./" else target)
        to.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, to)
    return folder


def test_python_of_the_image_is_a_supported_one() -> None:
    (image,) = instructions("FROM")
    version = re.fullmatch(r"python:3\.(\d+)-slim-\w+", image)
    first, last = map(
        int,
        re.search(r"Python 3\.(\d+) to 3\.(\d+)", (ROOT / "requirements.in").read_text()).groups(),  # type: ignore[union-attr]
    )
    assert version is not None and first <= int(version[1]) <= last


def test_it_installs_what_the_app_needs_and_no_more() -> None:
    (install,) = [each for each in instructions("RUN") if "pip" in each]
    assert install.split()[-2:] == ["--requirement", "requirements.txt"]


def test_everything_else_is_kept_out_of_it() -> None:
    kept = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert "*" in IGNORED and kept == {source for source, _ in copied()}
    assert not any(fnmatch(".streamlit/secrets.toml", each) for each in kept)


def test_it_runs_as_nobody_in_particular_and_keeps_everything_in_one_folder() -> None:
    assert instructions("USER") == ["app"]
    assert instructions("VOLUME") == ["/data"]
    assert instructions("ENV") == ["SANDBOX_DB=/data/sandbox.db"]
    assert instructions("EXPOSE") == ["8501"]


def test_its_command_serves_the_app_and_its_check_says_so(image: Path, tmp_path: Path) -> None:
    port = str(free_port())
    data = tmp_path / "data"
    data.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SANDBOX_DB": instructions("ENV")[0].partition("=")[2].replace("/data", str(data)),
        "no_proxy": "*",
    }
    serve = [each.replace("8501", port) for each in command("CMD")]
    check = [each.replace("8501", port) for each in command("HEALTHCHECK")]
    with (tmp_path / "log").open("w") as log:
        app = subprocess.Popen(serve, cwd=image, env=environment, stdout=log, stderr=log)
    try:

        def is_healthy() -> bool:
            return subprocess.run(check, env=environment, capture_output=True).returncode == 0

        assert eventually(is_healthy, START_SECONDS), (tmp_path / "log").read_text()
        page = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        assert page.status_code == 200 and "<title>" in page.text
        assert (data / "sandbox.db").exists()
    finally:
        app.terminate()
        app.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()
