"""`python -m lib.sandbox run`: a Python program as it is, but for Console's token request.

It runs in this process, as `python SCRIPT` or `python -m MODULE` would run it: with its own
arguments, its own folder first on the import path, and its own exit code. `console` says what is
replaced, and why. Processes that the program starts are not changed.
"""

import os
import runpy
import sys
from pathlib import Path

from lib.sandbox import console

USAGE = """\
usage: python -m lib.sandbox run [-m MODULE | SCRIPT] [ARGUMENTS]

Runs a program that connects with Signals(api_url=..., api_key=..., api_key_id=..., org_id=...)
against a sandbox. Start the sandbox first, in another terminal: python -m lib.sandbox
It prints the five values to fill in. The token request to Snowplow's Console is answered on this
machine; everything else goes where the program sends it."""
WRONG_USAGE = 2


def run(arguments: list[str]) -> int:
    """Runs a program; returns the exit code unless the program ends by itself."""
    match arguments:
        case ["-h" | "--help", *_]:
            print(USAGE)
            return 0
        case ["-m", module, *rest]:
            return _run_module(module, rest)
        case [script, *rest] if not script.startswith("-"):
            return _run_script(script, rest)
    print(USAGE, file=sys.stderr)
    return WRONG_USAGE


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
    """The process as the program expects to find it: a `lib` of its own is not ours."""
    console.answer_here()
    sys.argv[:] = argv
    for name in [each for each in sys.modules if each == "lib" or each.startswith("lib.")]:
        del sys.modules[name]
