"""What a benchmark says: lines of one table, each with what was asked for and whether it holds."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import psutil

PACKAGES = ("streamlit", "starlette", "uvicorn", "snowplow-tracker", "snowplow-signals")
HEAD = ("what", "must be", "measured", "baseline", "holds")


@dataclass(frozen=True)
class Line:
    """One line of the table. `baseline` is what it is compared with, measured in the same run."""

    what: str
    must_be: str
    measured: str
    baseline: str
    holds: bool


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that so many percent are not above, the nearest that occurs.

    Raises `ValueError` for no values.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 95)
    (2, 4)
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def table(lines: Sequence[Line]) -> str:
    """The lines as a table of Markdown."""
    rows = [
        (each.what, each.must_be, each.measured, each.baseline, "yes" if each.holds else "**no**")
        for each in lines
    ]
    return "\n".join(
        "| " + " | ".join(row) + " |" for row in (HEAD, tuple("---" for _ in HEAD), *rows)
    )


def machine() -> str:
    """What was measured on, in a line: machine, Python and packages."""
    cores = len(psutil.Process().cpu_affinity()) if hasattr(os, "sched_getaffinity") else 0
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()},"
        f" {cores or os.cpu_count()} cores, Python {platform.python_version()}, {packages}"
    )
