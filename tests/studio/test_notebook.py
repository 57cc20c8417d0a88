"""Cells as a notebook, which Jupyter takes, and as a script, which Python takes."""

import ast
from typing import Any

import nbformat

from lib.studio.notebook import Cell, notebook, script

CELLS = [
    Cell("words", "# A title\n\nWhat it is."),
    Cell("jupyter", "%pip install --quiet a-package"),
    Cell("words", "## A part\n\n" + "A long sentence about it. " * 8),
    Cell("code", "x = 1\nprint(x)"),
]


def read(cells: list[Cell]) -> Any:
    return nbformat.reads(notebook(cells), as_version=4)


def test_notebook_is_valid_and_has_every_cell() -> None:
    found = read(CELLS)
    nbformat.validate(found)
    assert [(each.cell_type, each.source) for each in found.cells] == [
        ("markdown", CELLS[0].text),
        ("code", CELLS[1].text),
        ("markdown", CELLS[2].text),
        ("code", CELLS[3].text),
    ]


def test_script_is_the_same_program_without_what_only_jupyter_understands() -> None:
    written = script(CELLS)
    assert ast.get_docstring(ast.parse(written)) == "# A title\n\nWhat it is."
    assert "%pip" not in written
    assert written.endswith("\n\nx = 1\nprint(x)\n")
    assert "\n# A part\n#\n# A long sentence" in written
    assert max(map(len, written.splitlines())) <= 100
