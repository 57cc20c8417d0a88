"""Moving the sandbox's clock, so that a window of seven days empties while somebody watches: how
far it can be moved at once, and how far ahead it is, in words. Snowplow has no such clock."""

from dataclasses import dataclass
from datetime import timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOMENT = timedelta(seconds=1)
UNITS = (("day", DAY), ("hour", HOUR), ("minute", timedelta(minutes=1)), ("second", MOMENT))


@dataclass(frozen=True)
class Step:
    """One way to move the clock: by how much, and what to call it."""

    key: str
    label: str
    by: timedelta


def steps(period: timedelta) -> list[Step]:
    """By an hour, a day, and the whole period of the attributes, which then has passed."""
    return [
        Step("forward_hour", "1 hour", HOUR),
        Step("forward_day", "1 day", DAY),
        Step("forward_period", f"The whole period, {in_words(period)}", period + MOMENT),
    ]


def in_words(ahead: timedelta) -> str:
    """A span of time in its two largest units that follow each other.

    >>> in_words(timedelta(days=8, seconds=1)), in_words(timedelta(days=1, hours=3, minutes=5))
    ('8 days', '1 day 3 hours')
    """
    left, words = ahead, []
    for name, unit in UNITS:
        count, left = divmod(left, unit)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
        elif words:
            break
    return " ".join(words[:2]) or "0 seconds"
