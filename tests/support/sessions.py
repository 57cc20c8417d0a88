"""Browser sessions of a running app, without a browser: Streamlit's own protocol over WebSockets.

It sends what the frontend of Streamlit 1.67 sends, when it sends it: the first run, clicks on
buttons, and the runs of fragments with `run_every`; and it keeps what the frontend keeps: the page,
what widgets hold, the address, and large elements that the server refers to later. It leaves out
what no test here does: typing and choosing, going to another page, coming back after a lost
connection, images and files. All sessions of a process share one thread.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ContextInfo
from streamlit.proto.Exception_pb2 import Exception as ExceptionProto
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import user_key_from_element_id
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.session_page import MessageCache, Node, Page
from tests.support.waiting import PATIENCE_SECONDS

CLOSE_SECONDS = 1.0
RUNS_KEPT = 20  # the beginnings and ends of the last runs
GOING_AWAY = 1001
SUBPROTOCOLS = ["streamlit", "PLACEHOLDER_AUTH_TOKEN"]


class LoopThread:
    """The thread in which all open sessions send and receive. It ends with the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions = 0

    def enter(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if not self._sessions:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._serve, name="sessions", daemon=True)
                self._thread.start()
            self._sessions += 1
            return self._loop

    def leave(self) -> None:
        with self._lock:
            self._sessions -= 1
            if not self._sessions:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()

    def _serve(self) -> None:
        with closing(self._loop) as loop:
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_default_executor())  # has looked up host names


_LOOP_THREAD = LoopThread()


class BrowserSession:
    """One browser tab, without the browser."""

    def __init__(self, url: str, path: str, query: str, ticking: bool) -> None:
        self.query = query
        self.exceptions: list[ExceptionProto] = []
        self._url = url
        self._path = path
        self._ticking = ticking
        self._page = Page()
        self._cache = MessageCache()
        self._page_script_hash = ""
        self._oldest_kept = 0
        self._asked: str | None = None
        self._has_begun = False
        self._is_running = False
        self._is_over = False
        self._is_closed = False
        self._ticks: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._runs: deque[str] = deque(maxlen=RUNS_KEPT)
        self._changed = threading.Condition()
        self._websocket: ClientConnection
        self._reader: Future[None]
        self._loop = _LOOP_THREAD.enter()

    @classmethod
    def open(
        cls, url: str, *, path: str = "/", query: str = "", ticking: bool = True
    ) -> "BrowserSession":
        """Open an address of the app and ask for the first run. Raises `OSError` if nobody listens.

        `ticking`: whether fragments with `run_every` run by themselves, as they do in a browser.
        """
        session = cls(url, path, query, ticking)
        try:
            session._wait_for_call(session._connect())
        except BaseException:
            _LOOP_THREAD.leave()
            raise
        session._reader = asyncio.run_coroutine_threadsafe(session._read(), session._loop)
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the page shows

    def elements(self, kind: str) -> list[Any]:
        """The protos of all elements of a kind, such as "metric", from top to bottom."""
        with self._changed:
            return [node.content for node in self._page.nodes if node.kind == kind]

    def texts(self) -> list[str]:
        """Every label, title and text, from top to bottom, as Markdown."""
        with self._changed:
            return [text for node in self._page.nodes for text in node.texts]

    def buttons(self) -> dict[str, str]:
        """The labels of all buttons that have a key, by that key."""
        found = {user_key_from_element_id(each.id): each.label for each in self.elements("button")}
        return {key: label for key, label in found.items() if key is not None}

    def wait_for(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something is so; asked again with every message of the server.

        Raises `TimeoutError`, or `ConnectionError` once the server has hung up.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or condition(), seconds)
            if condition():
                return
        if self._is_over:
            raise ConnectionError("the session is over") from self._reader.exception(seconds)
        state = f"asked {self._asked!r}, running {self._is_running}, runs {list(self._runs)}"
        raise TimeoutError(f"not after {seconds} seconds; {state}; the page shows {self.texts()}")

    def wait_until_run(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the run that was asked for last has ended, and no other is going on.

        Nothing in the protocol says which request a run answers. One that the app began by itself
        while the request was on its way is taken for the answer: wait for what the page is to show
        where that matters.
        """
        self.wait_for(lambda: self._asked is None and not self._is_running, seconds)

    # What a person does

    def click(self, key: str, *, with_tick: bool = False) -> None:
        """Click on the button with this key. Raises `LookupError` if there is none to click on.

        `with_tick`: a tick comes between the click and the message that tells of it, and tells of
        it too.
        """
        with self._changed:
            node = self._button(key)
        trigger = WidgetState(id=node.content.id, trigger_value=True)
        if with_tick:
            self.wait_for(lambda: bool(self._ticks))
            self._wait_for_call(self._send_tick(next(iter(self._ticks)), [trigger]))
        self._wait_for_call(self._ask(node.fragment_id, trigger))

    def close(self) -> None:
        """Close the tab."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._wait_for_call(self._websocket.close(GOING_AWAY))
            wait([self._reader], PATIENCE_SECONDS)
        finally:
            _LOOP_THREAD.leave()

    def _button(self, key: str) -> Node:
        for node in self._page.nodes:
            if node.kind == "button" and user_key_from_element_id(node.content.id) == key:
                if node.content.disabled:
                    raise LookupError(f"the button {key!r} is disabled")
                return node
        raise LookupError(f"no button has the key {key!r}; those there are: {self.buttons()}")

    # What is sent

    def _wait_for_call(self, call: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(PATIENCE_SECONDS)

    async def _connect(self) -> None:
        self._websocket = await connect(
            f"{self._url.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self._url,
            subprotocols=SUBPROTOCOLS,
            max_size=None,
            open_timeout=PATIENCE_SECONDS,
            close_timeout=CLOSE_SECONDS,  # whoever closes a tab does not wait for a busy server
            ping_interval=None,  # a browser sends none; it answers those of the server
            proxy=None,
        )
        await self._ask()

    async def _ask(self, fragment_id: str = "", trigger: WidgetState | None = None) -> None:
        """Ask for a run of the page, or of one fragment. A trigger is in this request only."""
        with self._changed:
            self._asked = fragment_id
            request = self._request(fragment_id, [trigger] if trigger is not None else [])
        await self._websocket.send(request.SerializeToString())

    def _request(
        self, fragment_id: str, triggers: list[WidgetState], *, is_tick: bool = False
    ) -> BackMsg:
        self._has_begun = False
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        state.widget_states.widgets.extend(self._page.widget_states() + triggers)
        state.page_script_hash = self._page_script_hash
        state.page_name = "" if self._page_script_hash else self._path.strip("/")
        state.fragment_id = fragment_id
        state.is_auto_rerun = is_tick
        state.cached_message_hashes.extend(self._cache.hashes)
        state.context_info.CopyFrom(self._context())
        return message

    def _context(self) -> ContextInfo:
        return ContextInfo(
            timezone="UTC",
            timezone_offset=0,
            locale="en-US",
            url=f"{self._url}{self._path}",
            is_embedded=False,
            color_scheme="light",
        )

    async def _tick(self, fragment_id: str, interval: float) -> None:
        """As a timer of the browser's does it: without waiting for an answer."""
        due = self._loop.time()
        with suppress(ConnectionClosed):
            while True:
                due += interval
                await asyncio.sleep(due - self._loop.time())
                await self._send_tick(fragment_id, [])

    async def _send_tick(self, fragment_id: str, triggers: list[WidgetState]) -> None:
        with self._changed:
            request = self._request(fragment_id, triggers, is_tick=True)
        await self._websocket.send(request.SerializeToString())

    # What is received

    async def _read(self) -> None:
        try:
            async for data in self._websocket:
                self._receive(ForwardMsg.FromString(data))
        finally:
            self._stop_ticks(list(self._ticks))
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _receive(self, message: ForwardMsg) -> None:
        with self._changed:
            self._apply(self._cache.resolved(message))
            self._changed.notify_all()

    def _apply(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._begin_run(message)
            case "delta":
                self._page.place(list(message.metadata.delta_path), message.delta)
                if message.delta.new_element.HasField("exception"):
                    self.exceptions.append(message.delta.new_element.exception)
            case "script_finished":
                self._end_run(message)
            case "navigation":
                self._page_script_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun" if self._ticking:
                self._start_tick(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                self._stop_ticks(list(message.stop_auto_rerun.fragment_ids))
            case "session_event" if message.session_event.HasField("script_compilation_exception"):
                self.exceptions.append(message.session_event.script_compilation_exception)

    def _begin_run(self, message: ForwardMsg) -> None:
        fragment_ids = list(message.metadata.run.fragment_ids)
        self._note(f"begins {fragment_ids}")
        if not fragment_ids or self._asked in fragment_ids:
            self._asked = None
        if not fragment_ids:
            self._stop_ticks(list(self._ticks))
        self._has_begun = self._is_running = True
        self._page.run = message.metadata.run.script_run_id
        self._page_script_hash = message.new_session.page_script_hash
        self._oldest_kept = message.new_session.config.max_cached_message_age

    def _note(self, happened: str) -> None:
        self._runs.append(f"{datetime.now(UTC):%H:%M:%S.%f} {happened}")

    def _end_run(self, message: ForwardMsg) -> None:
        self._note(f"ends with {message.script_finished}")
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return  # the next one begins at once
        self._is_running = False
        run, fragment_ids = message.metadata.run, list(message.metadata.run.fragment_ids)
        is_whole = message.script_finished != ForwardMsg.FINISHED_WITH_COMPILE_ERROR
        if is_whole and (fragment_ids or run.script_run_id == self._page.run):
            self._page.forget_stale(run.script_run_id, fragment_ids)
        if self._has_begun:
            self._cache.note_run(self._oldest_kept, fragment_ids)

    def _start_tick(self, fragment_id: str, interval: float) -> None:
        if fragment_id in self._ticks and self._ticks[fragment_id][0] == interval:
            return
        self._stop_ticks([fragment_id])
        task = self._loop.create_task(self._tick(fragment_id, interval))
        self._ticks[fragment_id] = (interval, task)

    def _stop_ticks(self, fragment_ids: list[str]) -> None:
        for fragment_id in fragment_ids:
            if fragment_id in self._ticks:
                self._ticks.pop(fragment_id)[1].cancel()
