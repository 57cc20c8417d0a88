"""Making a mistake: its code runs against a real sandbox, and one sees what a terminal shows."""

import traceback
from dataclasses import dataclass

from lib.connection.backend import Backend, Connection
from lib.connection.explanations import explained
from lib.story.mistakes.given import Given, publish_definitions, remove
from lib.story.mistakes.mistake import Attempt, Mistake

SHOWN = 4_000  # characters


@dataclass(frozen=True)
class Outcome:
    """What was printed, with the error if there was one, and what it means."""

    shown: str
    means: str
    is_error: bool


def make(mistake: Mistake, connection: Connection) -> Outcome:
    """Make a mistake, in a sandbox that is there for this. Raises what preparing it raises."""
    _prepare(mistake, connection)
    shown, advice = _run(mistake.wrong, connection)
    return Outcome(shown, mistake.means or advice, is_error=bool(advice))


def mend(mistake: Mistake, connection: Connection) -> Outcome:
    """Run the mended code in its place."""
    _prepare(mistake, connection)
    shown, advice = _run(mistake.mended, connection)
    return Outcome(shown, advice, is_error=bool(advice))


def _prepare(mistake: Mistake, connection: Connection) -> None:
    for group in mistake.unpublishes:
        remove(connection.signals, group)
    if mistake.needs_definitions:
        publish_definitions(connection.signals)


def _run(attempt: Attempt, connection: Connection) -> tuple[str, str]:
    """What one sees, and the advice on an error; no advice means that there was none."""
    given, advice = Given(connection), ""
    try:
        attempt(**given.arguments(attempt))
    except Exception as error:  # whatever it is, it is what the person wants to see
        given.printed += traceback.format_exception_only(error)
        advice = explained(error).advice
    return "\n".join(each.rstrip() for each in given.printed)[:SHOWN], advice


def make_beside(backend: Backend, world: str, mistake: Mistake, *, is_mended: bool) -> Outcome:
    """Make a mistake, or run its mended code, in a sandbox beside somebody's world."""
    connection = backend.beside(world)
    try:
        return (mend if is_mended else make)(mistake, connection)
    finally:
        connection.close()
