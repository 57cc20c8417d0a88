"""Looking for secrets where none may be."""

import re
import traceback


def given_away(text: str, secrets: dict[str, str]) -> set[str]:
    """The names of the secrets that a text has, or one end of which it has.

    Hyphens, case and Markdown's escapes are passed over.
    """
    plain = _bare(text)
    ends = {name: (_bare(value)[:12], _bare(value)[-12:]) for name, value in secrets.items()}
    return {name for name, parts in ends.items() if any(part in plain for part in parts)}


def error_text(error: BaseException) -> str:
    """All ways in which an exception is shown."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


def _bare(text: str) -> str:
    return re.sub("[^0-9a-z]", "", text.lower())
