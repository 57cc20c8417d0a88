"""Formats: what json-schema-validator 1.0.76 of networknt, which Enrich uses, takes and refuses.

All cases were tried with that library, and with ITU 1.7.0 for `date-time`.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.formats import FORMATS, NOT_CHECKED
from lib.sandbox.pipeline.iglu import Iglu

UUID = "123e4567-e89b-12d3-a456-426614174000"
TAKEN = {
    "alpha": ["abc", "ABC"],
    "alphanumeric": ["a1", "1"],
    "color": ["#fff", "fff", "red", "rgb(1,2,3)", "rgb( 1 , 2 , 3 )", "rgb(1%,20%,100%)"],
    "date": ["2024-02-29", "0000-02-29", "9999-12-31", "-0001-01-01", "+10000-01-01"],
    "date-time": [
        "2024-02-29T12:34:56Z", "2024-02-29t12:34:56z", "2024-02-29 12:34:56Z",
        "2024-02-29T12:34:56.123456789+01:00", "2024-02-29T12:34:56-18:00",
        "2016-12-31T23:59:60Z", "2016-12-31T15:59:60-08:00",
    ],
    "duration": ["P1D", "PT1.5S", "-P1Y2M3DT4H5M6S", "P1W", "P1DT"],
    "email": [
        "ada@example.com", "o'hara@example.co.uk", '"a b"@example.com', "a+b@EXAMPLE.COM",
        "ada@[127.0.0.1]", "ada@[::1]", "ü@münchen.de", "x" * 64 + "@example.com",
    ],
    "hostname": ["a", "a.b", "localhost", "1.2.3.4", "x" * 63],
    "ip-address": ["1.2.3.4", "001.002.003.004"],
    "ipv4": ["1.2.3.4", "255.255.255.255"],
    "ipv6": ["::", "2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"],
    "phone": ["+41 44 123 45 67", "+1234567"],
    "style": ["color: red", "color: red;"],
    "time": ["12:34:56", "12:34:56.789", "25:99:99"],
    "uri": ["http://a.b/c?d=e#f", "mailto:a@b", "urn:x", "http://", "http://a/%zz", "a:b"],
    "utc-millisec": ["1", "1.5"],
    "uuid": [UUID, UUID.upper(), "00000000-0000-0000-0000-000000000000"],
}  # fmt: skip
REFUSED = {
    "alpha": ["", "a1", "aé"],
    "alphanumeric": ["", "a-1", "é"],
    "color": ["Red", "#ff", "rgb(256,1,1)", "rgb(01,1,1)", ""],
    "date": ["2023-02-29", "2024-2-9", "2024-13-01", "-0000-01-01", "10000-01-01", "2024-02-29Z"],
    "date-time": [
        "2024-02-29", "2024-02-29T12:34Z", "2024-02-29T12:34:56", "2023-02-29T12:34:56Z",
        "2024-02-29T24:00:00Z", "2024-02-29T12:34:56-00:00", "2024-02-29T12:34:56+18:01",
        "2024-02-29T12:34:56+0100", "2024-02-29T12:34:56.1234567890Z", "2015-12-31T23:59:60Z",
        "2016-12-31T23:59:60+01:00", "2024-02-29T12:34:56+05:60",
        "2016-12-31T24:59:60+01:00",
    ],
    "duration": ["P", "PT", "1D", "P1.5D", "P1D2W", ""],
    "email": [
        "ada", "ada@localhost", "ada@example.local", "ada@example.invalid", "ada@example.com.",
        ".ada@example.com", "a..b@example.com", "ada lovelace@example.com", "@example.com",
        "ada@-example.com", "ada@exa_mple.com", "ada@1.2.3.4", "x" * 65 + "@example.com",
        "ada@exa\U0001f600mple.com", "ada@[256.1.1.1]",
    ],
    "hostname": ["-a", "a-", "a_b", "a.", ".a", "a..b", "ü", "x" * 64, ""],
    "ip-address": ["256.1.1.1", "1.2.3", "0001.2.3.4"],
    "ipv4": ["01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4 ", "١.2.3.4"],
    "ipv6": ["fe80::1%eth0", " ::1", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7", "::1.2.3"],
    "phone": ["041 44 123 45 67", "+12", "+1-234-567"],
    "style": ["color", "color:", ": red: x;y"],
    "time": ["12:34:56Z", "12:34:56+01:00", "12:34", "1:2:3", "12:34:56."],
    "uri": ["/a", "//a", "http://a b", "http://ü/", "http://a/{b}", "http://a|b", "1a:b", ""],
    "utc-millisec": [".5", "1.", "1e3", "-1"],
    "uuid": [UUID[:-1], UUID + "0", UUID.replace("-", ""), "{" + UUID + "}", UUID[:-1] + "g", ""],
}  # fmt: skip


def cases(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, texts in values.items() for value in texts]


def is_valid(name: str, value: Any) -> bool:
    iglu = Iglu()
    described = {"vendor": "org.acme", "name": "x", "format": "jsonschema", "version": "1-0-0"}
    uri = iglu.add({"self": described, "format": name})
    return not iglu.check(uri, value).failures


@pytest.mark.parametrize(("name", "value"), cases(TAKEN))
def test_value_that_snowplow_takes_is_valid(name: str, value: str):
    assert is_valid(name, value)


@pytest.mark.parametrize(("name", "value"), cases(REFUSED))
def test_value_that_snowplow_refuses_is_not_valid(name: str, value: str):
    assert not is_valid(name, value)


def test_each_format_has_cases_that_are_taken_and_refused():
    assert set(TAKEN) == set(REFUSED) == set(FORMATS)


@pytest.mark.parametrize("name", [*NOT_CHECKED, "strict-uri", "byte", "int32", ""])
def test_format_that_snowplow_does_not_know_is_not_checked(name: str):
    assert is_valid(name, "(no such thing \\")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", [5, 1.5, True, None, [], {}])
def test_format_says_nothing_about_other_types(name: str, value: Any):
    assert is_valid(name, value)


@given(name=st.sampled_from(sorted(FORMATS)), value=st.text(st.characters(), max_size=80))
def test_no_text_makes_a_format_raise(name: str, value: str):
    assert FORMATS[name](value) in (True, False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "part", ["a", "1", "a.", "1:", "a@", '"\\"', "'", "% ", "rgb(1%", ": ;", "+1 "]
)
def test_long_text_is_decided_at_once(name: str, part: str):
    for text in (part * 100_000, part * 100_000 + "\n!", f"a@{part * 100_000}"):
        assert FORMATS[name](text) in (True, False)
