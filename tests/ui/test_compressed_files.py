"""Streamlit's static files come compressed, each once, and are the same files."""

import gzip
import re
from pathlib import Path

import brotli
import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from lib.ui.compressed_files import KEPT_BYTES, CompressedFiles
from tests.support.app_server import Server
from tests.support.waiting import eventually

STATIC = Path(streamlit.__file__).parent / "static"
TEXT = "function answer() { return 42 }\n" * 100


class Files:
    """An app with static files, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        routes = [Route("/{path:path}", self.answer, methods=["GET", "HEAD"])]
        app = Starlette(routes=routes, middleware=[Middleware(CompressedFiles)])
        self.client = TestClient(app)

    async def answer(self, request: Request) -> Response:
        self.asked += 1
        assert not {"range", "if-range", "if-none-match"} & set(request.headers)
        status = 404 if "missing" in request.url.path else 200
        return PlainTextResponse(TEXT, status, {"ETag": '"1"', "Accept-Ranges": "bytes"})


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.mark.parametrize(
    ("taken", "encoding"),
    [("gzip, deflate, br, zstd", "br"), ("br;q=1.0, gzip;q=0.8", "br"), ("gzip, deflate", "gzip")],
)
def test_a_file_comes_compressed_as_the_browser_takes_it_and_is_the_same(
    files: Files, taken: str, encoding: str
) -> None:
    headers = {"Accept-Encoding": taken}
    answer = files.client.get("/static/js/index.abc.js", headers=headers)
    assert answer.text == TEXT
    assert answer.headers["Content-Encoding"] == encoding
    assert int(answer.headers["Content-Length"]) < len(TEXT) / 10
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "asked",
    [{"Range": "bytes=9-", "If-Range": '"1"'}, {"Range": "bytes=0-9"}, {"If-None-Match": '"1"'}],
)
def test_a_file_comes_whole_so_that_nobody_joins_parts_of_two_encodings(
    files: Files, asked: dict[str, str]
) -> None:
    answer = files.client.get("/static/js/index.abc.js", headers=asked)
    assert (answer.status_code, answer.text) == (200, TEXT)
    assert (answer.headers["ETag"], answer.headers["Accept-Ranges"]) == ('W/"1"', "none")


def test_a_file_is_compressed_once(files: Files) -> None:
    first, second = (files.client.get("/static/css/index.abc.css").text for _ in range(2))
    assert first == second == TEXT
    assert files.asked == 1


def test_a_file_is_smaller_for_those_who_come_later(server: Server) -> None:
    def answer() -> httpx.Response:
        headers = {"Accept-Encoding": "br"}
        return httpx.get(f"{server.url}/static/js/{script.name}", headers=headers, trust_env=False)

    script = next((STATIC / "static" / "js").glob("react-dom.*.js"))
    at_once = len(brotli.compress(script.read_bytes(), quality=6))
    assert eventually(lambda: int(answer().headers["Content-Length"]) < 0.96 * at_once)
    assert answer().text == script.read_text()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/static/media/logo.woff2", {}),
        ("/media/attributes.csv", {}),
        ("/static/js/index.js", {"Accept-Encoding": "identity"}),
    ],
)
def test_everything_else_comes_as_it_is(files: Files, path: str, headers: dict[str, str]) -> None:
    answer = files.client.get(path, headers=headers)
    assert answer.text == TEXT
    assert "Content-Encoding" not in answer.headers


def test_a_file_that_was_cut_off_because_its_reader_left_is_not_kept() -> None:
    bodies = iter([b"", TEXT.encode()])

    async def files(scope: Scope, receive: Receive, send: Send) -> None:
        length = (b"content-length", str(len(TEXT)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": next(bodies)})

    client = TestClient(CompressedFiles(files))
    assert client.get("/static/js/index.abc.js").content == b""
    assert client.get("/static/js/index.abc.js").text == TEXT


def test_a_file_that_is_missing_is_not_kept(files: Files) -> None:
    assert [files.client.get("/static/js/missing.js").status_code for _ in range(2)] == [404, 404]
    assert files.asked == 2


def test_a_head_has_no_body(files: Files) -> None:
    assert files.client.head("/static/js/index.js").text == ""


# The app itself


def test_the_app_s_scripts_and_styles_come_compressed_and_are_kept_by_browsers(
    server: Server,
) -> None:
    page = httpx.get(server.url, trust_env=False).text
    names = re.findall(r"static/(?:js|css)/[\w.-]+\.(?:js|css)", page)
    assert names
    for name in names:
        answer = httpx.get(f"{server.url}/{name}", trust_env=False)
        assert answer.status_code == 200 and answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content == (STATIC / name).read_bytes()


def test_all_static_files_together_fit_into_what_is_kept() -> None:
    files = [each for each in STATIC.rglob("*") if each.suffix in (".js", ".css")]
    assert files
    assert sum(len(gzip.compress(each.read_bytes(), 1)) for each in files) < KEPT_BYTES
