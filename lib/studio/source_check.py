"""The bounds of a program, checked token by token before Python's parser sees it.

What a definition needs is brackets, names, commas and literals. Everything else is refused here, so
the parser gets nothing deep, nothing large, and no keyword but `import`.
"""

import io
import keyword
import re
import token
import tokenize
from collections.abc import Iterator

MOST_CHARACTERS = 40_000
MOST_TOKENS = 12_000
DEEPEST = 24
LONGEST_NUMBER = 400
KEYWORDS = frozenset({"from", "import", "as", "None", "True", "False"})
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
SIGNS = OPENING | CLOSING | frozenset({",", ";", "=", ".", ":", "-", "..."})
STRING_PREFIXES = frozenset({"", "r", "u"})
UNKNOWN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\\'\"abfnrtvxNuU0-7\n]")
WORDS_FOR = {
    "lambda": "functions",
    "def": "functions",
    "class": "classes",
    "for": "loops",
    "while": "loops",
    "if": "conditions",
    "else": "conditions",
    "with": "with blocks",
    "try": "try blocks",
    "del": "del",
    "global": "global",
}


class Refused(Exception):
    """A program that is not read: where, counted from 1, and why in a sentence."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(f"Line {line}, column {column}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


def check_source(source: str) -> None:
    """Raises `Refused` for a program that is too large, too deep, or says more than definitions."""
    _check_characters(source)
    depth = 0
    before: tokenize.TokenInfo | None = None
    for count, each in enumerate(_tokens(source), 1):
        if count > MOST_TOKENS:
            raise _refused(each, f"This is too long: at most {MOST_TOKENS:,} words and signs.")
        depth += (each.string in OPENING) - (each.string in CLOSING)
        if depth > DEEPEST:
            raise _refused(each, f"Brackets are nested more than {DEEPEST} deep.")
        _check_token(each, before)
        before = each


def _check_characters(source: str) -> None:
    if len(source) > MOST_CHARACTERS:
        raise Refused(1, 1, f"This is too long: at most {MOST_CHARACTERS:,} characters.")
    for number, line in enumerate(source.split("\n"), 1):
        for column, character in enumerate(line, 1):
            if not character.isprintable() and character not in "\t\r":
                code = f"U+{ord(character):04X}"
                raise Refused(number, column, f"The invisible character {code} is not read.")


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a program, without comments, up to the first that Python cannot read: its
    parser does not get further either, and says better what is wrong."""
    try:
        for each in tokenize.generate_tokens(io.StringIO(source).readline):
            if each.type not in (token.COMMENT, token.NL):
                yield each
    except tokenize.TokenError:
        return
    except SyntaxError as error:
        raise syntax_refused(error) from None


def syntax_refused(error: SyntaxError) -> Refused:
    """What Python's own parser says, as a refusal."""
    return Refused(error.lineno or 1, error.offset or 1, f"Python cannot read this: {error.msg}.")


def _check_token(each: tokenize.TokenInfo, before: tokenize.TokenInfo | None) -> None:
    if each.type == token.NAME and keyword.iskeyword(each.string) and each.string not in KEYWORDS:
        word = WORDS_FOR.get(each.string, f"`{each.string}`")
        raise _refused(each, f"This only reads definitions, and no {word}.")
    if each.type == token.OP:
        _check_sign(each, before)
    elif each.type == token.NUMBER and len(each.string) > LONGEST_NUMBER:
        raise _refused(each, "This number is too long.")
    elif each.type == token.STRING:
        _check_string(each)
    elif each.type in (token.INDENT, token.DEDENT) and each.string:
        raise _refused(each, "This line is indented, and nothing before it opens a block.")
    elif each.type == token.ERRORTOKEN and each.string.strip():
        raise _refused(each, f"Python cannot read this: {each.string[:20]}")
    elif token.tok_name[each.type].startswith(("FSTRING", "TSTRING")):
        raise _refused(each, "Strings with values in them are not read. Write the whole text.")


def _check_sign(each: tokenize.TokenInfo, before: tokenize.TokenInfo | None) -> None:
    if each.string == "*" and before is not None and before.string == "import":
        raise _refused(each, "`import *` is not read: import each name, or leave the import out.")
    if each.string not in SIGNS:
        raise _refused(each, f"`{each.string}` is not read: write the value itself.")
    if before is None:
        return
    is_repeated = each.string == "-" == before.string
    follows_a_value = before.string in CLOSING or before.type in (token.STRING, token.NUMBER)
    if is_repeated or (follows_a_value and each.string in ("(", "[", ".")):
        raise _refused(each, f"`{each.string}` is not read here: write the value itself.")


def _check_string(each: tokenize.TokenInfo) -> None:
    prefix = re.match(r"\w*", each.string)
    letters = prefix.group().lower() if prefix else ""
    if letters not in STRING_PREFIXES:
        raise _refused(each, "Only plain strings are read: no values in them, and no bytes.")
    escape = None if "r" in letters else UNKNOWN_ESCAPE.search(each.string)
    if escape:
        sign = escape.group()[-2:]
        raise _refused(each, f"`{sign}` means nothing in a string. For a backslash, write two.")


def _refused(each: tokenize.TokenInfo, reason: str) -> Refused:
    line, column = each.start
    return Refused(line, column + 1, reason)
