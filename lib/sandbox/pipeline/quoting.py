"""Quoting what was sent in a message: short, and in characters that JSON can hold."""

MAX_MESSAGE_LENGTH = 300
MAX_QUOTED_LENGTH = 100

_CONTROL = {**dict.fromkeys([*range(32), 127]), ord("\t"): "    "}


def shortened(text: str, length: int = MAX_MESSAGE_LENGTH) -> str:
    """The text with its middle left out: validators quote the data first and the rule last.

    >>> shortened("0123456789", 4)
    '01 … 89'
    """
    if len(text) <= length:
        return text
    return f"{text[: length // 2]} … {text[-(length // 2) :]}"


def cleaned(text: str) -> str:
    """The text as Enrich stores it: a tab is four spaces, other control characters are left out.

    A lone surrogate, which JSON cannot hold, becomes a question mark.
    """
    return text.translate(_CONTROL).encode("utf-8", "replace").decode()


def quoted(text: str) -> str:
    """Text that was sent, in quotes."""
    return '"' + shortened(cleaned(text), MAX_QUOTED_LENGTH) + '"'


def quoted_value(value: object) -> str:
    """Any value that was sent, as Python writes it."""
    return shortened(repr(value), MAX_QUOTED_LENGTH)
