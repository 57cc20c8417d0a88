"""The demo profiles that ship with the app: `profiles/*.toml`."""

from functools import cache
from pathlib import Path

from lib.demo.demo_profile import DEFAULT, DemoProfile
from lib.demo.profile_file import from_toml

FOLDER = Path(__file__).parent.parent.parent / "profiles"
DEFAULT_NAME = "project_tool"


@cache
def ready_profiles() -> dict[str, DemoProfile]:
    """The profiles by the names of their files, the default first."""
    found = {
        path.stem: from_toml(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")
    }
    others = {name: found[name] for name in sorted(found) if name != DEFAULT_NAME}
    return {DEFAULT_NAME: DEFAULT, **others}
