"""Text from outside stays text, on one line, whatever Markdown would make of it."""

from datetime import timedelta

import pytest

from lib.text import WORD_JOINER, duration_text, is_uuid, plain, spreadsheet_text


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01", True),
        ("6A7B2C1E-0A3C-4D9E-8A57-2F5B1C7D9E01", True),
        ("{6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01}", False),
        ("urn:uuid:6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01", False),
        ("6a7b2c1e0a3c4d9e8a572f5b1c7d9e01", False),
        ("6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01\n", False),
        ("6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e0\uff11", False),
        ("", False),
    ],
)
def test_only_32_hexadecimal_digits_in_five_groups_are_a_uuid(text: str, expected: bool) -> None:
    assert is_uuid(text) is expected


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=0.9), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=61), "1 minute 1 second"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=1, seconds=1), "1 hour"),
        (timedelta(hours=25), "1 day 1 hour"),
        (timedelta(days=10, minutes=1), "10 days"),
        (timedelta(minutes=90), "1 hour 30 minutes"),
        (timedelta(days=2, minutes=5), "2 days"),
        (timedelta(days=1, hours=3, minutes=5), "1 day 3 hours"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(duration: timedelta, words: str) -> None:
    assert duration_text(duration) == words
