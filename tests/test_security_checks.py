"""What bandit is told to overlook is only where it was looked at (`[tool.bandit]`)."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
WITH_SQL = {"app_file.py", "app_state.py", "limited.py", "store.py"}
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE FROM|PRAGMA) ", re.ASCII)


def modules() -> list[Path]:
    return [*ROOT.glob("lib/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]


def test_sql_is_in_four_modules_only():
    found = {path.name for path in modules() if re.search(SQL, path.read_text())}
    assert found - {"tables.py"} == WITH_SQL


def test_chance_decides_only_in_the_simulated_team_and_in_when_to_try_again():
    imports = re.compile(r"^import random$", re.MULTILINE)
    found = {path.name for path in modules() if imports.search(path.read_text())}
    assert found == {"crowd.py", "interventions.py"}
