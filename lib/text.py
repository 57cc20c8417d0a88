"""Text for people: untrusted text made safe for Markdown and spreadsheets, labels that differ,
counts and durations.

Nothing in here knows what a text is about.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta

DIRECTION_CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
MARKDOWN = "\\`*_{}[]()<>#+-.!|~$:&"
MADE_OF_TEXT = re.compile(
    r"https?:(?=//)|www(?=\.)|\w(?=@\w)|:(?=material/|streamlit:)|[->](?=[->=])|[<~!](?=[-=])",
    re.IGNORECASE,
)
UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
WORD_JOINER = "\u2060"
# The signs of a formula, also in full width, and the breaks that a spreadsheet skips before them.
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
WITHOUT_DIRECTION_CONTROLS = str.maketrans("", "", DIRECTION_CONTROLS)


def plain(text: object) -> str:
    """Untrusted text, so that Markdown shows it as it is, on one line.

    Streamlit turns addresses, icon names, arrows and signs like ≥ into something else after reading
    Markdown, escaped or not: an invisible character prevents it. Line breaks and indents would make
    headings and blocks of code, and direction controls would reverse the page's own text.

    >>> plain("**bold** :red[x]")
    '\\\\*\\\\*bold\\\\*\\\\* \\\\:red\\\\[x\\\\]'
    >>> plain("www.example.com") == f"www{WORD_JOINER}\\\\.example\\\\.com"
    True
    """
    line = " ".join(str(text).translate(WITHOUT_DIRECTION_CONTROLS).split())
    apart = MADE_OF_TEXT.sub(rf"\g<0>{WORD_JOINER}", line)
    return "".join(f"\\{each}" if each in MARKDOWN else each for each in apart)


def visible_line(text: str) -> str:
    """What somebody entered, on one line, without invisible or invalid characters: control
    characters, lone surrogates, which are not valid in UTF-8, and direction controls.

    >>> visible_line("  Call\\n the \\x07printer ")
    'Call the printer'
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(
        c
        for c in spaced
        if unicodedata.category(c) not in ("Cc", "Cs") and c not in DIRECTION_CONTROLS
    ).strip()


def code(text: object, at_most: int = 100) -> str:
    """An untrusted name or value as code in Markdown, on one line of at most this length.

    >>> code("tasks: 5"), code("a`b"), code("abcdef", at_most=4)
    ('`tasks: 5`', '`` a`b ``', '`abc…`')
    """
    line = "".join(each if each.isprintable() else " " for each in str(text)).strip() or " "
    short = line if len(line) <= at_most else f"{line[: at_most - 1]}…"
    short = short.replace(":material/", f":material{WORD_JOINER}/")  # an icon even in code
    if "`" not in short:
        return f"`{short}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", short)) + 1)
    return f"{fence} {short} {fence}"


def with_code(text: object) -> str:
    """Untrusted text, safe as in `plain`, with what is between backticks as code.

    >>> with_code("`name` is *no* argument")
    '`name` is \\\\*no\\\\* argument'
    """
    parts = str(text).split("`")
    return "".join(
        code(part) if at % 2 else _plain_part(part) for at, part in enumerate(parts) if part
    )


def _plain_part(text: str) -> str:
    """A part of a line: the spaces around it stay."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return before + plain(text) + after


def spreadsheet_text(value: object) -> object:
    """A value that a spreadsheet will not run: a quote keeps text that looks like a formula text.

    >>> spreadsheet_text("=1+1"), spreadsheet_text("high"), spreadsheet_text(-1)
    ("'=1+1", 'high', -1)
    """
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_formula else value


def counted(count: float, one: str, many: str = "") -> str:
    """A number of things in words. `many` is the plural, if it is not `one` with an s.

    >>> counted(1, "user"), counted(1_200, "user"), counted(2, "person", "people")
    ('1 user', '1,200 users', '2 people')
    >>> counted(1.0, "minute"), counted(0.5, "minute")
    ('1 minute', '0.5 minutes')
    """
    number = f"{count:,}" if isinstance(count, int) else f"{count:,g}"
    return f"{number} {one if count == 1 else many or one + 's'}"


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID that Signals accepts: 32 hexadecimal digits in five groups.

    >>> is_uuid("6A7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"), is_uuid("ada")
    (True, False)
    """
    return UUID.fullmatch(text) is not None


def duration_text(duration: timedelta) -> str:
    """A duration in its two largest consecutive units.

    >>> duration_text(timedelta(days=8, seconds=1))
    '8 days'
    >>> duration_text(timedelta(days=1, hours=3, minutes=5))
    '1 day 3 hours'
    """
    left, words = duration, []
    for name, unit in UNITS:
        count, left = divmod(left, unit)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
        elif words:
            break
    return " ".join(words[:2]) or "0 seconds"


def told_apart(labels: Iterable[str]) -> list[str]:
    """Labels, with a number added to each repeated one.

    A browser tells options apart by their labels: of two with one label, it may pick the wrong one.

    >>> told_apart(["tea", "milk", "tea"])
    ['tea', 'milk', 'tea (2)']
    """
    found: dict[str, None] = {}  # in their order, and quick to look up
    for label in labels:
        own, number = label, 1
        while own in found:
            number += 1
            own = f"{label} ({number})"
        found[own] = None
    return list(found)
