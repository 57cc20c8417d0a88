"""Runs a script of tests/foreign with Ruby and the Ruby tracker, where this machine has both.

The tracker is in Debian and Ubuntu (ruby-snowplow-tracker) and on RubyGems; .ci/run installs it.
"""

import json
import os
import shutil
import subprocess
from functools import cache
from typing import Any

from tests.support.node import FOLDER
from tests.support.waiting import PROGRAM_SECONDS

HOW = "apt-get install ruby-snowplow-tracker, or gem install snowplow-tracker, and it will run"


@cache
def has_tracker() -> bool:
    """Whether Ruby is here and finds the tracker."""
    program = shutil.which("ruby")
    load = [program or "", "-e", "require 'snowplow-tracker'"]
    return (
        bool(program)
        and subprocess.run(load, capture_output=True, timeout=PROGRAM_SECONDS).returncode == 0
    )


def ruby(script: str, instructions: dict[str, Any]) -> Any:
    """What a script prints, as JSON. It sees no proxies: all that it may ask is on this machine."""
    ran = subprocess.run(
        ["ruby", FOLDER / script, json.dumps(instructions)],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    return json.loads(ran.stdout)
