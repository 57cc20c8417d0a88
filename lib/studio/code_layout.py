"""Python expressions laid out as ruff lays them out: on one line if they fit, else one part a line.

>>> print(written(Call("Event", [("name", Text('"page_view"'))])))
Event(name="page_view")
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100
INDENT = "    "


@dataclass(frozen=True)
class Text:
    """A name or a literal: never broken."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call. An argument without a name has an empty one."""

    name: str
    arguments: "Sequence[tuple[str, Node]]"


@dataclass(frozen=True)
class Row:
    """A list."""

    parts: "Sequence[Node]"


@dataclass(frozen=True)
class Table:
    """A dictionary."""

    parts: "Sequence[tuple[str, Node]]"


Node = Text | Call | Row | Table


def written(node: Node, before: str = "", indent: str = "", after: str = "") -> str:
    """An expression that stands between `before` and `after`, in a line with this indent."""
    line = f"{indent}{before}{_flat(node)}{after}"
    opening, parts, closing = _parts(node)
    if len(line) <= WIDTH or not parts:
        return line
    deeper = indent + INDENT
    inner = [written(part, name, deeper, ",") for name, part in parts]
    return "\n".join([f"{indent}{before}{opening}", *inner, f"{indent}{closing}{after}"])


def _flat(node: Node) -> str:
    opening, parts, closing = _parts(node)
    return opening + ", ".join(name + _flat(part) for name, part in parts) + closing


def _parts(node: Node) -> tuple[str, list[tuple[str, Node]], str]:
    """How an expression begins, its parts with what stands before each, and how it ends."""
    if isinstance(node, Text):
        return node.text, [], ""
    if isinstance(node, Call):
        named = [(f"{name}=" if name else "", part) for name, part in node.arguments]
        return f"{node.name}(", named, ")"
    if isinstance(node, Row):
        return "[", [("", part) for part in node.parts], "]"
    return "{", [(f"{quoted(name)}: ", part) for name, part in node.parts], "}"


def quoted(text: str) -> str:
    r"""A text as a literal, in double quotes unless it has more of them than single ones.

    >>> print(quoted("it's"), quoted('say "hi"'), quoted("a\\b\n"))
    "it's" 'say "hi"' "a\\b\n"
    """
    quote = '"' if text.count('"') <= text.count("'") else "'"
    return quote + "".join(_escaped(each, quote) for each in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    return character if character.isprintable() else repr(character)[1:-1]
