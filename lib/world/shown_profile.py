"""Which demo profile one user sees.

A sandbox has one profile, so that a room shows one product. People who share an account may not
know each other, so there a user's own choice comes before the one made for everyone.
"""

from lib.demo.demo_profile import DEFAULT, DemoProfile, ProfileError
from lib.demo.profile_link import profile_of
from lib.world.app_state import AppState


class ShownProfile:
    """The profile of one user in one place, as the app's file keeps it."""

    def __init__(self, state: AppState, place: str, user_id: str, *, is_sandbox: bool) -> None:
        self._state = state.profiles
        self._place = place
        self._user_id = user_id
        self._is_sandbox = is_sandbox

    @property
    def link(self) -> str | None:
        """What stands for the profile in an address; None if none was chosen."""
        own = None if self._is_sandbox else self._state.link(self._place, self._user_id)
        return own or self._state.link(self._place)

    @property
    def current(self) -> DemoProfile:
        """The profile. If what was kept can no longer be read, the project tool's."""
        link = self.link
        try:
            return DEFAULT if link is None else profile_of(link)
        except ProfileError:
            return DEFAULT

    def choose(self, link: str, *, for_everyone: bool) -> None:
        """Show another profile: to this user, and to everyone in the place. In a sandbox, it is
        always for everyone."""
        if not self._is_sandbox:
            self._state.save(link, self._place, self._user_id)
        if for_everyone or self._is_sandbox:
            self._state.save(link, self._place)
