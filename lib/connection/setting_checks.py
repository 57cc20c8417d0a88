"""Mistakes in the value of one setting, described without repeating a secret."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import validate_email
from pydantic_core import PydanticCustomError

from lib.text import UUID, is_uuid

DEFAULT_VENDOR = "com.example"
COLLECTOR_EXAMPLE = "collector.your-company.com"
PLACEHOLDER = re.compile(
    r"""  <[^<>@]*>                              # <your key>
        | (^|[/.@]) your [-_]                    # YOUR-KEY, https://your-collector…
        | ^ (change|replace) [-_\s]? (me|this) $
        | (^|[^a-z0-9]) x{3,} ([^a-z0-9]|$)      # xxx, https://xxx.signals…
        | ^ (todo|tbd|placeholder|\.{3}|…) $
    """,
    re.IGNORECASE | re.VERBOSE,
)
VENDOR = re.compile(r"[A-Za-z0-9_.-]+")
SUFFIX = re.compile(r"[A-Za-z0-9_]{1,40}")
HOST = re.compile(
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,24}|xn--[a-z0-9-]+)", re.IGNORECASE
)
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Problem:
    """One mistake in one setting: what is wrong, and what to do about it."""

    setting: str
    message: str
    fix: str


def _url_mistakes(key: str, value: str, *, may_have_path: bool = False) -> Iterable[Problem]:
    """One at most: if the start of an address is wrong, the rest does not matter."""
    url = _address(value)
    if url is None:
        # The value is not shown: it may be a key in the wrong place.
        message = f"{key} is not a web address."
        example = "your-id.signals.snowplowanalytics.com" if "SIGNALS" in key else COLLECTOR_EXAMPLE
        fix = f'It should look like "https://{example}".'
    elif url.scheme not in url.allowed_schemes:
        message = f"{key} does not start with {url.allowed_schemes[0]}:// ({url.host})."
        fix = f'Write "{url.allowed_schemes[0]}://{url.host_and_port}".'
    elif url.has_user:
        message = f"{key} holds a user name or password ({url.host})."
        fix = f'Write "{url.scheme}://{url.host_and_port}" alone.'
    elif url.path and not may_have_path:
        added = " The tracker adds it." if "snowplow/tp2" in url.path else ""
        message = f"{key} has a path after the address ({url.host}).{added}"
        fix = f'Write "{url.scheme}://{url.host_and_port}" alone.'
    else:
        return
    yield Problem(key, message, fix)


@dataclass(frozen=True)
class _Address:
    scheme: str
    host: str
    host_and_port: str
    has_user: bool
    path: str  # with query and fragment

    @property
    def allowed_schemes(self) -> tuple[str, ...]:
        # On loopback nothing leaves the machine, and nothing has a certificate.
        return ("http", "https") if self.host in LOOPBACK_HOSTS else ("https",)


def _address(value: str) -> _Address | None:
    """The parts of a web address; None if it cannot be one."""
    try:
        url = urlsplit(value if "://" in value else f"//{value}")
        host, _ = url.hostname or "", url.port
    except ValueError:
        return None
    is_host = host in LOOPBACK_HOSTS or HOST.fullmatch(host)
    if not is_host or url.scheme not in ("", "http", "https"):
        return None
    user, _, host_and_port = url.netloc.rpartition("@")
    path = url.path.strip("/") + url.query + url.fragment
    return _Address(url.scheme, host, host_and_port, bool(user), path)


def _uuid_mistakes(key: str, value: str) -> Iterable[Problem]:
    if not is_uuid(value):
        yield Problem(
            key,
            f"{key} is not a UUID ({len(value)} characters).",
            "Copy it again from Snowplow Console: 32 hexadecimal digits in five groups.",
        )


def _key_mistakes(key: str, value: str) -> Iterable[Problem]:
    if not (value.isascii() and value.isprintable()):
        yield Problem(
            key,
            f"{key} has a character that no key has ({len(value)} characters).",
            "Copy it again: HTTP headers take letters without accents, digits and punctuation.",
        )


def _email_mistakes(key: str, value: str) -> Iterable[Problem]:
    if not _is_email(value):
        yield Problem(
            key,
            f"{key} is not an email address ({_shown(value)}).",
            "Use one like you@your-company.com; Snowplow refuses reserved domains such as .test.",
        )


def _is_email(value: str) -> bool:
    # The check of the Signals SDK, except for "Name <address>", which it would cut.
    try:
        return validate_email(value)[1].lower() == value.lower()
    except PydanticCustomError:
        return False


def _vendor_mistakes(key: str, value: str) -> Iterable[Problem]:
    if not VENDOR.fullmatch(value):
        yield Problem(
            key,
            f"{key} is not a schema vendor ({_shown(value)}).",
            f'Use letters, digits, dots, hyphens and underscores, like "{DEFAULT_VENDOR}".',
        )


def _suffix_mistakes(key: str, value: str) -> Iterable[Problem]:
    if not SUFFIX.fullmatch(value):
        yield Problem(
            key,
            f"{key} cannot end a name ({_shown(value)}).",
            'Use at most 40 letters, digits and underscores, like "_emea".',
        )


def _domain_mistakes(key: str, value: str) -> Iterable[Problem]:
    for domain in domains(value):
        if not HOST.fullmatch(domain):
            yield Problem(
                key,
                f"{key} names something that is not a domain ({_shown(domain)}).",
                'List domains with commas between them, like "signals.your-company.com".',
            )


def domains(value: str) -> list[str]:
    """The domains in a list with commas."""
    return [domain for each in value.split(",") if (domain := each.strip().lower().strip("."))]


def _file_mistakes(key: str, value: str) -> Iterable[Problem]:
    path = path_of(value)
    if path.is_dir():
        yield Problem(
            key, f"{key} is a folder ({_shown(value)}).", "Name a file, like sandbox.db in it."
        )
    elif not path.parent.is_dir():
        yield Problem(
            key,
            f"The folder of {key} does not exist ({_shown(value)}).",
            "Create it, or name a file in one that exists.",
        )


def _shown(value: str) -> str:
    """A value that is not secret, short and on one line. A UUID may be a key in the wrong place."""
    if UUID.search(value):
        return "a UUID"
    return ascii(value if len(value) <= 60 else value[:59] + "…")


def path_of(value: str) -> Path:
    """The path of a file that a setting names."""
    # Absolute at once, so that a later change of folder does not matter.
    return Path(os.path.abspath(os.path.expanduser(value)))


CHECKS: dict[str, Callable[[str, str], Iterable[Problem]]] = {
    "COLLECTOR_URL": _url_mistakes,
    "SIGNALS_API_URL": _url_mistakes,
    "CONSOLE_API_KEY": _uuid_mistakes,
    "CONSOLE_API_KEY_ID": _uuid_mistakes,
    "ORG_ID": _uuid_mistakes,
    "OWNER": _email_mistakes,
    "VENDOR": _vendor_mistakes,
    "DEFINITIONS_SUFFIX": _suffix_mistakes,
    "SIGNALS_HOSTS": _domain_mistakes,
    "SANDBOX_DB": _file_mistakes,
    "ASSISTANT_URL": partial(_url_mistakes, may_have_path=True),
    "ASSISTANT_KEY": _key_mistakes,
}


def mistakes(values: Mapping[str, str]) -> Iterable[Problem]:
    """Every mistake in the values of settings."""
    for key, value in values.items():
        if PLACEHOLDER.search(value):
            yield Problem(
                key,
                f"{key} still holds a placeholder.",
                f"Put the real value in its place, or remove {key}.",
            )
        elif check := CHECKS.get(key):
            yield from check(key, value)
