"""The formats of JSON Schema that Snowplow checks, each as its validator checks it.

Enrich's Iglu client uses json-schema-validator of networknt, version 1.0.76, for draft 4. It knows
more formats than draft 4 (`uuid`, `duration`, `phone`) and reads some in its own way: `time` has no
time zone, and an email's domain ends in a top-level domain of IANA's list. `NOT_CHECKED` are
formats that it does not know, although the validator used here would check them.

Source: JsonMetaSchema, FormatKeyword and the package format in networknt/json-schema-validator,
and ITU in ethlo/itu, which reads `date-time`.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from stringprep import in_table_a1

Format = Callable[[str], bool]

_DOMAINS = Path(__file__).with_name("top_level_domains.txt")
_LONGEST_DOMAIN = 253
_LONGEST_USER = 64

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+([A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?)\.?")
_WORD = r"""(?:(?:\\.|[^\s\x00-\x1f\x7f()<>@,;:\\".\[\]])+|"(?:\\"|[^"])*")"""
_USER = re.compile(rf"[ \t\n\x0b\f\r]*{_WORD}(?:\.{_WORD})*", re.ASCII)
_DATE = re.compile(r"(-?[0-9]{4}|[+-][0-9]{5,9})-([0-9]{2})-([0-9]{2})")
_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    r"(?:\.[0-9]{0,9})?(?:[Zz]|(?P<sign>[+-])(?P<hours>[0-9]{2}).(?P<minutes>[0-9]{2}))"
)
_OCTET = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
_URL_TEXT = r"A-Za-z0-9._~%!$&'()*+,;=:\-"
_PERCENT = "[0-9]?[0-9]%|100%"
_BYTE = r"\s*(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\s*"
_COLORS = (
    "aqua|black|blue|fuchsia|gray|green|lime|maroon|navy|olive|orange|purple|red|silver|teal|white"
    "|yellow"
)


def _matching(pattern: str) -> Format:
    """Whether all of a text matches; `.`, `\\d` and `\\s` mean ASCII, as in Java."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """`2024-02-29`: a day that exists; a year before 0 or after 9999 needs its sign."""
    parts = _DATE.fullmatch(text)
    return parts is not None and parts[1] != "-0000" and _is_day(*map(int, parts.groups()))


def is_date_time(text: str) -> bool:
    """`2024-02-29T12:30:00.5+01:00`: seconds and a zone that is Z or an offset, but not -00:00."""
    parts = _DATE_TIME.fullmatch(text)
    if parts is None or not is_date(parts["date"]):
        return False
    hours, minutes = int(parts["hours"] or 0), int(parts["minutes"] or 0)
    if minutes > 59 or hours * 60 + minutes > 18 * 60:
        return False
    sign = -1 if parts["sign"] == "-" else 1
    if sign == -1 and hours == minutes == 0:
        return False
    hour, minute, second = (int(parts[name]) for name in ("hour", "minute", "second"))
    if second == 60:
        in_utc = (hour - sign * hours, minute - sign * minutes)
        return hour <= 23 and parts["date"] in _leap_seconds() and in_utc == (23, 59)
    return hour <= 23 and minute <= 59 and second <= 59


def is_email(text: str) -> bool:
    """`ada@example.com`: the domain has a dot and ends in a top-level domain that exists."""
    user, _, domain = text.rpartition("@")
    domain = domain.rstrip(" \t\n\x0b\f\r")
    if text.endswith(".") or len(user) > _LONGEST_USER or not _USER.fullmatch(user):
        return False
    if domain.startswith("[") and domain.endswith("]"):
        return is_ipv4(domain[1:-1]) or is_ipv6(domain[1:-1])
    return _is_domain(domain)


def is_ipv4(text: str) -> bool:
    """`192.0.2.1`."""
    return _parses(IPv4Address, text)


def is_ipv6(text: str) -> bool:
    """`2001:db8::1`, without a zone."""
    return "%" not in text and _parses(IPv6Address, text)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(2000 + year % 400, month, day)  # the calendar repeats itself
    except ValueError:
        return False
    return True


def _is_domain(text: str) -> bool:
    if not text.isascii():
        if any(map(in_table_a1, text)):  # not in Unicode when domains got other letters
            return False
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return False
    found = _DOMAIN.fullmatch(text) if len(text) <= _LONGEST_DOMAIN else None
    return found is not None and found[1].lower() in _top_level_domains()


@cache
def _leap_seconds() -> frozenset[str]:
    """The days that ended with a leap second, as ITU lists them, which has 1987 and 1979 wrong."""
    june = [72, *range(81, 84), 85, *range(92, 95), 97, 112, 115]
    december = [*range(71, 79), 88, 89, 90, 95, 98, 105, 108, 116]
    return frozenset(
        [f"{1900 + year}-06-30" for year in june] + [f"{1900 + year}-12-31" for year in december]
    )


@cache
def _top_level_domains() -> frozenset[str]:
    lines = _DOMAINS.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _parses(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _any(text: str) -> bool:
    return True


FORMATS: dict[str, Format] = {
    "alpha": _matching("[a-zA-Z]+"),
    "alphanumeric": _matching("[a-zA-Z0-9]+"),
    "color": _matching(
        rf"#?[0-9A-Fa-f]{{3,6}}|{_COLORS}|rgb\({_BYTE},{_BYTE},{_BYTE}\)"
        rf"|rgb\(\s*(?:{_PERCENT})+\s*,\s*(?:{_PERCENT})+\s*,\s*(?:{_PERCENT})+\s*\)"
    ),
    "date": is_date,
    "date-time": is_date_time,
    "duration": _matching(
        r"-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+[DW])?"
        r"(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
    ),
    "email": is_email,
    "hostname": _matching(rf"{_LABEL}(?:\.{_LABEL})*"),
    "ip-address": _matching(rf"(?:{_OCTET}\.){{3}}{_OCTET}"),
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "phone": _matching(r"\+(?:[0-9] ?){6,14}[0-9]"),
    "style": _matching(r"\s*.+?:\s*[^;]+;?"),
    "time": _matching(r"\d{2}:\d{2}:\d{2}(?:\.\d+)?"),
    "uri": _matching(
        rf"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[{_URL_TEXT}]*@)?[{_URL_TEXT}\[\]]*(?::[0-9]*)?)?"
        rf"[{_URL_TEXT}@/]*(?:\?[{_URL_TEXT}@/?]*)?(?:#[{_URL_TEXT}@/?]*)?"
    ),
    "utc-millisec": _matching(r"[0-9]+(?:\.[0-9]+)?"),
    "uuid": _matching("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
NOT_CHECKED = dict.fromkeys(
    (
        "idn-email", "idn-hostname", "iri", "iri-reference", "json-pointer", "regex",
        "relative-json-pointer", "uri-reference", "uri-template",
    ),
    _any,
)  # fmt: skip
