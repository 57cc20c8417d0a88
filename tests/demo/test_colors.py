"""Accent colors: what can be seen on both themes, and what to take instead."""

import tomllib
from pathlib import Path

import pytest

from lib.demo.colors import GROUNDS, accent_problem, contrast, ink
from lib.demo.demo_profile import DEFAULT

CONFIG = Path(__file__).parent.parent.parent / ".streamlit/config.toml"


def test_the_grounds_are_those_of_the_themes() -> None:
    theme = tomllib.loads(CONFIG.read_text())["theme"]
    names = ("backgroundColor", "secondaryBackgroundColor")
    grounds = {
        part[name]
        for mode in ("light", "dark")
        for part in (theme[mode], theme[mode]["sidebar"])
        for name in names
    }
    assert grounds - {"#2a2440"} == {*GROUNDS}  # fields in the dark sidebar: no accent is there


@pytest.mark.parametrize("color", ["#ffffff", "#000000", "#ffff00", "#14111f", "#00ff00"])
def test_for_a_color_that_is_hard_to_see_there_is_a_shade_that_is_not(color: str) -> None:
    problem = accent_problem(color)
    assert problem is not None
    assert accent_problem(problem[-8:-1]) is None


def test_an_accent_can_be_seen_and_read_on() -> None:
    assert accent_problem(DEFAULT.accent) is None
    assert min(contrast(DEFAULT.accent, ground) for ground in GROUNDS) >= 3
    assert contrast(ink(DEFAULT.accent), DEFAULT.accent) >= 4.5


@pytest.mark.parametrize("text", ["red", "#fff", "", "#5b34c4;background:url(x)"])
def test_invalid_color_is_reported(text: str) -> None:
    assert "is not a color. Write one like #5b34c4." in (accent_problem(text) or "")
