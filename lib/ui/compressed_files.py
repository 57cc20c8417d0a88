"""Streamlit's own scripts and styles, compressed: on a slow line a page waits for them most of all.

Streamlit serves them as they are on the disk: 2.3 MB for the board, and 6.6 MB more for the first
chart. Their names contain a hash of their content, so each is compressed and kept.

They are sent whole or not at all. A browser that lost its connection in the middle of a file
requests the rest by Streamlit's `ETag`, and would append bytes of the plain file to those of the
compressed one.
"""

import asyncio
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import brotli
from cachetools import LRUCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_BYTES = 16_000_000  # all of Streamlit's files take about half of it
Encoder = Callable[[bytes], bytes]
# The best first. Browsers accept Brotli over TLS and from this machine.
ENCODERS: dict[str, Encoder] = {
    "br": partial(brotli.compress, quality=6),
    "gzip": partial(gzip.compress, compresslevel=6, mtime=0),
}
# Higher levels of Brotli save next to nothing, until twenty times as long saves 7%: for the board's
# files nearly a second of processor time, which nobody waits for. Plotly would take two more.
SMALLER: Encoder = partial(brotli.compress, quality=10)
SMALLER_AT_MOST_BYTES = 1_000_000
COMPRESSIBLE = (".js", ".css")
CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range", b"range")


@dataclass(frozen=True)
class Answer:
    """A whole answer: the message that starts it, and its body."""

    start: Message
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the body is as long as its header says: if the reader of a file left meanwhile,
        Streamlit answers with its beginning, or nothing."""
        said = Headers(raw=self.start["headers"]).get("content-length")
        return said is None or int(said) == len(self.body)

    async def send(self, send: Send) -> None:
        """Send it as ASGI messages."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


class CompressedFiles:
    """Pure ASGI middleware: compresses static files as the browser accepts it, which all do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: LRUCache[tuple[str, str], Answer] = LRUCache(
            KEPT_BYTES, lambda answer: len(answer.body)
        )
        self._one_at_a_time = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        encoding = _wanted_encoding(scope)
        if encoding is None:
            await self.app(scope, receive, send)
            return
        key = (scope["path"], encoding)
        answer = self._kept.get(key)
        if answer is None:
            answer = whole = await whole_answer(self.app, scope, receive)
            if answer.start["status"] == 200 and answer.is_whole:
                answer = await asyncio.to_thread(_compressed, whole, encoding, ENCODERS[encoding])
                if len(answer.body) <= KEPT_BYTES:
                    self._kept[key] = answer
                    self._make_smaller(key, whole)
        await answer.send(send)

    def _make_smaller(self, key: tuple[str, str], whole: Answer) -> None:
        """Compress a file once more, in the background, for those who come later."""
        if key[1] == "br" and len(whole.body) <= SMALLER_AT_MOST_BYTES:
            task = asyncio.create_task(self._keep_smaller(key, whole))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep_smaller(self, key: tuple[str, str], whole: Answer) -> None:
        async with self._one_at_a_time:
            self._kept[key] = await asyncio.to_thread(_compressed, whole, key[1], SMALLER)


async def whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """An app's answer, in one piece: the whole content itself, and not the path of a file."""
    messages: list[Message] = []
    headers = [each for each in scope["headers"] if each[0] not in CONDITIONS]

    async def collect(message: Message) -> None:
        messages.append(message)

    await app({**scope, "headers": headers, "extensions": {}}, receive, collect)
    return Answer(messages[0], b"".join(each.get("body", b"") for each in messages[1:]))


def _wanted_encoding(scope: Scope) -> str | None:
    """How to compress what is asked for: a file whose name contains its hash, or None."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if "/static/" not in path or not path.endswith(COMPRESSIBLE):
        return None
    taken = re.split(r"[\s,;]+", Headers(scope=scope).get("accept-encoding", ""))
    return next((each for each in ENCODERS if each in taken), None)


def _compressed(answer: Answer, encoding: str, encode: Encoder) -> Answer:
    body = encode(answer.body)
    start = {**answer.start, "headers": list(answer.start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Encoding"] = encoding
    headers["Content-Length"] = str(len(body))
    headers.add_vary_header("Accept-Encoding")
    headers["Accept-Ranges"] = "none"
    if "etag" in headers:
        headers["ETag"] = f"W/{headers['etag'].removeprefix('W/')}"
    return Answer(start, body)
