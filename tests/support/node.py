"""Runs the scripts of this folder with Node, which prints what Snowplow's clients make of it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.waiting import PROGRAM_SECONDS

FOLDER = Path(__file__).parent.parent / "foreign"
MODULES = FOLDER / "node_modules"


class ClientsMissing(Exception):
    """Node, or Snowplow's JavaScript clients, are not installed."""


def module(name: str) -> Path:
    """The folder of an installed package; `make test` installs them. Raises `ClientsMissing`."""
    folder = MODULES / name
    if not folder.is_dir():
        raise ClientsMissing(f"{name} is not installed: run npm ci in {FOLDER}, or make test.")
    return folder


def node(script: str, instructions: dict[str, Any]) -> Any:
    """What a script prints, as JSON. It sees no proxies: all that it may ask is on this machine."""
    program = shutil.which("node")
    if program is None:
        raise ClientsMissing("The clients need Node 18 or newer, and there is no node to run.")
    module("@snowplow/node-tracker")
    ran = subprocess.run(
        [program, FOLDER / script, json.dumps(instructions)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    return json.loads(ran.stdout)
