"""The development container opens to the running app: what it names exists."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from streamlit.config import get_option

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / ".devcontainer" / "devcontainer.json"
MAKEFILE = (ROOT / "Makefile").read_text()
PYTHON_IMAGE = re.compile(r"mcr\.microsoft\.com/devcontainers/python:\d+-(3\.\d+)-\w+")


@pytest.fixture
def container() -> dict[str, Any]:
    """Its file without the comments, each of which is on a line of its own."""
    found: dict[str, Any] = json.loads(re.sub(r"(?m)^\s*//.*$", "", FILE.read_text()))
    return found


def commands(container: dict[str, Any]) -> list[list[str]]:
    """The words of all that it runs."""
    attached: dict[str, str] = container["postAttachCommand"]
    return [shlex.split(each) for each in (container["updateContentCommand"], *attached.values())]


def test_image_has_a_version_of_python_that_is_supported(container):
    versions = re.search(r"Python 3\.(\d+) to 3\.(\d+)", (ROOT / "requirements.in").read_text())
    image = PYTHON_IMAGE.fullmatch(container["image"])
    assert versions is not None and image is not None
    first, last = map(int, versions.groups())
    assert first <= int(image[1].partition(".")[2]) <= last


def test_everything_that_it_runs_is_a_target_of_the_makefile(container):
    targets = re.findall(r"^([^\s:#=]+):(?!=)", MAKEFILE.replace("$(VENV)", ".venv"), re.MULTILINE)
    named = [(words[0], words[1]) for words in commands(container)]
    assert named == [("make", ".venv/app-installed"), ("make", "demo")]
    assert {target for _, target in named} <= set(targets)


def test_variables_that_it_sets_are_those_of_the_makefile_and_options_those_of_streamlit(container):
    variables = [word.partition("=") for words in commands(container) for word in words[2:]]
    assert [name for name, _, _ in variables] == ["STREAMLIT_ARGS"]
    assert "$(STREAMLIT_ARGS)" in MAKEFILE
    options = re.findall(r"--(\S+) false", variables[0][2])
    assert [get_option(name) for name in options] == [True, True]


def test_port_that_it_forwards_and_shows_is_the_one_that_the_app_is_served_on(container):
    port = re.search(r"^PORT \?= (\d+)$", MAKEFILE, re.MULTILINE)
    assert port is not None
    assert container["forwardPorts"] == [int(port[1])]
    assert container["portsAttributes"] == {
        port[1]: {"label": "The app", "onAutoForward": "openPreview"}
    }


def test_files_that_it_opens_exist(container):
    files = container["customizations"]["codespaces"]["openFiles"]
    assert files and [name for name in files if not (ROOT / name).exists()] == []


def test_interpreter_of_the_editor_is_the_one_that_make_installs_into(container):
    settings = container["customizations"]["vscode"]["settings"]
    assert settings == {"python.defaultInterpreterPath": ".venv/bin/python"}
    assert "\nVENV := .venv\nPY := $(VENV)/bin/python\n" in MAKEFILE
