"""The page that a browser gets before anything runs: Streamlit's own, with a script in its head.

Streamlit's page knows nothing about this app. `index_page.js` says what the script adds, and why.
`index_page.css` has what no theme option of Streamlit offers: sizes for fingers, phones and
projectors, the look of cards, and the places of toasts and of the story's caption.

The page also names the scripts that the board needs, so that a browser requests them right after
those that Streamlit needs to connect, and those that other pages need, which it fetches when it is
idle. The font of the text comes with the first text, not before the scripts. On a slow line, these
files are what people wait for longest.
"""

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from lib.ui.compressed_files import Answer, whole_answer
from lib.ui.first_icons import WHOLE, streamlits_font

SCRIPT = Path(__file__).with_suffix(".js")
STYLE = Path(__file__).with_suffix(".css")
STREAMLITS_TITLE = "<title>Streamlit</title>"
TITLE = "<title>Project app</title>"
END = "</head>"
PRELOADED_FONT = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>\s*')
# Streamlit has a script for each kind of element. Its name begins with these words.
ON_THE_BOARD = ("BidiComponent", "Button", "Checkbox", "Metric", "PageLink", "Progress", "Radio")
ON_OTHER_PAGES = (
    "PlotlyChart",
    "DownloadButton",
    "StreamlitSyntaxHighlighter",
    "NumberInput",
    "TextInput",
    "Selectbox",
    "DataFrame",
    "reactJsonViewCompat",
    "LinkButton",
    "Multiselect",
    "TextArea",
    "Table",
)
IMPORT = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')
IMPORTS_WITHIN = 20_000  # characters; a script begins with its imports


class IndexPage:
    """Pure ASGI middleware: puts the head into each page of Streamlit's, and gzips it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_for_a_page(scope):
            await self.app(scope, receive, send)
            return
        headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        answer = await whole_answer(self.app, {**scope, "headers": headers}, receive)
        if answer.start["status"] == 200 and STREAMLITS_TITLE.encode() in answer.body:
            takes_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
            answer = _with_head(answer, takes_gzip)
        await answer.send(send)


def _is_for_a_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = scope["path"]
    return "." not in path and "/_stcore/" not in path and "/media/" not in path


def _with_head(answer: Answer, takes_gzip: bool) -> Answer:
    body = _page(answer.body)
    start = {**answer.start, "headers": list(answer.start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    for name in ("etag", "last-modified", "accept-ranges"):  # those of another page
        if name in headers:
            del headers[name]
    if takes_gzip:
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Vary"] = "Accept-Encoding"
    headers["Content-Length"] = str(len(body))
    return Answer(start, body)


@cache
def _page(streamlits: bytes) -> bytes:
    """Streamlit's page with our head in it. There is one, so it is made once."""
    page = streamlits.decode()
    named = set(re.findall(r"static/js/([\w.-]+\.js)", page))
    now = scripts(ON_THE_BOARD, without=named)
    later = {
        "icons": f"{streamlits_font()}?{WHOLE}",
        "scripts": [
            f"static/js/{name}" for name in scripts(ON_OTHER_PAGES, without=named | set(now))
        ],
    }
    begin = [
        TITLE,
        f'<script id="later" type="application/json">{json.dumps(later)}</script>',
        f"<style>{STYLE.read_text()}</style>",
        f"<script>{SCRIPT.read_text()}</script>",
    ]
    end = [
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="./static/js/{name}">'
        for name in now
    ]
    page = PRELOADED_FONT.sub("", page)
    page = page.replace(STREAMLITS_TITLE, "\n".join(begin), 1)
    return page.replace(END, "\n".join([*end, END]), 1).encode()


def scripts(kinds: Iterable[str], *, without: Iterable[str] = ()) -> list[str]:
    """The names of the scripts for these kinds of elements, each after what it imports.

    >>> [name.split(".")[0] for name in scripts(["Metric"])][-1]
    'Metric'
    """
    folder = Path(get_static_dir()) / "static" / "js"
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found or name in seen:
            return
        seen.add(name)
        with (folder / name).open() as script:
            for imported in IMPORT.findall(script.read(IMPORTS_WITHIN)):
                add(imported)
        found[name] = None

    seen = set(without)
    for kind in kinds:
        for path in sorted(folder.glob(f"{kind}.*.js")):
            add(path.name)
    return list(found)
