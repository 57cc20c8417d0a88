"""The icons that the app's pages show, in a font of their own: 18 kB instead of Streamlit's 375.

On a slow line, Streamlit's font delays the scripts that a page waits for by two seconds. A browser
that asks for it gets the small one. Once the page is there, `index_page.js` fetches the whole font,
for whatever the small one lacks.

`make icons` makes the file again. Material Symbols is Google's, under the Apache License 2.0.
"""

from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

FONT = Path(__file__).with_suffix(".woff2")
FOREVER = "public, immutable, max-age=31536000"  # as Streamlit says of files named by their content
WHOLE = "whole"  # the query that asks for Streamlit's own


def streamlits_font() -> str:
    """The address of Streamlit's font of icons, relative to the app's; empty if it has none."""
    folder = Path(get_static_dir())
    found = folder.glob("static/media/MaterialSymbols-Rounded.*.woff2")
    return next((each.relative_to(folder).as_posix() for each in found), "")


class FirstIcons:
    """Pure ASGI middleware: answers with the small font where Streamlit's is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._asked = streamlits_font()
        headers = {"Cache-Control": FOREVER}
        self._small = Response(FONT.read_bytes(), media_type="font/woff2", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._small if self._is_for_small(scope) else self.app)(scope, receive, send)

    def _is_for_small(self, scope: Scope) -> bool:
        if scope["type"] != "http" or not self._asked:
            return False
        path: str = scope["path"]
        return path.endswith(f"/{self._asked}") and scope["query_string"] != WHOLE.encode()
