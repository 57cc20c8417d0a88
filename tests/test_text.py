"""Text from outside stays text, on one line, whatever Markdown would make of it."""

import pytest

from lib.text import WORD_JOINER, plain, spreadsheet_text


def seen(text: str) -> str:
    """What a person sees of it."""
    return plain(text).replace("\\", "").replace(WORD_JOINER, "")


@pytest.mark.parametrize(
    "text",
    ["a\n===", "a\n\n    code", "    code", "a\r\n# title", "a\u2028b", "\u202etxt.exe\u202c"],
)
def test_text_from_outside_is_one_line_in_one_direction(text: str) -> None:
    assert not {"\n", "\r", "\u2028", "\u202e", "\u202c"} & {*plain(text)}
    assert plain(text) == plain(text).strip()


@pytest.mark.parametrize("start", [*"=+-@\t\r\n＝＋－＠", "\r\n"])
def test_text_that_a_spreadsheet_might_run_gets_a_quote(start: str) -> None:
    assert spreadsheet_text(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("sign", ["--", "->", "<-", ">=", "<=", "~=", "!=", "---"])
def test_signs_are_not_made_into_others(sign: str) -> None:
    assert sign not in plain(f"a {sign} b").replace("\\", "")
    assert seen(f"a {sign} b") == f"a {sign} b"
