"""The development container opens with the app running: everything it names exists."""

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
    """Its configuration. Each comment is on its own line, and is removed first."""
    found: dict[str, Any] = json.loads(re.sub(r"(?m)^\s*//.*$", "", FILE.read_text()))
    return found


def commands(container: dict[str, Any]) -> list[list[str]]:
    """Every command it runs, split into words."""
    attached: dict[str, str] = container["postAttachCommand"]
    return [shlex.split(each) for each in (container["updateContentCommand"], *attached.values())]


def test_image_has_a_supported_python(container):
    versions = re.search(r"Python 3\.(\d+) to 3\.(\d+)", (ROOT / "requirements.in").read_text())
    image = PYTHON_IMAGE.fullmatch(container["image"])
    assert versions is not None and image is not None
    first, last = map(int, versions.groups())
    assert first <= int(image[1].partition(".")[2]) <= last


def test_every_command_is_a_make_target(container):
    targets = re.findall(r"^([^\s:#=]+):(?!=)", MAKEFILE.replace("$(VENV)", ".venv"), re.MULTILINE)
    named = [(words[0], words[1]) for words in commands(container)]
    assert named == [("make", ".venv/app-installed"), ("make", "demo")]
    assert {target for _, target in named} <= set(targets)


def test_its_variables_exist_in_the_makefile_and_its_options_in_streamlit(container):
    variables = [word.partition("=") for words in commands(container) for word in words[2:]]
    assert [name for name, _, _ in variables] == ["STREAMLIT_ARGS"]
    assert "$(STREAMLIT_ARGS)" in MAKEFILE
    options = re.findall(r"--(\S+) false", variables[0][2])
    assert [get_option(name) for name in options] == [True, True]


def test_forwarded_port_is_the_port_of_the_app(container):
    port = re.search(r"^PORT \?= (\d+)$", MAKEFILE, re.MULTILINE)
    assert port is not None
    assert container["forwardPorts"] == [int(port[1])]
    assert container["portsAttributes"] == {
        port[1]: {"label": "The app", "onAutoForward": "openPreview"}
    }


def test_files_it_opens_exist(container):
    files = container["customizations"]["codespaces"]["openFiles"]
    assert files and [name for name in files if not (ROOT / name).exists()] == []


def test_editor_uses_the_interpreter_that_make_installs_into(container):
    settings = container["customizations"]["vscode"]["settings"]
    assert settings == {"python.defaultInterpreterPath": ".venv/bin/python"}
    assert "\nVENV := .venv\nPY := $(VENV)/bin/python\n" in MAKEFILE
