"""The wordmark: what somebody typed stays text in it."""

from dataclasses import replace
from xml.etree import ElementTree

from lib.demo.demo_profile import DEFAULT
from lib.demo.wordmark import mark, wordmark


def texts(svg: str) -> list[str | None]:
    return [each.text for each in ElementTree.fromstring(svg).findall(".//{*}text")]


def test_it_says_the_name_on_the_accent_color() -> None:
    svg = wordmark(DEFAULT)
    assert texts(svg) == [DEFAULT.logo, "Project app"]
    assert f"fill='{DEFAULT.accent}'" in svg


def test_markup_in_a_name_is_text() -> None:
    name = "<script>'&\"</text>"
    assert texts(wordmark(replace(DEFAULT, product=name)))[1] == name


def test_a_picture_is_shown_in_place_of_a_sign() -> None:
    svg = mark(replace(DEFAULT, logo="data:image/png;base64,abcd"))
    (image,) = ElementTree.fromstring(svg).findall(".//{*}image")
    assert image.attrib["href"] == "data:image/png;base64,abcd"
    assert texts(svg) == []
