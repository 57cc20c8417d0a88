"""Cells as a Jupyter notebook, and as a script: the same program in pieces and as a whole.

A notebook is a JSON document of a few fields, so nothing of Jupyter's is needed to write one.

Source: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

WIDTH = 98


@dataclass(frozen=True)
class Cell:
    """One cell: words, a line that only Jupyter understands, or code."""

    kind: Literal["words", "jupyter", "code"]
    text: str


def notebook(cells: Sequence[Cell]) -> str:
    """The cells as an `.ipynb` document, version 4.5."""
    document = {
        "cells": [_cell(number, each) for number, each in enumerate(cells, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def script(cells: Sequence[Cell]) -> str:
    """The cells as a program: the first words are its docstring, and the others are comments."""
    first, *rest = cells
    blocks = [f'"""{first.text}\n"""']
    for each in rest:
        if each.kind == "code":
            blocks.append(each.text)
        elif each.kind == "words":
            blocks.append(_comment(each.text))
    return "\n\n".join(blocks) + "\n"


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    common = {
        "id": f"cell-{number}",
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    if cell.kind == "words":
        return {"cell_type": "markdown", **common}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **common}


def _comment(text: str) -> str:
    """Words as a comment; a heading's marks are left out."""
    paragraphs = [textwrap.wrap(each.lstrip("# "), WIDTH) for each in text.split("\n\n")]
    return "\n#\n".join("\n".join(f"# {line}" for line in each) for each in paragraphs)
