"""What a process does before it lets anybody in."""

import asyncio
import gc
import subprocess
import sys

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from lib.ui import opening, process
from lib.ui.opening import opened
from tests.support.processes import ROOT

# What a run of the frame and of all pages imports that opening the process did not.
LATE = """
import ast, sys
from pathlib import Path
from lib.ui import opening
[opening._import_all(room) for room in opening.ROOMS]
for file in [Path("frame.py"), *Path("pages").glob("*.py")]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("lib."):
            if node.module not in sys.modules:
                print(file, node.module)
"""


def open_server() -> None:
    async def serve() -> None:
        async with opened(st.App(str(ROOT / "frame.py"))):
            pass

    asyncio.run(serve())


def test_sandbox_is_open_and_the_frame_insisted_on_before_anybody_comes(
    unconfigured: pytest.MonkeyPatch,
) -> None:
    unconfigured.setattr(PagesManager, "uses_pages_directory", None)
    asked: list[str] = []
    unconfigured.setattr(opening, "process", lambda: asked.append("process"))

    open_server()

    assert (asked, PagesManager.uses_pages_directory) == (["process"], False)


def test_server_with_wrong_settings_starts_and_leaves_it_to_the_page_to_say_so(
    unconfigured: pytest.MonkeyPatch,
) -> None:
    unconfigured.setenv("COLLECTOR_URL", "https://collector.example.com")

    open_server()

    with pytest.raises(opening.SettingsError):
        process.process()


@pytest.mark.parametrize("problem", [None, OSError("the disk is full")])
def test_garbage_is_collected_again_once_all_is_imported(
    unconfigured: pytest.MonkeyPatch, problem: Exception | None
) -> None:
    collects: list[bool] = []

    def open_process() -> None:
        collects.append(gc.isenabled())
        if problem is not None:
            raise problem

    unconfigured.setattr(opening, "process", open_process)

    open_server()

    assert (collects, gc.isenabled()) == ([False], True)


def test_pages_import_nothing_that_was_not_imported_before() -> None:
    found = subprocess.run(
        [sys.executable, "-c", LATE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == ""
