"""Running a mistake's code against a real sandbox, with the output that a terminal shows."""

import traceback
from dataclasses import dataclass

from lib.connection.backend import Backend, Connection
from lib.connection.explanations import explained
from lib.story.mistakes.given import Given, publish_definitions, remove
from lib.story.mistakes.mistake import Attempt, Mistake

SHOWN = 4_000  # characters


@dataclass(frozen=True)
class Printed:
    """What was printed, with the error if there was one, and what it means."""

    shown: str
    means: str
    is_error: bool


def make(mistake: Mistake, connection: Connection) -> Printed:
    """Run the broken code, in a sandbox made for it. Raises what preparing it raises."""
    _prepare(mistake, connection)
    shown, advice = _run(mistake.wrong, connection)
    return Printed(shown, mistake.means or advice, is_error=bool(advice))


def mend(mistake: Mistake, connection: Connection) -> Printed:
    """Run the fixed code instead."""
    _prepare(mistake, connection)
    shown, advice = _run(mistake.mended, connection)
    return Printed(shown, advice, is_error=bool(advice))


def _prepare(mistake: Mistake, connection: Connection) -> None:
    for group in mistake.unpublishes:
        remove(connection.signals, group)
    if mistake.needs_definitions:
        publish_definitions(connection.signals)


def _run(attempt: Attempt, connection: Connection) -> tuple[str, str]:
    """The output, and the advice on an error; no advice means that there was no error."""
    given, advice = Given(connection), ""
    try:
        attempt(**given.arguments(attempt))
    except Exception as error:  # any error is what the person wants to see
        given.printed += traceback.format_exception_only(error)
        advice = explained(error).advice
    return "\n".join(each.rstrip() for each in given.printed)[:SHOWN], advice


def make_beside(backend: Backend, world: str, mistake: Mistake, *, is_mended: bool) -> Printed:
    """Run the broken or the fixed code, in a sandbox beside somebody's world."""
    connection = backend.beside(world)
    try:
        return (mend if is_mended else make)(mistake, connection)
    finally:
        connection.close()
