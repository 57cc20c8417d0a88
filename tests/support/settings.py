"""Settings that come from what a test gives, and from nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from lib.connection.settings import Problem, Settings, SettingsError, load_settings


def loaded(
    secrets: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    env_file: Path | None = None,
) -> Settings:
    return load_settings(secrets or {}, environ or {}, env_file)


def problems(**values: Any) -> list[Problem]:
    """What is wrong with these secrets; fails the test if nothing is."""
    with pytest.raises(SettingsError) as caught:
        loaded(values)
    return caught.value.problems
