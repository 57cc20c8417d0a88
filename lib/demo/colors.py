"""Contrast of colors as WCAG 2 defines it, and whether an accent color can be used."""

import re

# The backgrounds of pages and sidebars in both modes, as in .streamlit/config.toml.
GROUNDS = ("#ffffff", "#f4f2fb", "#14111f", "#211c33", "#1b172a")
INKS = ("#ffffff", "#120d24")
CONTRAST_OF_SHAPES = 3.0  # WCAG 2.2, 1.4.11: borders, icons, areas
CONTRAST_OF_TEXT = 4.5  # WCAG 2.2, 1.4.3
COLOR = re.compile(r"#[0-9a-f]{6}")
STEPS = 100


def luminance(color: str) -> float:
    """The relative luminance of a color such as `#5b34c4`, from 0 to 1.

    >>> luminance("#000000"), round(luminance("#ffffff"), 3)
    (0.0, 1.0)
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink(accent: str) -> str:
    """The color of text on an accent color: the one with more contrast."""
    return max(INKS, key=lambda each: contrast(each, accent))


def accent_problem(color: str) -> str | None:
    """Why a color cannot be the accent, and which could; None if it can.

    >>> accent_problem("#ffff00")
    '#ffff00 is hard to see on white. Use #919100.'
    """
    if not COLOR.fullmatch(color):
        return f"{color[:20]} is not a color. Write one like #5b34c4."
    if _can_be_seen(color):
        return None
    is_bright = luminance(color) > 0.2
    ground = "white" if is_bright else "the dark theme"
    return f"{color} is hard to see on {ground}. Use {_nearest(color, darker=is_bright)}."


def _can_be_seen(color: str) -> bool:
    is_apart = all(contrast(color, ground) >= CONTRAST_OF_SHAPES for ground in GROUNDS)
    return is_apart and contrast(color, ink(color)) >= CONTRAST_OF_TEXT


def _nearest(color: str, *, darker: bool) -> str:
    """The first shade on the way to black or white that can be seen."""
    parts, end = [int(color[i : i + 2], 16) for i in (1, 3, 5)], 0 if darker else 255
    for step in range(1, STEPS):
        mixed = (round(part + (end - part) * step / STEPS) for part in parts)
        shade = "#" + "".join(f"{part:02x}" for part in mixed)
        if _can_be_seen(shade):
            return shade
    return "#7d56e0"
