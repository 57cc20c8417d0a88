"""The draft's Python has the font of code, by a class that only its text area has."""

from lib.ui.code_font import STYLE
from lib.ui.draft import SOURCE


def test_the_style_reaches_the_drafts_text_area_and_nothing_else() -> None:
    selectors = [line.partition("{")[0].strip() for line in STYLE.splitlines() if "{" in line]

    assert selectors == [f".st-key-{SOURCE} textarea"]
