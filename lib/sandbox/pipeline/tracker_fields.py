"""The table from tracker-protocol fields to canonical columns, and the parsers of their values.

A parser takes the text that was sent. It returns the column's value, or None if nothing is left of
it, and raises `ValueError` with a message for people. Columns are named as in the canonical event.

Differences from Enrich *(ours)*:

- Text is cleaned as in Enrich (a tab becomes four spaces, other control characters, NUL included,
  are removed), and text over the column's limit fails the event as in Enrich, never truncated.
- An empty value is an absent value, for every field.
- Times lie between 1970 and 9999; Enrich also takes the years 0 to 1969.
- Feature flags and `br_cookies` are booleans, prices and `se_value` floats: Signals reads them so.
- The legacy names `ev_ca` ... and the collector's own query parameters are left out.

Source: https://docs.snowplow.io/docs/fundamentals/canonical-event/
"""

import re
from collections.abc import Callable
from math import isfinite
from uuid import uuid4

from lib.sandbox.pipeline.quoting import cleaned, quoted

Value = str | int | float | bool | None
Parser = Callable[[str], Value]

MAX_TSTAMP = 253_402_300_799_999  # the last millisecond of the year 9999, UTC
MAX_INT32 = 2**31 - 1
PLATFORMS = frozenset({"web", "mob", "pc", "srv", "app", "tv", "cnsl", "iot", "headset"})

_TSTAMP = re.compile(r"-?[0-9]{1,15}")
_INTEGER = re.compile(r"[+-]?0{0,1000}[0-9]{1,10}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_IP_END = re.compile("[,| ]")
_DIMENSIONS = re.compile(r"([0-9]{1,10})x([0-9]{1,10})")


def text(limit: int) -> Parser:
    """A parser of text of at most `limit` characters; an emoji counts as two, as in Java."""

    def parse(value: str) -> str | None:
        if not value.isprintable():
            value = cleaned(value)
        length = len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2
        if length > limit:
            raise ValueError(f"has {length:,} characters; the column holds {limit:,}")
        return value or None

    return parse


def tstamp(value: str) -> int:
    """Milliseconds since the epoch, UTC."""
    if not _TSTAMP.fullmatch(value):
        raise ValueError(f"{quoted(value)} is not an integer of milliseconds since 1970")
    number = int(value)
    if not 0 <= number <= MAX_TSTAMP:
        raise ValueError(f"{value} is not a time between the years 1970 and 9999, in milliseconds")
    return number


def integer(value: str) -> int | None:
    """A 32-bit integer; the text `null`, which some trackers send, is no value."""
    if value.lower() == "null":
        return None
    number = int(value) if _INTEGER.fullmatch(value) else MAX_INT32 + 1
    if not -MAX_INT32 - 1 <= number <= MAX_INT32:
        raise ValueError(f"{quoted(value)} is not a 32-bit integer")
    return number


def number(value: str) -> float | None:
    """A finite number; the text `null`, which some trackers send, is no value."""
    if value.lower() == "null":
        return None
    if not _NUMBER.fullmatch(value) or not isfinite(parsed := float(value)):
        raise ValueError(f"{quoted(value)} is not a finite number")
    return parsed


def is_uuid(value: object) -> bool:
    """Whether a value is a UUID in its canonical form, as built-in keys and subscriptions need."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def uuid(value: str) -> str:
    """A UUID in lower case."""
    if not is_uuid(value):
        raise ValueError(f"{quoted(value)} is not a UUID")
    return value.lower()


def flag(value: str) -> bool:
    """`1` or `0`."""
    if value not in ("0", "1"):
        raise ValueError(f"{quoted(value)} is neither 0 nor 1")
    return value == "1"


def platform(value: str) -> str:
    """One of the platforms of the tracker protocol."""
    if value not in PLATFORMS:
        raise ValueError(f"{quoted(value)} is not one of {', '.join(sorted(PLATFORMS))}")
    return value


def first_ip(value: str) -> Value:
    """The first address of a list such as `X-Forwarded-For` has."""
    return text(128)(_IP_END.split(value, 1)[0])


def dimensions(value: str) -> tuple[int, int]:
    """Width and height in pixels, from `1920x1080`."""
    match = _DIMENSIONS.fullmatch(value)
    width, height = map(int, match.groups()) if match else (MAX_INT32 + 1, 0)
    if max(width, height) > MAX_INT32:
        raise ValueError(f"{quoted(value)} is not a width and height such as 1920x1080")
    return width, height


def new_event_id() -> str:
    """The id of an event that came without `eid`."""
    return str(uuid4())


COLUMNS: dict[str, tuple[str, Parser]] = {
    # Application, tracker, time
    "aid": ("app_id", text(255)),
    "p": ("platform", platform),
    "tna": ("name_tracker", text(128)),
    "tv": ("v_tracker", text(100)),
    "cv": ("v_collector", text(100)),
    "eid": ("event_id", uuid),
    "tid": ("txn_id", integer),
    "dtm": ("dvce_created_tstamp", tstamp),
    "stm": ("dvce_sent_tstamp", tstamp),
    "ttm": ("true_tstamp", tstamp),
    # User. `tnuid` comes last of its column: see `enrich`
    "uid": ("user_id", text(255)),
    "duid": ("domain_userid", text(128)),
    "sid": ("domain_sessionid", uuid),
    "vid": ("domain_sessionidx", integer),
    "nuid": ("network_userid", text(128)),
    "fp": ("user_fingerprint", text(128)),
    "ip": ("user_ipaddress", first_ip),
    "ua": ("useragent", text(1000)),
    # Page
    "url": ("page_url", text(10_000)),
    "page": ("page_title", text(2000)),
    "refr": ("page_referrer", text(10_000)),
    # Browser and device
    "lang": ("br_lang", text(255)),
    "cookie": ("br_cookies", flag),
    "cd": ("br_colordepth", text(12)),
    "tz": ("os_timezone", text(255)),
    "cs": ("doc_charset", text(128)),
    "f_pdf": ("br_features_pdf", flag),
    "f_fla": ("br_features_flash", flag),
    "f_java": ("br_features_java", flag),
    "f_dir": ("br_features_director", flag),
    "f_qt": ("br_features_quicktime", flag),
    "f_realp": ("br_features_realplayer", flag),
    "f_wma": ("br_features_windowsmedia", flag),
    "f_gears": ("br_features_gears", flag),
    "f_ag": ("br_features_silverlight", flag),
    # Structured event
    "se_ca": ("se_category", text(1000)),
    "se_ac": ("se_action", text(1000)),
    "se_la": ("se_label", text(4096)),
    "se_pr": ("se_property", text(1000)),
    "se_va": ("se_value", number),
    # Page ping
    "pp_mix": ("pp_xoffset_min", integer),
    "pp_max": ("pp_xoffset_max", integer),
    "pp_miy": ("pp_yoffset_min", integer),
    "pp_may": ("pp_yoffset_max", integer),
    # Legacy transactions
    "tr_id": ("tr_orderid", text(255)),
    "tr_af": ("tr_affiliation", text(255)),
    "tr_tt": ("tr_total", number),
    "tr_tx": ("tr_tax", number),
    "tr_sh": ("tr_shipping", number),
    "tr_ci": ("tr_city", text(255)),
    "tr_st": ("tr_state", text(255)),
    "tr_co": ("tr_country", text(255)),
    "tr_cu": ("tr_currency", text(3)),
    "ti_id": ("ti_orderid", text(255)),
    "ti_sk": ("ti_sku", text(255)),
    "ti_na": ("ti_name", text(255)),
    "ti_nm": ("ti_name", text(255)),
    "ti_ca": ("ti_category", text(255)),
    "ti_pr": ("ti_price", number),
    "ti_qu": ("ti_quantity", integer),
    "ti_cu": ("ti_currency", text(3)),
}

DIMENSIONS = {
    "res": ("dvce_screenwidth", "dvce_screenheight"),
    "vp": ("br_viewwidth", "br_viewheight"),
    "ds": ("doc_width", "doc_height"),
}
