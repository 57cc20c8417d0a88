"""The wordmark of a product: its logo and its name on its accent color, as SVG.

It looks the same in the light and the dark theme. Browsers show it as a picture, so nothing in it
runs.
"""

from html import escape
from unicodedata import east_asian_width

from lib.demo.colors import ink
from lib.demo.demo_profile import DemoProfile
from lib.demo.pictures import is_picture

HEIGHT = 64
LETTER = 17.5  # about the width of one
FONT = "font-family='system-ui, sans-serif' font-weight='650' font-size='32'"


def wordmark(profile: DemoProfile) -> str:
    """Logo and name side by side."""
    text = sum(2 if east_asian_width(each) in "WF" else 1 for each in profile.product) * LETTER
    color = ink(profile.accent)
    name = (
        f"<text x='{HEIGHT}' y='43' {FONT} fill='{color}' textLength='{text:.0f}'"
        f" lengthAdjust='spacingAndGlyphs'>{escape(profile.product)}</text>"
    )
    return _drawn(profile, HEIGHT + text + 20, name)


def mark(profile: DemoProfile) -> str:
    """The logo alone, on a square."""
    return _drawn(profile, HEIGHT)


def _drawn(profile: DemoProfile, width: float, name: str = "") -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' height='{HEIGHT}'"
        f" viewBox='0 0 {width:.0f} {HEIGHT}'><rect width='{width:.0f}' height='{HEIGHT}' rx='14'"
        f" fill='{profile.accent}'/>{_logo(profile)}{name}</svg>"
    )


def _logo(profile: DemoProfile) -> str:
    if is_picture(profile.logo):
        return f"<image href='{escape(profile.logo)}' x='10' y='10' width='44' height='44'/>"
    return (
        f"<text x='{HEIGHT / 2:.0f}' y='44' {FONT} text-anchor='middle'"
        f" fill='{ink(profile.accent)}'>{escape(profile.logo)}</text>"
    )
