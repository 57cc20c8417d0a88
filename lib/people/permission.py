"""Who may publish: on a shared app, not everybody may change the account that they all use.

Everybody may publish in their sandbox and in an account that they brought. Guests of a room may
not, unless the presenter lets them build: then they publish their own definitions, under names that
nobody else can use. In the account of the app's settings, people who entered the presenter's
passphrase may publish. If none is set, only people at the machine that the app runs on may.
"""

import hmac
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from cachetools import LRUCache
from pydantic import SecretStr

from lib.connection.explanations import Explanation

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 30.0
VISITORS_KEPT = 1_000
FORWARDED = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)


def publishing_problem(
    *, is_shared_account: bool, passphrase: SecretStr | None, is_presenter: bool, is_local: bool
) -> Explanation | None:
    """Why somebody may not publish, and what to do; None if they may.

    `is_shared_account` says that the app is connected to the account of its own settings.
    """
    if not is_shared_account or is_presenter or (passphrase is None and is_local):
        return None
    if passphrase is not None:
        return Explanation(
            "Only the presenter publishes to this account.",
            "Everyone here shares it. Enter the presenter's passphrase on the connection page, or"
            " bring your own account.",
        )
    return Explanation(
        "Publishing to this account is off.",
        "The app is not on localhost and no PRESENTER_PASSPHRASE is set, so anybody with the link"
        " could change the account that everyone here shares. The person who runs the app can set"
        " it. You can bring your own account on the connection page.",
    )


def building_problem(*, is_guest: bool, lets_guests: bool) -> Explanation | None:
    """Why somebody may not publish their own definitions in a room, and what to do; None if they
    may. The story's definitions remain the presenter's."""
    return BUILDING_BAN if is_guest and not lets_guests else None


def builder_suffix(number: int) -> str:
    """The suffix of the names of a guest's definitions.

    >>> builder_suffix(3)
    '_g3'
    """
    return f"_g{number}"


def presenting_problem(
    *, passphrase: SecretStr | None, is_presenter: bool, is_local: bool
) -> Explanation | None:
    """Why somebody may not run a room, and what to do; None if they may."""
    if is_presenter or (passphrase is None and is_local):
        return None
    if passphrase is not None:
        return Explanation(
            "Only the presenter sees the room.",
            "Enter the presenter's passphrase.",
        )
    return Explanation(
        "Presenting is off.",
        "The app is not on localhost and no PRESENTER_PASSPHRASE is set, so nobody can prove that"
        " they are the presenter. The person who runs the app can set it.",
    )


GUEST_BAN = Explanation(
    "The presenter of this room publishes for everybody.",
    "Everybody who joined shares one sandbox. Open the app without the link for your own.",
)


BUILDING_BAN = Explanation(
    GUEST_BAN.message,
    "The presenter can let guests build, with Guests may build their own definitions on the"
    " presenter page. Or open the app without the link, for a sandbox of your own.",
)


PRESENTER_BAN = Explanation(
    "Somebody else is the presenter of this room.",
    "You joined it as a guest. Open the app without the link to present in a sandbox of your own.",
)


def is_local(headers: Mapping[str, str], address: str | None) -> bool:
    """Whether a browser is on the machine that the app runs on, and came without a proxy.

    `headers` are those of its connection, and `address` is where it came from, None for loopback.
    Without headers it is not local: a browser that has just left has neither. A proxy that does
    not identify itself makes everybody look local, so set a passphrase behind one.
    """
    names = {name.lower(): value for name, value in headers.items()}
    host = names.get("host", "").rsplit(":", 1)[0].strip("[]")
    return (
        (address is None or _is_loopback(address))
        and (host == "localhost" or _is_loopback(host))
        and not FORWARDED & names.keys()
    )


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    # A server that listens on IPv6 sees a visitor with IPv4 as ::ffff:127.0.0.1.
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


@dataclass(frozen=True)
class Attempt:
    """The result of entering a passphrase. `wait` is the seconds until the next try."""

    is_right: bool
    wait: float = 0.0


class PassphraseGate:
    """Compares passphrases. After wrong ones, sessions and addresses have to wait, longer each
    time, up to `LONGEST_DELAY_SECONDS`.

    The right one works during the wait too: many people share an address, and one of them must not
    lock the presenter out *(ours)*. Guessing is still hopeless: a session gets one try a second
    (`lib/world/pace.py`). A thousand sessions at once try 2**25 in an eight-hour workshop. Four
    words out of 2,000 are one of 2**43, so the chance is one in 2**18.
    """

    def __init__(
        self, passphrase: SecretStr, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._passphrase = _encoded(passphrase.get_secret_value())
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: LRUCache[tuple[str, str], tuple[int, float]] = LRUCache(2 * VISITORS_KEPT)

    def enter(self, given: str, address: str | None, session: str = "") -> Attempt:
        """Try a passphrase. A wrong one within the wait does not make it longer."""
        visitor = [("address", address or ""), ("session", session)]
        is_right = hmac.compare_digest(_encoded(given), self._passphrase)
        with self._lock:
            if is_right:
                for key in visitor:
                    self._failures.pop(key, None)
                return Attempt(True)
            return Attempt(False, max(self._wait_after_wrong_one(key) for key in visitor))

    def _wait_after_wrong_one(self, key: tuple[str, str]) -> float:
        now = self._monotonic()
        failures, closed_until = self._failures.get(key, (0, 0.0))
        if now < closed_until:
            return closed_until - now
        wait: float = min(FIRST_DELAY_SECONDS * 2 ** min(failures, 10), LONGEST_DELAY_SECONDS)
        self._failures[key] = (failures + 1, now + wait)
        return wait


def _encoded(passphrase: str) -> bytes:
    # Lone surrogates too: a byte of the environment that is not UTF-8 becomes one.
    return passphrase.encode("utf-8", "surrogatepass")
