"""The colors of the theme and of the charts: contrast, and color blindness."""

import tomllib
from itertools import combinations
from math import dist
from pathlib import Path

import pytest

from lib.charts.style import DARK, LIGHT
from lib.demo.colors import contrast

THEME = tomllib.loads((Path(__file__).parent.parent.parent / ".streamlit/config.toml").read_text())[
    "theme"
]


def faded(color, background, opacity=0.6):
    """Captions: Streamlit draws them in the text's color at 60% opacity."""
    mixed = (
        round(opacity * int(color[i : i + 2], 16) + (1 - opacity) * int(background[i : i + 2], 16))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_of_the_theme_has_aa_contrast(mode):
    theme = THEME[mode]
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    grounds += [theme["sidebar"]["backgroundColor"], theme["sidebar"]["secondaryBackgroundColor"]]
    for ground in grounds:
        for name in ("textColor", "linkColor", "codeTextColor"):
            assert contrast(theme[name], ground) >= 4.5, (name, ground)
        assert contrast(faded(theme["textColor"], ground), ground) >= 4.5, ground
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colored_text_of_the_theme_has_aa_contrast(mode):
    theme = THEME[mode]
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        for ground in (theme[f"{name}BackgroundColor"], theme["backgroundColor"]):
            assert contrast(theme[f"{name}TextColor"], ground) >= 4.5, (name, ground)


@pytest.mark.parametrize(("mode", "colors"), [("light", LIGHT), ("dark", DARK)])
def test_charts_use_the_theme_s_colors_and_stand_out(mode, colors):
    theme = THEME[mode]
    assert list(colors.series) == theme["chartCategoricalColors"]
    assert colors.text == theme["textColor"]
    for color in colors.series:
        # Labels are drawn in these colors, and bars carry text.
        assert contrast(color, theme["backgroundColor"]) >= 4.5, color
        assert contrast(color, colors.on_series) >= 4.5, color


# How the three forms of color blindness see linear RGB (Machado, Oliveira, Fernandes 2009,
# severity 1).
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(color, matrix):
    """The color as someone with this vision sees it, in CIELAB (D65)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    red, green, blue = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in matrix
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_the_colors_of_a_chart_stay_apart_with_every_vision(colors, vision):
    seen = [lab(color, VISION[vision]) for color in colors.series]
    closest = min(dist(one, other) for one, other in combinations(seen, 2))
    # Ten times the smallest difference that people notice, which is about 2.3.
    assert closest >= 23
