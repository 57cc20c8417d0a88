"""Says which pins of `requirements*.txt` are behind, and what they would be: `make outdated`.

pip chooses, without installing anything, the newest releases that go together. What another package
holds back is therefore not named. Nothing is changed, and being behind fails nothing.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
CHOOSE = ["install", "--dry-run", "--ignore-installed", "-qq", "--disable-pip-version-check"]


def main() -> int:
    """Returns the exit code: 1 if pip cannot say."""
    pins = {name: PIN.findall((ROOT / name).read_text()) for name in FILES}
    chosen = newest([name for each in pins.values() for name, _ in each])
    if chosen is None:
        return 1
    behind = [
        f"{file}: {name}=={version} could be {chosen[canonical(name)]}"
        for file, pinned in pins.items()
        for name, version in pinned
        if chosen[canonical(name)] != version
    ]
    print(*(behind or ["Every pin is the newest that goes with the others."]), sep="\n")
    return 0


def newest(names: list[str]) -> dict[str, str] | None:
    """The versions that pip would install, by name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", *CHOOSE, "--report", str(report), *names]
        if subprocess.run(command).returncode:
            return None
        packages = [each["metadata"] for each in json.loads(report.read_text())["install"]]
    return {canonical(each["name"]): each["version"] for each in packages}


def canonical(name: str) -> str:
    """Packages are named with hyphens, underscores or dots, and in any case."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
