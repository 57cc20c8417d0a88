"""`python -m lib.sandbox run`: a Python program unchanged, except for Console's token request.

It runs in this process, as `python SCRIPT` or `python -m MODULE` would run it: with its own
arguments, its own folder first on the import path, and its own exit code. `console` says what is
replaced, and why. Processes that the program starts are not changed.
"""

import os
import runpy
import shlex
import sys
from pathlib import Path

from lib.sandbox import console

USAGE = """\
usage: {command} run [-m MODULE | SCRIPT] [ARGUMENTS]

Runs a program that connects with Signals(api_url=..., api_key=..., api_key_id=..., org_id=...)
against a sandbox. Start the sandbox first, in another terminal: {command}
It prints the five values to fill in. The token request to Snowplow's Console is answered on this
machine; everything else goes where the program sends it."""
WRONG_USAGE = 2


def command() -> str:
    """What starts the sandbox from this folder, with the Python that runs now: another may not have
    its packages."""
    python, here = Path(sys.executable), Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m lib.sandbox"


def run(arguments: list[str]) -> int:
    """Runs a program; returns the exit code unless the program ends by itself."""
    match arguments:
        case ["-h" | "--help", *_]:
            print(usage())
            return 0
        case ["-m", module, *rest]:
            return _run_module(module, rest)
        case [script, *rest] if not script.startswith("-"):
            return _run_script(script, rest)
    print(usage(), file=sys.stderr)
    return WRONG_USAGE


def usage() -> str:
    """What to type, and what it does."""
    return USAGE.format(command=command())


def _run_script(script: str, arguments: list[str]) -> int:
    if not Path(script).is_file():
        print(f"There is no script {script!r} in {os.getcwd()}.", file=sys.stderr)
        return WRONG_USAGE
    _prepare([script, *arguments])
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")
    return 0


def _run_module(module: str, arguments: list[str]) -> int:
    _prepare([module, *arguments])
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def _prepare(argv: list[str]) -> None:
    """Prepare the process as the program expects it: its own `lib` is not ours."""
    console.answer_here()
    sys.argv[:] = argv
    for name in [each for each in sys.modules if each == "lib" or each.startswith("lib.")]:
        del sys.modules[name]
