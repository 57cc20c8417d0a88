"""How large a simulated team may be, and how far its run is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lib.connection.explanations import Explanation
from lib.snowplow.publishing import Published

State = Literal["starting", "running", "ending", "done"]


@dataclass(frozen=True)
class Size:
    """How many users, how many events a second in all, and for how many seconds."""

    users: int
    rate: int
    seconds: int

    @property
    def events(self) -> int:
        return self.rate * self.seconds

    def due(self, elapsed: float) -> int:
        """How many events should have been tracked after `elapsed` seconds.

        >>> Size(100, 20, 30).due(0.99), Size(100, 20, 30).due(60.0)
        (19, 600)
        """
        return min(self.events, int(elapsed * self.rate))

    def within(self, limit: "Size") -> bool:
        """Whether it is possible and within the limit."""
        return (
            1 <= self.users <= limit.users
            and 1 <= self.rate <= limit.rate
            and 1 <= self.seconds <= limit.seconds
        )


IN_THE_SANDBOX = Size(users=1_000, rate=200, seconds=600)
ON_AN_ACCOUNT = Size(users=50, rate=5, seconds=60)


@dataclass(frozen=True)
class Nudge:
    """A simulated user, counted from 1, was nudged for the first time."""

    user: int
    at: datetime


@dataclass(frozen=True)
class Team:
    """What a room sees of a run: how many tasks each user completed, and how many were nudged."""

    tasks: tuple[int, ...] = ()
    nudges: int = 0


@dataclass(frozen=True)
class CrowdProgress:
    """How far a run is.

    `tasks` is how many tasks each user completed, as Signals last answered; empty before that. With
    `is_own_count`, it is how many were tracked for each.
    `problem` says why the last reading failed, or why the run had to end.
    `nudged_before` are the users whom the same intervention nudged in earlier runs.
    """

    size: Size
    started_at: datetime
    state: State = "starting"
    was_stopped: bool = False
    elapsed: float = 0.0
    tracked: int = 0
    sent: int = 0
    tasks: tuple[int, ...] = ()
    is_own_count: bool = False
    nudges: tuple[Nudge, ...] = ()
    problem: Explanation | None = None
    ended_at: datetime | None = None
    nudged_before: frozenset[int] = frozenset()

    @property
    def is_over(self) -> bool:
        return self.state == "done"

    @property
    def nudged(self) -> frozenset[int]:
        """The users, counted from 1, who were nudged in this run or before."""
        return self.nudged_before | {each.user for each in self.nudges}

    @property
    def team(self) -> Team:
        """What a room sees: users without a value yet count as having completed nothing."""
        nudged = [each for each in self.nudged if each <= self.size.users]
        return Team(self.tasks or (0,) * self.size.users, len(nudged))


def starting_problem(size: Size, limit: Size, published: Published) -> Explanation | None:
    """Why a run cannot start, and what to do; None if it can."""
    if not published.is_complete and not published.follows_another:
        return Explanation(
            "The definitions are not published, so nobody would be counted.",
            "Publish them first, then start the simulated team.",
        )
    if not size.within(limit):
        return Explanation(
            "This simulated team is too large here.",
            f"Choose at most {limit.users:,} users, {limit.rate} events a second and"
            f" {limit.seconds} seconds.",
        )
    return None
