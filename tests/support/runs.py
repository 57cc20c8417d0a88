"""The runs that an open page asks its server for, and whether they are over.

What a page shows of it is late: between a click and the server's first answer, and between two
runs, it says that nothing runs. The messages that page and server exchange tell in time.
"""

from collections.abc import Callable

from playwright.sync_api import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# A run that stops early is followed by one that does the rest, be it of some fragments only.
OVER = {
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
    ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
}


class Runs:
    """What a page has asked for since it was connected. Runs that a timer asks for are left out."""

    def __init__(self) -> None:
        self._asked = 0
        self._owed: dict[int, str] = {}  # by their number: fragments, or "" for the whole script
        self._going: set[int] = set()  # those of them that the run which goes on answers

    @property
    def are_over(self) -> bool:
        """Whether all that was asked for has been answered."""
        return not self._owed

    def note_sent(self, message: BackMsg) -> None:
        asked = message.rerun_script
        if message.WhichOneof("type") == "rerun_script" and not asked.is_auto_rerun:
            self._asked += 1
            self._owed[self._asked] = asked.fragment_id

    def note_received(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            run = message.metadata.run.fragment_ids
            self._going |= {each for each, part in self._owed.items() if not run or part in run}
        elif kind == "script_finished" and message.script_finished in OVER:
            for each in self._going:
                del self._owed[each]
            self._going = set()

    def listen(self, socket: WebSocket) -> None:
        """Note what is sent over a new connection. What the one before owed, nobody answers."""
        self._owed, self._going = {}, set()
        socket.on("framesent", _binary(lambda data: self.note_sent(BackMsg.FromString(data))))
        socket.on(
            "framereceived", _binary(lambda data: self.note_received(ForwardMsg.FromString(data)))
        )


def _binary(note: Callable[[bytes], None]) -> Callable[[bytes | str], None]:
    return lambda payload: note(payload) if isinstance(payload, bytes) else None
