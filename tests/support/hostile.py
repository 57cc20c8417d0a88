"""Strategies for input that is nearly right, and values that have broken readers before."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff!",
    "\U0001f600",
    "é",
    "\u202e",
    "null",
    "true",
    "NaN",
    "1e400",
    "-0",
    "1" * 400,
    "x" * 5_000,
    "../../etc/passwd",
    "%s%n%00",
    "'; DROP TABLE event; --",
    "a.b[0].c",
    "$.",
    "[0]",
    "a" * 129,
    "P7D",
    "PT0S",
    "P999999999D",
    "-P1D",
    "(a+)+$",
    "user_id",
    "things:count",
    "things_v1:count",
    "things_v99999999999:count",
]
NUMBERS = [0, -1, 1, 0.1, -0.0, 1e308, 5e-324, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30]

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
scalars = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), st.floats(), texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=10,
)

RAW = [  # JSON as text, since these are not to be had in another way
    *["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 400, "-0", "1E+2", "01", "+1", ""],
    *['"\\ud800"', '"\\udc00\\ud800"', '"a\\u0000b"', '"\\u2028"', '"\x01"', "'a'", '"\\x"'],
    *["[" * 99 + "]" * 99, "[" * 2_000 + "]" * 2_000, '{"a":' * 200 + "1" + "}" * 200, "[1,]"],
    *['{"a":1,"a":2}', '{"":{"":[]}}', "[[], {}]", "\ufeff1", "9223372036854775808", "tru"],
]
json_texts = st.recursive(
    st.one_of(scalars.map(json.dumps), st.sampled_from(RAW)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(texts.map(json.dumps), inner), max_size=3).map(
            lambda items: f"{{{','.join(f'{name}:{value}' for name, value in items)}}}"
        ),
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    if not isinstance(value, dict | list):
        return []
    keys: Any = value if isinstance(value, dict) else range(len(value))
    return [each for key in keys for each in [(*path, key), *places(value[key], (*path, key))]]


@st.composite
def mutated(draw: st.DrawFn, originals: list[Any]) -> Any:
    """One of some JSON values, up to three of its parts replaced, left out or doubled."""
    value = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        candidates = places(value)
        if not candidates:
            break
        *way, last = draw(st.sampled_from(candidates))
        holder = value
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "leave out", "double", "swap"])):
            case "replace":
                holder[last] = draw(json_values)
            case "leave out":
                del holder[last]
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case _:
                *other, key = draw(st.sampled_from(candidates))
                holder[last] = at(value, [*other, key])
    return value


def at(value: Any, path: list[Any]) -> Any:
    """A copy of what is at a path; None if it is there no more."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return copy.deepcopy(value)


def dumped(value: Any) -> bytes:
    """As Python's own `json` writes it: NaN, infinities and lone surrogates included."""
    return json.dumps(value).encode()
