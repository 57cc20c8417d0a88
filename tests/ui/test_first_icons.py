"""The small font of icons has what the pages show, and is served for Streamlit's."""

import pytest
from fontTools.ttLib import TTFont
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from lib.ui.first_icons import FONT, WHOLE, FirstIcons, streamlits_font
from tests.support.scripts import script

making = script(".ci/icons.py")


async def streamlits(_: Request) -> Response:
    return PlainTextResponse("Streamlit's")


client = TestClient(
    Starlette(routes=[Route("/{path:path}", streamlits)], middleware=[Middleware(FirstIcons)])
)


def test_every_icon_that_a_page_may_show_is_in_the_small_font() -> None:
    names = making.named(making.whole_font())
    assert {"task_alt", "co_present"} <= names
    assert names - making.named(TTFont(FONT)) == set(), "`make icons` makes the font anew"


def test_streamlit_still_has_a_font_of_icons() -> None:
    assert streamlits_font(), (
        "Streamlit has no static/media/MaterialSymbols-Rounded.*.woff2 any more. Icons work, but"
        " are slower to come on a slow line: name the new file in lib/ui/first_icons.py."
    )


@pytest.mark.parametrize("base", ["", "base/"])
def test_the_small_font_is_the_answer_where_streamlits_is_asked_for(base: str) -> None:
    answer = client.get(f"/{base}{streamlits_font()}")
    assert answer.content == FONT.read_bytes()
    assert answer.headers["Content-Type"] == "font/woff2"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", [f"{streamlits_font()}?{WHOLE}", "static/media/other.woff2", ""])
def test_everything_else_is_streamlits(path: str) -> None:
    assert client.get(f"/{path}").text == "Streamlit's"
