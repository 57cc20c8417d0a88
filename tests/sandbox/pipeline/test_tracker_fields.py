"""Tracker fields: the types and limits of their columns."""

from typing import get_args

import pytest
from snowplow_signals.models.model import AtomicProperty

from lib.sandbox.pipeline.tracker_fields import COLUMNS, first_ip, is_uuid, number
from tests.support.enriched import (
    UUID,
    good,
    reason,
)


@pytest.mark.parametrize("value", ["abc", "1.5", "1_000", " 1", "1e3", "-1", "253402300800000",
                                   "9" * 400, "١٢", "nan"])  # fmt: skip
@pytest.mark.parametrize("name", ["dtm", "stm", "ttm"])
def test_time_that_cannot_be_a_datetime_fails(name: str, value: str):
    path, message = reason(**{name: value})
    assert path == f"$.{name}"
    assert "1970" in message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("se_va", "abc", 'se_va (se_value): "abc" is not a finite number'),
        ("se_va", "nan", 'se_va (se_value): "nan" is not a finite number'),
        ("se_va", "1e400", 'se_va (se_value): "1e400" is not a finite number'),
        ("se_va", "1_0", 'se_va (se_value): "1_0" is not a finite number'),
        ("sid", "42", 'sid (domain_sessionid): "42" is not a UUID'),
        ("eid", "x", 'eid (event_id): "x" is not a UUID'),
        ("vid", "2147483648", 'vid (domain_sessionidx): "2147483648" is not a 32-bit integer'),
        ("tid", "one", 'tid (txn_id): "one" is not a 32-bit integer'),
        ("cookie", "yes", 'cookie (br_cookies): "yes" is neither 0 nor 1'),
        ("res", "1920", "res (dvce_screenwidth and dvce_screenheight): "
                        '"1920" is not a width and height such as 1920x1080'),
        ("uid", "x" * 256, "uid (user_id): has 256 characters; the column holds 255"),
        ("p", "fridge", 'p (platform): "fridge" is not one of '
                        "app, cnsl, headset, iot, mob, pc, srv, tv, web"),
    ],
)  # fmt: skip
def test_wrong_type_fails_with_the_field_and_the_value(name: str, value: str, message: str):
    assert reason(**{name: value}) == (f"$.{name}", message)


@pytest.mark.parametrize("ending", ["x", ".x", "e", "e+", ".1.1"])
def test_very_long_number_is_refused_at_once(ending: str):
    path, message = reason(e="se", se_va="1" * 200_000 + ending)
    assert path == "$.se_va"
    assert message.endswith("is not a finite number")


def test_values_have_the_types_of_their_columns():
    fields = {"e": "se", "se_va": "-1.5e2", "vid": "3", "cookie": "1", "f_pdf": "0",
              "res": "1920x1080", "vp": "800x600", "sid": UUID.upper()}  # fmt: skip
    atomic = good(fields).atomic
    names = ["se_value", "domain_sessionidx", "br_cookies", "br_features_pdf", "dvce_screenwidth",
             "dvce_screenheight", "br_viewwidth", "br_viewheight", "domain_sessionid"]  # fmt: skip
    assert [atomic[name] for name in names] == [-150.0, 3, True, False, 1920, 1080, 800, 600, UUID]


def test_control_characters_go_and_a_tab_becomes_four_spaces():
    event = good({"e": "pv", "uid": "a\x00b\tc\nd\ud800\u200be", "page": "\x00"})
    assert event.atomic["user_id"] == "ab    cd?\u200be"
    assert "page_title" not in event.atomic


def test_every_column_is_one_that_signals_knows():
    known = set(get_args(AtomicProperty.model_fields["name"].annotation))
    url = f"https://a.b:1/c?utm_source=s&dclid=1&_sp={UUID}.1#d"
    fields = {name: "1" for name in COLUMNS} | {
        "e": "pv", "sid": UUID, "eid": UUID, "p": "web", "url": url, "refr": url,
        "res": "1x1", "vp": "1x1", "ds": "1x1",
    }  # fmt: skip
    assert set(good(fields).atomic) <= known


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-1.", -1.0), ("+.5", 0.5), ("1.5e3", 1500.0), ("2E-1", 0.2), ("null", None)],
)
def test_number_is_read_in_every_notation(text: str, value: float | None):
    assert number(text) == value


@pytest.mark.parametrize("text", ["", ".", "+", "1e", "e1", "1.2.3", "0x1", "1 ", "nul", "١"])
def test_anything_else_is_not_a_number(text: str):
    with pytest.raises(ValueError, match="is not a finite number"):
        number(text)


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4, 5.6.7.8", "1.2.3.4"),
        ("1.2.3.4|5.6.7.8", "1.2.3.4"),
        ("1.2.3.4 5.6.7.8", "1.2.3.4"),
        (" 1.2.3.4", None),
        ("", None),
    ],
)
def test_first_address_of_a_list_is_the_clients(sent: str, address: str | None):
    """As extractIp of MiscEnrichments in snowplow/enrich."""
    assert first_ip(sent) == address


@pytest.mark.parametrize("name", ["vid", "tid", "pp_mix", "ti_qu", "se_va", "tr_tt", "ti_pr"])
@pytest.mark.parametrize("value", ["null", "NULL", "Null", "nULL"])
def test_null_in_any_case_is_no_number(name: str, value: str):
    """As stringToJInteger and stringToJBigDecimal of ConversionUtils in snowplow/enrich."""
    assert good({"e": "se", name: value}).atomic.get(COLUMNS[name][0]) is None


@pytest.mark.parametrize(
    ("name", "limit"), [("uid", 255), ("page", 2000), ("se_ca", 1000), ("tr_cu", 3), ("cd", 12)]
)
def test_lengths_are_counted_in_utf_16_units(name: str, limit: int):
    """AtomicFieldsLengthValidator in snowplow/enrich asks for the length of a Java string."""
    fits = "\U0001f600" * (limit // 2)
    assert good({"e": "se", name: fits}).atomic[COLUMNS[name][0]] == fits
    _, message = reason(**{name: fits + "éé"})
    assert message.endswith(f"has {limit // 2 * 2 + 2:,} characters; the column holds {limit:,}")


@pytest.mark.parametrize("character", ["\x80", "\x85", "\x9f", "\xad", "\u2028", "\u200b"])
def test_only_the_control_characters_of_ascii_are_left_out(character: str):
    """TabPattern and ControlCharPattern of ConversionUtils in snowplow/enrich."""
    assert good({"e": "se", "uid": f"a{character}b"}).atomic["user_id"] == f"a{character}b"


@pytest.mark.parametrize("value", [UUID, UUID.upper()])
def test_canonical_uuid_is_one(value: str):
    assert is_uuid(value)


@pytest.mark.parametrize("value", ["", UUID[:-1], UUID + "0", UUID.replace("-", ""), f" {UUID}", 5])
def test_anything_else_is_not_a_uuid(value: object):
    assert not is_uuid(value)
