"""Scripts of `.ci` and `docs` as modules, though they are on no import path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent


def script(path: str) -> ModuleType:
    """Loads a script, without what it does when run as a program."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look up their module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module
