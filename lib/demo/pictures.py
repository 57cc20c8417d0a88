"""A logo: an emoji, one or two letters, or a small picture that came as a data URL.

Pictures are never opened here: a browser shows them. The checks are that a browser reads them as a
picture and nothing else, and that they are small. SVG is excluded, because it can contain scripts
and addresses.
"""

import base64
import binascii
import re
import unicodedata

BYTES_AT_MOST = 3_000  # servers accept a link with a picture of this size
PIXELS_AT_MOST = 512
DATA_URL = re.compile(r"data:image/(png|webp);base64,([A-Za-z0-9+/]+={0,2})")
LETTERS_AT_MOST = 2
EMOJI_AT_MOST = 10  # of one emoji, such as a flag or a family
JOINING = ("\u200d", "\ufe0f", "\u20e3")
HOW = (
    "Use one emoji, one or two letters, or a PNG or WebP picture as a data URL of at most"
    f" {BYTES_AT_MOST:,} bytes."
)


def is_picture(logo: str) -> bool:
    """Whether a logo is a picture rather than an emoji or letters."""
    return logo.startswith("data:")


def logo_problem(logo: str) -> str | None:
    """Why something cannot be the logo; None if it can.

    >>> logo_problem("🛒"), logo_problem("FF")
    (None, None)
    >>> logo_problem("Shop")
    'This is not a logo. Use one emoji, one or two letters, or a PNG or WebP picture as a data URL
    of at most 3,000 bytes.'
    """
    is_letters = logo.isalnum() and len(logo) <= LETTERS_AT_MOST
    if is_letters or _is_emoji(logo):
        return None
    found = DATA_URL.fullmatch(logo[: 2 * BYTES_AT_MOST])
    if found is None:
        said = "This picture cannot be used." if is_picture(logo) else "This is not a logo."
        return f"{said} {HOW}"
    return _picture_problem(found[1], found[2])


def _picture_problem(kind: str, text: str) -> str | None:
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return f"This picture is not complete. {HOW}"
    if len(content) > BYTES_AT_MOST:
        return f"This picture has {len(content):,} bytes. {HOW}"
    size = _png_size(content) if kind == "png" else _webp_size(content)
    if size is None:
        return f"This is not a {kind.upper()} picture. {HOW}"
    if not all(1 <= each <= PIXELS_AT_MOST for each in size):
        return f"This picture is {size[0]} × {size[1]} pixels. Use one of at most 512 × 512."
    return None


def _is_emoji(logo: str) -> bool:
    """One or more symbols that are not letters: which of them are emoji differs by device."""
    shown = [each for each in logo if each not in JOINING]
    kinds = {unicodedata.category(each) for each in shown}
    is_short = len(shown) > 0 and len(logo) <= EMOJI_AT_MOST
    return is_short and min(logo) > "\x7f" and kinds <= {"So", "Sk", "Mn", "Cf"}


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height, from the header. Source: https://www.w3.org/TR/png-3/#11IHDR"""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR" or len(content) < 33:
        return None
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """Width and height, from the header of the lossy, lossless or extended format.

    Source: https://developers.google.com/speed/webp/docs/riff_container
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    kind = content[12:16]
    if kind == b"VP8 ":
        pair = content[26:30]
        return int.from_bytes(pair[:2], "little") & 0x3FFF, int.from_bytes(
            pair[2:], "little"
        ) & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return (
            int.from_bytes(content[24:27], "little") + 1,
            int.from_bytes(content[27:30], "little") + 1,
        )
    return None
