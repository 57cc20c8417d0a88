"""A mistake: its broken code, what that shows, and its fixed code."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

Attempt = Callable[..., None]
"""Code to run. The names of its parameters say what it is given: see `given`."""


@dataclass(frozen=True)
class Mistake:
    """`shows` is the essential part of the error, or of what the code prints.

    `means` explains it where there is no error, or one that does not explain itself.
    `unpublishes` names attribute groups that must not exist when the code starts.
    """

    title: str
    what: str
    wrong: Attempt
    mended: Attempt
    shows: str
    means: str = ""
    needs_definitions: bool = False
    unpublishes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Identifies the mistake, in lower snake case."""
        return self.wrong.__name__


def code_of(attempt: Attempt) -> str:
    """The code that runs: the body of the function."""
    _, _, body = inspect.getsource(attempt).partition(") -> None:\n")
    return textwrap.dedent(body).strip()
