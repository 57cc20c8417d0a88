"""How far a user is from the nudge, in a number and in words that are true."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`fraction` from 0 to 1, and what to say about it."""

    fraction: float
    text: str


def progress(count: float | None, threshold: float | None, *, is_received: bool) -> Progress:
    """The way to the nudge for a user with `count` completed tasks.

    `threshold` is the published intervention's, None if there is none. `is_received` says whether
    that very version of the intervention has arrived.

    >>> progress(3, 5, is_received=False)
    Progress(fraction=0.6, text='3 of 5: 2 more to the nudge')
    >>> progress(None, None, is_received=False).fraction
    0.0
    """
    if threshold is None:
        return Progress(0.0, "The way to the nudge shows here once it is published")
    done = count or 0
    if is_received:
        return Progress(1.0, f"The nudge at {threshold:g} was sent: once to each user")
    if done >= threshold:
        return Progress(
            1.0,
            f"{done:g} is past the line at {threshold:g}, and the nudge is sent only when the line"
            " is crossed",
        )
    return Progress(
        done / threshold, f"{done:g} of {threshold:g}: {threshold - done:g} more to the nudge"
    )
