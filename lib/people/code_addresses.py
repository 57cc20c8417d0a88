"""Who may send what to which sandbox with their own code.

An address has a token that stands for a sandbox. It is not the sandbox's own token, which opens the
app with all the rights of its owner. The owner of a sandbox gets an address for events and the
Signals API; each guest of a room gets one for events only, once the presenter allows it.
"""

from dataclasses import dataclass, field

from lib.connection.backend import new_token
from lib.connection.explanations import Explanation
from lib.world.app_state import AppState
from lib.world.code_state import EVERYTHING

GUESTS_ARE_OFF = Explanation(
    "The presenter of this room does not let guests bring code.",
    "The presenter can turn it on, with Guests may bring code on the presenter page. Or open the"
    " app without the room's code, for a sandbox of your own.",
)
EVENTS_ONLY = Explanation(
    "This address accepts events only.",
    "It belongs to a guest of a room. To read values, listen or publish, open the app without the"
    " room's code, for a sandbox of your own.",
)
PAUSED = Explanation("The presenter paused the room.", "Send again when the presenter resumes.")


@dataclass(frozen=True)
class CodeAddress:
    """What an address leads to: a sandbox, and the guest whose address it is; empty for the
    sandbox's owner."""

    place: str = field(repr=False)
    guest: str = field(default=EVERYTHING, repr=False)

    @property
    def takes_events_only(self) -> bool:
        """Whether nothing can be read, published or listened to with it."""
        return self.guest != EVERYTHING


class CodeAddresses:
    """All addresses for code, kept in the app's file."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def token(self, address: CodeAddress) -> str:
        """The token of an address; a new one the first time."""
        code = self._state.code
        found = code.token(address.place, address.guest)
        if found is None:
            code.add(address.place, address.guest, new_token())
        return found or code.token(address.place, address.guest) or ""

    def replace(self, address: CodeAddress) -> None:
        """Give an address a new token. The old one stops working; the sandbox stays as it is."""
        self._state.code.replace(address.place, address.guest, new_token())

    def find(self, token: str) -> CodeAddress | None:
        """The address that a token stands for; None if there is none, or no longer."""
        found = self._state.code.found(token)
        return None if found is None else CodeAddress(*found)

    def follow(self, place: str, user_id: str, to: str) -> None:
        """Move a guest's address to the guest's new user id."""
        self._state.code.move(place, user_id, to)

    def lets_guests(self, place: str) -> bool:
        """Whether guests of a room may bring code. They may not until the presenter lets them."""
        return self._state.code.lets_guests(place)

    def let_guests(self, place: str, may_bring_code: bool) -> None:
        """Let guests of a room bring code, or stop that: their addresses stop working at once."""
        self._state.code.let_guests(place, may_bring_code)

    def ban(self, address: CodeAddress, *, is_event: bool) -> Explanation | None:
        """Why an address may not be used for this; None if it may."""
        if not address.takes_events_only:
            return None
        if not self.lets_guests(address.place):
            return GUESTS_ARE_OFF
        if not is_event:
            return EVENTS_ONLY
        room = self._state.rooms.room(address.place)
        return PAUSED if room is not None and room[1] else None
