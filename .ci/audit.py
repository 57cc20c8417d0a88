"""Checks all installed packages for known vulnerabilities, and fails if it finds one.

It ends in one of three ways: it reports what it found; it could not reach the vulnerability
service, which is no failure; or the check itself is broken, which is one. It leaves out pip and
setuptools, as `pip freeze` does: they come with the virtual environment.

Source: https://pypi.org/project/pip-audit/
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PATIENCE_SECONDS = 15
AUDIT = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
# How pip-audit's last line begins when its service does not answer properly: with its own message,
# or with the exception that ended it.
NO_SERVICE = re.compile(
    r"ERROR:pip_audit\._cli:(Tip: your network|Could not connect|PyPI is not)"
    r"|requests\.exceptions\.|urllib3\.exceptions\.|pip_audit\._service\.interface\.ServiceError"
)


def main() -> int:
    """Returns the exit code: 1 if a package has a known vulnerability, or the check is broken."""
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
        said = (audit.stderr.strip().splitlines() or ["no answer"])[-1]
        return _nothing_looked_up(said) if NO_SERVICE.match(said) else _broken(said)
    if not packages:
        return _broken("no packages are installed")
    looked_up = [each for each in packages if "vulns" in each]
    if not looked_up:
        return _nothing_looked_up("it knows none of the packages")
    found = [(each["name"], each["version"], each["vulns"]) for each in looked_up if each["vulns"]]
    print(
        f"pip-audit: {len(looked_up)} of {len(packages)} packages looked up,"
        f" {len(found)} with known vulnerabilities."
    )
    for name, version, vulnerabilities in found:
        print(f"  {name} {version}: {', '.join(each['id'] for each in vulnerabilities)}")
    unknown = [each["name"] for each in packages if "vulns" not in each]
    if unknown:
        print(f"  not known to the service: {', '.join(unknown)}")
    return int(bool(found))


def _nothing_looked_up(why: str) -> int:
    print(f"pip-audit: NOT CHECKED, the vulnerability service cannot be used from here ({why}).")
    return 0


def _broken(why: str) -> int:
    print(f"pip-audit: FAILED, it did not reach its service ({why}).")
    return 1


def _run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
