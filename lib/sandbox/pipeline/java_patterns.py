r"""Patterns as Snowplow's validator, which is written in Java, reads them.

JSON Schema's patterns are JavaScript's, and so are those of the validator used here.
`in_javascript` translates what only Java knows (`(?i)`, `\p{Alpha}`, `\A`, `[\w-.]`) or reads in
its own way (`\s` is ASCII). Two things stay different *(ours)*: possessive quantifiers and atomic
groups may give back what they took, and `$` does not match before a newline at the end.

Source: PatternValidator in networknt/json-schema-validator, and java.util.regex.Pattern.
"""

import re

_HORIZONTAL = r"\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_VERTICAL = r"\n\x0b\f\r\x85\u2028\u2029"
_SPACE = r"\t\n\x0b\f\r "
_PUNCTUATION = r"!-\/:-@\[-`\{-~"
_SETS = {
    "h": _HORIZONTAL, "v": _VERTICAL, "s": _SPACE,
    "Lower": "a-z", "Upper": "A-Z", "ASCII": r"\x00-\x7f", "Alpha": "a-zA-Z", "Digit": "0-9",
    "Alnum": "a-zA-Z0-9", "Punct": _PUNCTUATION, "Graph": "!-~", "Print": " -~", "Blank": r"\t ",
    "Cntrl": r"\x00-\x1f\x7f", "XDigit": "0-9a-fA-F", "Space": _SPACE,
}  # fmt: skip
_SAME = "dDwWbBnrtf"
_OTHERS = {
    "a": r"\x07", "e": r"\x1b", "A": "^", "z": "$", "R": rf"(?:\r\n|[{_VERTICAL}])",
    "Z": rf"(?=(?:\r\n|[{_VERTICAL}])?$)",
}  # fmt: skip
_UNKNOWN_HERE = "GXNk"

_TOKEN = re.compile(
    r"""
      \\Q(?P<literal>.*?)(?:\\E|\Z)
    | \\(?P<negated>[pP])(?:\{(?P<property>\w+(?:=\w+)?)\}|(?P<letter>[A-Z]))
    | \\x(?:\{(?P<braced>[0-9a-fA-F]{1,6})\}|(?P<hex>[0-9a-fA-F]{2}))
    | \\u(?P<unicode>[0-9a-fA-F]{4})
    | \\0(?P<octal>[0-3]?[0-7]{1,2})
    | \\(?P<control>c[A-Z]) | \\(?P<back>[1-9])
    | \\(?P<escaped>.)
    | \(\?(?P<flags>[a-zA-Z]*(?:-[a-zA-Z]+)?)(?P<flags_end>[:)])
    | (?P<atomic>\(\?>) | \(\?<(?P<name>[a-zA-Z][a-zA-Z0-9]*)> | (?P<look>\(\?<?[=!])
    | (?P<unknown>\(\?)
    | (?P<quantifier>[*+?]|\{[0-9]+(?:,[0-9]*)?\})(?P<mode>[+?]?)
    | (?P<plain>[^\\])
    """,
    re.VERBOSE | re.DOTALL,
)


class UnknownHere(Exception):
    """The pattern may be right in Java, but cannot be translated."""


def in_javascript(pattern: str) -> str:
    r"""The pattern in JavaScript's syntax.

    Raises `ValueError` if Java refuses it, and `UnknownHere` if it cannot be translated.

    >>> in_javascript(r"(?i)\A[\w-.]+@\p{Alpha}++\z")
    '(?i:^[\\w\\-.]+@[a-zA-Z]+$)'
    """
    return _Translation(pattern).result()


class _Translation:
    """The pattern, how far it is read, and the flags that were set in each open group."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._flags: list[list[str]] = [[]]

    def result(self) -> str:
        parts = []
        while self._at < len(self._pattern):
            parts.append(self._class() if self._pattern[self._at] == "[" else self._part())
        if len(self._flags) > 1:
            raise ValueError("a group is not closed")
        return "".join(parts) + self._closed()

    def _token(self) -> re.Match[str]:
        token = _TOKEN.match(self._pattern, self._at)
        if token is None:
            raise ValueError("it ends with a backslash")
        self._at = token.end()
        return token

    def _part(self) -> str:
        """A part that is outside of brackets."""
        token = self._token()
        if token["quantifier"]:
            return token["quantifier"] + token["mode"].replace("+", "")
        if token["flags_end"]:
            return self._flagged(token["flags"], token["flags_end"])
        if token["atomic"] or token["look"] or token["name"]:
            self._flags.append([])
            return "(?:" if token["atomic"] else token[0]
        if token["unknown"]:
            raise ValueError("(? starts no group that Java knows")
        return self._plain(token["plain"]) if token["plain"] else _escape(token)

    def _plain(self, character: str) -> str:
        if character == "(":
            self._flags.append([])
        elif character == ")":
            if len(self._flags) == 1:
                raise ValueError("a group is closed that is not open")
            return self._closed() + self._flags_end()
        elif character == "|":
            return f"{self._closed()}|{''.join(self._flags[-1])}"
        elif character == "{":
            raise ValueError("{ is not a repetition; write \\{ for the character")
        elif character in "]}":
            return f"\\{character}"
        return character

    def _flagged(self, flags: str, end: str) -> str:
        """A group with flags; flags without a group hold to the end of the one around them."""
        known = flags.replace("u", "").replace("d", "").removesuffix("-")
        if set(known) - set("ims-"):
            raise UnknownHere(f"the flags {flags}")
        opened = f"(?{known}:"
        if end == ":":
            self._flags.append([])
        else:
            self._flags[-1].append(opened)
        return opened

    def _closed(self) -> str:
        return ")" * len(self._flags[-1])

    def _flags_end(self) -> str:
        self._flags.pop()
        return ")"

    def _class(self) -> str:
        """A class in brackets."""
        start = "[^" if self._pattern.startswith("[^", self._at) else "["
        self._at += len(start)
        return f"{start}{self._items()}]"

    def _items(self) -> str:
        """What is in brackets, up to the one that closes them; inner brackets are dissolved."""
        parts: list[str] = []
        after_set = False
        while self._at < len(self._pattern):
            if self._pattern.startswith(("&&", "[^"), self._at):
                raise UnknownHere("a class in a class, or &&")
            token = self._token()
            part = _escape(token, in_class=True) if token[0][0] == "\\" else token[0]
            if part == "]" and parts:
                return "".join(parts)
            if part == "[":
                part = self._items()
            elif part == "]" or (part == "-" and after_set):
                part = f"\\{part}"
            after_set = token[0][0] == "\\" and len(part) > 1 and part[1] in "dDwWpP"
            parts.append(part)
        raise ValueError("a class in brackets is not closed")


def _escape(token: re.Match[str], in_class: bool = False) -> str:
    """What begins with a backslash."""
    if token["literal"] is not None:
        return "".join(map(_character, token["literal"]))
    if code := token["braced"] or token["hex"] or token["unicode"]:
        return _character(chr(int(code, 16)))
    if token["octal"]:
        return _character(chr(int(token["octal"], 8)))
    if token["control"] or token["back"]:
        return token[0]
    if token["negated"]:
        name = token["property"] or token["letter"]
        if name.startswith(("In", "java")):  # blocks, and Java's own classes
            raise UnknownHere(token[0])
        return _set(name, token["negated"] == "P", in_class) or f"\\{token['negated']}{{{name}}}"
    return _escaped(token["escaped"], in_class)


def _escaped(letter: str, in_class: bool) -> str:
    if not (letter.isascii() and letter.isalnum()):
        return _character(letter)
    if letter in _SAME:
        return f"\\{letter}"
    if letter in _UNKNOWN_HERE:
        raise UnknownHere(f"\\{letter}")
    if (found := _set(letter.lower(), letter.isupper(), in_class)) is not None:
        return found
    if letter not in _OTHERS or (in_class and letter not in "ae"):
        raise ValueError(f"\\{letter} is not known to Java")
    return _OTHERS[letter]


def _set(name: str, is_negated: bool, in_class: bool) -> str | None:
    """A set of characters that JavaScript has no name for, or None if it is none of these."""
    characters = _SETS.get(name)
    if characters is None:
        return None
    if is_negated and in_class:
        raise UnknownHere(f"a class that leaves out {name} and has more")
    if in_class:
        return characters
    return f"[{'^' if is_negated else ''}{characters}]"


def _character(character: str) -> str:
    """One character that means itself."""
    if character in "\\^$.*+?()[]{}|/-":
        return f"\\{character}"
    return character
