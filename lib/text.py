"""Text from outside, made safe for where it is shown: Markdown, names, spreadsheets."""

import re

DIRECTION_CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
MARKDOWN = "\\`*_{}[]()<>#+-.!|~$:&"
MADE_OF_TEXT = re.compile(
    r"https?:(?=//)|www(?=\.)|\w(?=@\w)|:(?=material/|streamlit:)|[->](?=[->=])|[<~!](?=[-=])",
    re.IGNORECASE,
)
WORD_JOINER = "\u2060"
# The signs of a formula, also in full width, and the breaks before which a spreadsheet skips.
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
WITHOUT_DIRECTION_CONTROLS = str.maketrans("", "", DIRECTION_CONTROLS)


def plain(text: object) -> str:
    """Text from outside, so that Markdown shows it as it is, on one line.

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


def code(text: object, at_most: int = 100) -> str:
    """A name or a value from outside as code in Markdown, on one line of at most this length.

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


def spreadsheet_text(value: object) -> object:
    """A value that a spreadsheet will not run: a quote keeps text that looks like a formula text.

    >>> spreadsheet_text("=1+1"), spreadsheet_text("high"), spreadsheet_text(-1)
    ("'=1+1", 'high', -1)
    """
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_formula else value
