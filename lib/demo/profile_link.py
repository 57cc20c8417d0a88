"""A demo profile in an address: the name of one that ships, or a whole one, compressed."""

import base64
import binascii
import re
import zlib
from functools import lru_cache

import orjson

from lib.demo.checks import checked, different_fields
from lib.demo.demo_profile import DemoProfile, ProfileError
from lib.demo.ready_profiles import ready_profiles

WHOLE = "z1-"  # the prefix of a whole profile; another number would be another format
CHARACTERS_AT_MOST = 6_000  # servers accept some 8,000 for a whole address
BYTES_AT_MOST = 20_000
RAW = -zlib.MAX_WBITS
NO_PROFILE = "The profile in the address cannot be read."
TOO_LONG = "This profile does not fit into a link. Use a smaller picture or shorter texts."


def link_of(profile: DemoProfile) -> str:
    """A profile as text for an address. Raises `ProfileError` if it is too long for one."""
    for name, ready in ready_profiles().items():
        if profile == ready:
            return name
    packer = zlib.compressobj(9, zlib.DEFLATED, RAW)
    packed = packer.compress(orjson.dumps(different_fields(profile))) + packer.flush()
    link = WHOLE + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(link) > CHARACTERS_AT_MOST:
        raise ProfileError({"": TOO_LONG})
    return link


@lru_cache(maxsize=200)
def profile_of(link: str) -> DemoProfile:
    """The profile in an address. Raises `ProfileError`."""
    if link in ready_profiles():
        return ready_profiles()[link]
    if not link.startswith(WHOLE):
        known = ", ".join(ready_profiles())
        raise ProfileError({"": f"There is no profile called {link[:40]!r}, only {known}."})
    try:
        values = orjson.loads(_unpacked(link.removeprefix(WHOLE)))
    except (ValueError, zlib.error, binascii.Error):
        raise ProfileError({"": NO_PROFILE}) from None
    if not isinstance(values, dict):
        raise ProfileError({"": NO_PROFILE})
    return checked(values)


def _unpacked(text: str) -> bytes:
    """The decompressed bytes. Raises `ValueError` for too many, before they are in memory."""
    if len(text) > CHARACTERS_AT_MOST or not re.fullmatch(r"[\w-]+", text, re.ASCII):
        raise ValueError("Not a compressed profile")
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    unpacker = zlib.decompressobj(RAW)
    content = unpacker.decompress(packed, BYTES_AT_MOST)
    if not unpacker.eof:
        raise ValueError("Cut off, or too much")
    return content
