"""A line between a browser and its server whose answers can be held up."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.app import BROWSER_MILLISECONDS, LOOK_AGAIN_MILLISECONDS


class SlowLine:
    """Between a page that has opened nothing yet and Streamlit's server."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_held = False
        self._held: list[bytes | str] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile the server gets what the page sends, and the page gets no answer."""
        self._is_held = True
        yield
        self._is_held = False
        for message in self._held:
            self._browser.send(message)
        self._held.clear()

    def wait_for_whole_run(self) -> None:
        """Wait until a run of the whole page waits here, from its beginning to its end."""
        for _ in range(int(BROWSER_MILLISECONDS / LOOK_AGAIN_MILLISECONDS)):
            if self._has_whole_run():
                return
            self._page.wait_for_timeout(LOOK_AGAIN_MILLISECONDS)
        raise TimeoutError("the server has not answered")

    def _has_whole_run(self) -> bool:
        messages = [ForwardMsg.FromString(each) for each in self._held if isinstance(each, bytes)]
        is_whole = False
        for message in messages:
            if message.WhichOneof("type") == "new_session":
                is_whole = not message.metadata.run.fragment_ids
            elif message.WhichOneof("type") == "script_finished" and is_whole:
                return True
        return False

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        self._browser = browser
        browser.on_message(server.send)
        server.on_message(self._pass_on)

    def _pass_on(self, message: bytes | str) -> None:
        if self._is_held:
            self._held.append(message)
        else:
            self._browser.send(message)
