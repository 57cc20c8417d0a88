"""The page that a browser gets first: Streamlit's own, with our head."""

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from lib.ui.index_page import (
    ON_OTHER_PAGES,
    ON_THE_BOARD,
    PRELOADED_FONT,
    IndexPage,
    scripts,
)

STATIC = Path(get_static_dir())
STREAMLITS = (STATIC / "index.html").read_text()


async def answer(request: Request) -> Response:
    if "If-None-Match" in request.headers:
        return Response(status_code=304)
    return HTMLResponse(STREAMLITS, headers={"ETag": '"streamlits"'})


client = TestClient(
    Starlette(
        routes=[Route("/{path:path}", answer, methods=["GET", "HEAD"])],
        middleware=[Middleware(IndexPage)],
    )
)


@pytest.mark.parametrize("path", ["/", "/attributes", "/base/attributes"])
def test_page_is_streamlits_with_the_apps_name_and_script_before_its_scripts(path: str) -> None:
    page = client.get(path).text
    assert "<title>Project app</title>" in page
    assert page.index("BACKEND_BASE_URL") < page.index('<script type="module"')
    assert page.endswith(STREAMLITS[STREAMLITS.index("</head>") :])


def test_page_comes_gzipped_or_as_it_is_and_is_the_same() -> None:
    packed = client.get("/")
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text


def test_browser_that_has_streamlits_own_page_gets_ours() -> None:
    answered = client.get("/", headers={"If-None-Match": '"streamlits"'})
    assert (answered.status_code, "ETag" in answered.headers) == (200, False)


@pytest.mark.parametrize("path", ["/_stcore/health", "/media/a.csv", "/static/js/index.js"])
def test_everything_else_passes_as_it_is(path: str) -> None:
    assert client.get(path).text == STREAMLITS


@pytest.mark.parametrize("kind", [*ON_THE_BOARD, *ON_OTHER_PAGES])
def test_streamlit_still_has_a_script_for_each_kind_of_element(kind: str) -> None:
    assert scripts([kind]), (
        f"Streamlit has no script called {kind}.*.js any more. Its pages work, but are slower to"
        " come on a slow line: name the new script in lib/ui/index_page.py."
    )


def test_each_script_is_named_once_and_is_there() -> None:
    page = client.get("/").text
    now = re.findall(r'href="\./static/js/([^"]+)"', page)
    later = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    named = now + [path.removeprefix("static/js/") for path in later["scripts"]]
    assert len(named) == len(set(named))
    assert [name for name in named if not (STATIC / "static/js" / name).exists()] == []
    assert any("PlotlyChart" in path for path in later["scripts"])


def test_nothing_but_scripts_comes_before_the_page() -> None:
    page = client.get("/").text
    assert PRELOADED_FONT.search(STREAMLITS), "Streamlit's page preloads no font any more"
    assert 'as="font"' not in page


def test_streamlits_page_still_has_what_ours_replaces() -> None:
    assert STREAMLITS.count("<title>Streamlit</title>") == STREAMLITS.count("</head>") == 1
