"""The development container opens with the app running: everything it names exists."""

import json
import re
import shlex
import subprocess
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


def streamlit_arguments(container: dict[str, Any], **environment: str) -> list[str]:
    """What the shell makes of the options for Streamlit in this environment."""
    command = container["postAttachCommand"]["app"].replace("make demo", "printf %s", 1)
    shell = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    name, _, value = shell.stdout.partition("=")
    assert name == "STREAMLIT_ARGS" and "$(STREAMLIT_ARGS)" in MAKEFILE
    return value.split()


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


def test_on_codespaces_streamlit_knows_the_origin_of_the_proxy(container):
    domain = {"GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"}
    arguments = streamlit_arguments(container, CODESPACE_NAME="shiny-disco-1", **domain)
    origin = "https://shiny-disco-1-8501.app.github.dev"
    assert arguments == ["--server.corsAllowedOrigins", origin]


def test_elsewhere_streamlit_has_its_own_options(container):
    assert streamlit_arguments(container) == []


@pytest.mark.parametrize("option", ["server.enableCORS", "server.enableXsrfProtection"])
def test_origins_are_checked_in_it_too(container, option):
    assert get_option(option) is True
    assert option not in FILE.read_text()


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
