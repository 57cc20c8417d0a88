"""Runs older versions of the Python tracker, each from a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.waiting import PROGRAM_SECONDS

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".older-trackers"
SCRIPT = ROOT / "tests" / "foreign" / "older.py"


class OlderTrackerMissing(Exception):
    """A version of the tracker is not installed."""


def older(version: str, instructions: dict[str, Any]) -> Any:
    """What the script prints, as JSON. It sees no proxies: it only asks the sandbox.

    Raises `OlderTrackerMissing`; `make test` installs the versions that the Makefile lists.
    """
    installed = FOLDER / version
    if not installed.is_dir():
        raise OlderTrackerMissing(
            f"snowplow-tracker {version} is not installed: run make .older-trackers/{version}."
        )
    ran = subprocess.run(
        [sys.executable, SCRIPT, json.dumps(instructions)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
