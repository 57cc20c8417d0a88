"""How far everybody is, people and simulated team, in a drawing readable from the back row.

Data for the component in `lib/ui/big_screen.py`, which draws it as large as the screen allows: a
Plotly figure has one size. The people farthest ahead have a row each; everybody is in the columns
below, on the same scale.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from lib.charts.crowd_chart import ranges
from lib.charts.style import number_text
from lib.people.room import Standing
from lib.text import counted

ROWS_AT_MOST = 10
ROWS_ABOVE_COLUMNS = 6
SHORTEST_SCALE = 5
FAR_AHEAD = 3  # times the line

Picture = dict[str, Any]


@dataclass(frozen=True)
class Everybody:
    """Who is in a room: people, and how many tasks each simulated user completed."""

    people: tuple[Standing, ...]
    simulated: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.people) + len(self.simulated)

    @property
    def has_columns(self) -> bool:
        """Whether rows alone cannot show everybody."""
        return bool(self.simulated) or len(self.people) > ROWS_AT_MOST

    @property
    def leaders(self) -> list[Standing]:
        """The people who have their own row, the farthest first."""
        most = ROWS_ABOVE_COLUMNS if self.has_columns else ROWS_AT_MOST
        return sorted(self.people, key=_tasks, reverse=True)[:most]


def room_chart(everybody: Everybody, threshold: float | None) -> Picture:
    """The rows, the columns and the line of the nudge, with their positions from 0 to 1."""
    line = None if threshold is None else ceil(threshold)
    most = _most(everybody, line)
    scale = _Scale(most)
    return {
        "zero": scale.of(0),
        "rows": [_row(each, scale) for each in everybody.leaders],
        "columns": _columns(everybody, line, most) if everybody.has_columns else [],
        "line": None
        if line is None
        else {"at": scale.of(line - 0.5), "text": f"nudge at {number_text(line)}"},
        "legend": _legend(everybody),
        "empty": "" if everybody.count else "Nobody has joined yet. Your name appears here.",
        "summary": room_summary(everybody, threshold),
    }


def room_summary(everybody: Everybody, threshold: float | None) -> str:
    """The drawing in a few sentences, for people who cannot see it."""
    line = "" if threshold is None else f" The nudge comes at {number_text(threshold)}."
    names = ", ".join(f"{each.name} {_tasks(each)}" for each in everybody.leaders)
    return f"Completed: {names or 'nobody yet'}.{line}{_team_words(everybody, threshold)}"


def _team_words(everybody: Everybody, threshold: float | None) -> str:
    if not everybody.simulated:
        return ""
    over = sum(threshold is not None and each >= threshold for each in everybody.simulated)
    reached = "" if threshold is None else f", {number_text(over)} of them at the nudge"
    return f" {counted(len(everybody.simulated), 'simulated user')}{reached}."


def _most(everybody: Everybody, line: int | None) -> int:
    """Where the scale ends. Simulated users who are far ahead share the last column: otherwise
    people's bars would be too short to see."""
    people = max([*map(_tasks, everybody.people), line or 0, SHORTEST_SCALE])
    return min(max([*everybody.simulated, people]), max(people, FAR_AHEAD * (line or people)))


@dataclass(frozen=True)
class _Scale:
    """From a number of tasks to its position, with space for half a task on both sides."""

    most: int

    def of(self, tasks: float) -> float:
        return (tasks + 0.5) / (self.most + 1)


def _tasks(standing: Standing) -> int:
    return int(standing.tasks or 0)


def _row(standing: Standing, scale: _Scale) -> Picture:
    return {
        "name": standing.name,
        "tasks": number_text(_tasks(standing)),
        "share": scale.of(_tasks(standing)) - scale.of(0),
        "nudged": standing.nudged_at is not None,
    }


def _columns(everybody: Everybody, line: int | None, most: int) -> list[Picture]:
    """One column for each number of tasks, or for a few of them; none spans the line. The last one
    also has everybody beyond it."""
    bins = ranges(most, line)
    people = _counts([*map(_tasks, everybody.people)], bins)
    simulated = _counts(everybody.simulated, bins)
    tallest = max(map(sum, zip(people, simulated, strict=True)))
    beyond = "+" if max(everybody.simulated, default=0) > most else ""
    labels = {0: "0", line: str(line), bins[-1][0]: f"{bins[-1][0]}{beyond}"}
    return [
        {
            "at": (first + 0.075) / (most + 1),
            "width": (min(last, most) - first + 0.85) / (most + 1),
            "height": (here + there) / tallest,
            "people": here / max(here + there, 1),
            "label": labels.get(first, ""),
        }
        for (first, last), here, there in zip(bins, people, simulated, strict=True)
    ]


def _counts(done: Sequence[int], bins: Sequence[tuple[int, int]]) -> list[int]:
    """How many are in each bin; the last one is open."""
    starts = [first for first, _ in bins]
    counts = Counter(bisect_right(starts, each) - 1 for each in done)
    return [counts[place] for place in range(len(bins))]


def _legend(everybody: Everybody) -> list[dict[str, str]]:
    people, simulated = len(everybody.people), len(everybody.simulated)
    if not everybody.has_columns:
        return []
    shown = len(everybody.leaders)
    more = f", the farthest {shown} by name" if people > shown else ""
    entries = [
        {"kind": "people", "text": f"{counted(people, 'person', 'people')}{more}"},
        {"kind": "simulated", "text": counted(simulated, "simulated user")},
    ]
    return [each for each, count in zip(entries, (people, simulated), strict=True) if count]
