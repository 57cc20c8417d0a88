"""Streamlit's own scripts and styles, gzipped: on a slow line a page waits for them most of all.

Streamlit serves them as they are on the disk: 2.3 MB for the board, and 6.6 MB more for the first
chart. Their names contain a hash of their content, so each is compressed once and kept.

They come whole or not at all. A browser that lost its line in the middle of a file asks for the
rest by Streamlit's `ETag`, and would put bytes of the plain file after those of the gzipped one.
"""

import asyncio
import gzip
from dataclasses import dataclass

from cachetools import LRUCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_BYTES = 16_000_000  # all of Streamlit's files take about half of it
LEVEL = 6  # the next one takes a third longer, and saves nothing
COMPRESSIBLE = (".js", ".css")
CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range", b"range")


@dataclass(frozen=True)
class Answer:
    """A whole answer: the message that starts it, and its body."""

    start: Message
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the body is as long as its header says: of a file whose reader left meanwhile,
        Streamlit answers the beginning, or nothing."""
        said = Headers(raw=self.start["headers"]).get("content-length")
        return said is None or int(said) == len(self.body)

    async def send(self, send: Send) -> None:
        """Send it as ASGI has it."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


class CompressedFiles:
    """Pure ASGI middleware: gzips static files for browsers that take it, which all of them do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: LRUCache[str, Answer] = LRUCache(KEPT_BYTES, lambda answer: len(answer.body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_wanted(scope):
            await self.app(scope, receive, send)
            return
        answer = self._kept.get(scope["path"])
        if answer is None:
            answer = await whole_answer(self.app, scope, receive)
            if answer.start["status"] == 200 and answer.is_whole:
                answer = await asyncio.to_thread(_gzipped, answer)
                if len(answer.body) <= KEPT_BYTES:
                    self._kept[scope["path"]] = answer
        await answer.send(send)


async def whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """What an app answers, in one piece: the whole content itself, and not the path of a file."""
    messages: list[Message] = []
    headers = [each for each in scope["headers"] if each[0] not in CONDITIONS]

    async def collect(message: Message) -> None:
        messages.append(message)

    await app({**scope, "headers": headers, "extensions": {}}, receive, collect)
    return Answer(messages[0], b"".join(each.get("body", b"") for each in messages[1:]))


def _is_wanted(scope: Scope) -> bool:
    """Whether this asks for a file whose name contains its hash, and takes it gzipped."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path: str = scope["path"]
    is_file = "/static/" in path and path.endswith(COMPRESSIBLE)
    return is_file and "gzip" in Headers(scope=scope).get("accept-encoding", "")


def _gzipped(answer: Answer) -> Answer:
    body = gzip.compress(answer.body, LEVEL, mtime=0)
    start = {**answer.start, "headers": list(answer.start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    headers.add_vary_header("Accept-Encoding")
    headers["Accept-Ranges"] = "none"
    if "etag" in headers:
        headers["ETag"] = f"W/{headers['etag'].removeprefix('W/')}"
    return Answer(start, body)
