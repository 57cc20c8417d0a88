"""Looks up known vulnerabilities of all installed packages; fails if there is one.

It fails only for what was found: where the service cannot be reached it says so, and that nothing
was looked up. What a virtual environment brings by itself (pip, setuptools) is not ours and is left
out, as `pip freeze` does.

Source: https://pypi.org/project/pip-audit/
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PATIENCE_SECONDS = 15
AUDIT = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]


def main() -> int:
    """Returns the exit code: 1 if a package has a known vulnerability."""
    installed = _run("pip", "freeze", "--disable-pip-version-check").stdout
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "installed.txt"
        pins.write_text(installed)
        try:
            audit = _run("pip_audit", "--requirement", str(pins), "--timeout", "5", *AUDIT)
        except subprocess.TimeoutExpired:
            return _nothing_looked_up("it took too long")
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _nothing_looked_up((audit.stderr.strip().splitlines() or ["no answer"])[-1])
    looked_up = [each for each in packages if "vulns" in each]
    if not looked_up:
        return _nothing_looked_up("it knows none of the packages")
    found = [(each["name"], each["version"], each["vulns"]) for each in looked_up if each["vulns"]]
    print(f"pip-audit: {len(looked_up)} of {len(packages)} packages looked up.")
    for name, version, vulnerabilities in found:
        print(f"  {name} {version}: {', '.join(each['id'] for each in vulnerabilities)}")
    return int(bool(found))


def _nothing_looked_up(why: str) -> int:
    print(f"pip-audit: NOT CHECKED, the vulnerability service cannot be used from here ({why}).")
    return 0


def _run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
