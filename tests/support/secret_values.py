"""Looking for secrets where none may be."""

import re


def given_away(text: str, secrets: dict[str, str]) -> set[str]:
    """The names of the secrets that a text has, or one end of which it has.

    Hyphens, case and Markdown's escapes are passed over.
    """
    plain = _bare(text)
    ends = {name: (_bare(value)[:12], _bare(value)[-12:]) for name, value in secrets.items()}
    return {name for name, parts in ends.items() if any(part in plain for part in parts)}


def _bare(text: str) -> str:
    return re.sub("[^0-9a-z]", "", text.lower())
