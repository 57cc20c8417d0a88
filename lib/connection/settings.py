"""Credentials and options, read and checked before anything else starts.

Each setting is looked up in `st.secrets`, else in the environment, else in `.env`. None of the five
that name a Snowplow account is set: the sandbox. All of them are: Snowplow. All mistakes are
reported at once, in words, without repeating a secret. Whether the account answers is checked
elsewhere, because that takes the network.

    SettingsError        carries every `Problem` that was found
"""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr, validate_email
from pydantic_core import PydanticCustomError

from lib.connection.account import Account, OwnAccount
from lib.text import UUID, is_uuid

SNOWPLOW_KEYS = (
    "COLLECTOR_URL",
    "SIGNALS_API_URL",
    "CONSOLE_API_KEY",
    "CONSOLE_API_KEY_ID",
    "ORG_ID",
)
OPTION_KEYS = (
    "OWNER",
    "VENDOR",
    "DEFINITIONS_SUFFIX",
    "SIGNALS_HOSTS",
    "PRESENTER_PASSPHRASE",
    "SANDBOX_DB",
)
KEYS = SNOWPLOW_KEYS + OPTION_KEYS
OWN_KEYS = (*SNOWPLOW_KEYS, "OWNER", "VENDOR", "DEFINITIONS_SUFFIX")

DEFAULT_OWNER = "demo@example.com"
DEFAULT_VENDOR = "com.example"
SIGNALS_DOMAIN = "signals.snowplowanalytics.com"
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


class SettingsError(Exception):
    """The settings cannot be used. `problems` has every mistake, without secrets."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{each.message} {each.fix}" for each in self.problems))


@dataclass(frozen=True)
class Settings:
    """The settings of the app. Without an `account` it runs on the sandbox.

    `signals_hosts` are the domains where the Signals API of a participant's account may be.
    """

    account: Account | None = None
    owner: str = DEFAULT_OWNER
    vendor: str = DEFAULT_VENDOR
    definitions_suffix: str = ""
    signals_hosts: tuple[str, ...] = (SIGNALS_DOMAIN,)
    presenter_passphrase: SecretStr | None = None
    sandbox_db: Path | None = None

    @property
    def mode(self) -> Literal["sandbox", "snowplow"]:
        """Which of the two connections these settings ask for."""
        return "snowplow" if self.account else "sandbox"

    @property
    def app_db(self) -> Path:
        """The file of the app's own state: beside `sandbox_db`, else in a temporary folder."""
        if self.sandbox_db is None:
            return temporary_folder() / "sandbox.app.db"
        return self.sandbox_db.with_name(f"{self.sandbox_db.stem}.app.db")


def load_settings(
    secrets: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = Path(".env"),
) -> Settings:
    """The settings from `secrets`, else `environ` (by default the process's), else `env_file`.

    Blank values count as missing. Raises SettingsError with everything that is wrong.
    """
    layers = (secrets or {}, os.environ if environ is None else environ, _env_file(env_file))
    values = {key: text for key in KEYS if (text := _first_text(key, layers))}
    problems = [*_missing(values), *_mistakes(values)]
    if problems:
        raise SettingsError(problems)
    return Settings(
        account=_account(values) if "COLLECTOR_URL" in values else None,
        owner=values.get("OWNER", DEFAULT_OWNER),
        vendor=values.get("VENDOR", DEFAULT_VENDOR),
        definitions_suffix=values.get("DEFINITIONS_SUFFIX", ""),
        signals_hosts=(SIGNALS_DOMAIN, *_domains(values.get("SIGNALS_HOSTS", ""))),
        presenter_passphrase=_optional_secret(values.get("PRESENTER_PASSPHRASE")),
        sandbox_db=_optional_path(values.get("SANDBOX_DB")),
    )


def load_own_account(given: Mapping[str, str], settings: Settings) -> OwnAccount:
    """The account that somebody entered: its five settings, and options, by default the app's.

    Raises SettingsError with everything that is wrong. Whether its hosts answer is not checked.
    """
    values = {key: text for key in OWN_KEYS if (text := given.get(key, "").strip())}
    missing = [
        Problem(key, f"{key} is missing.", "All five are needed.")
        for key in SNOWPLOW_KEYS
        if key not in values
    ]
    problems = [*missing, *_mistakes(values)]
    if problems:
        raise SettingsError(problems)
    return OwnAccount(
        _account(values),
        owner=values.get("OWNER", settings.owner),
        vendor=values.get("VENDOR", settings.vendor),
        suffix=values.get("DEFINITIONS_SUFFIX", settings.definitions_suffix),
    )


def _account(values: Mapping[str, str]) -> Account:
    return Account(
        collector_url=values["COLLECTOR_URL"].rstrip("/"),
        signals_api_url=values["SIGNALS_API_URL"].rstrip("/"),
        api_key=SecretStr(values["CONSOLE_API_KEY"]),
        api_key_id=SecretStr(values["CONSOLE_API_KEY_ID"]),
        org_id=SecretStr(values["ORG_ID"]),
    )


def masked(secret: SecretStr | str | None) -> str:
    """A secret as the page shows it: dots, and its last four characters if it is long enough."""
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret or ""
    if not text:
        return ""
    return "••••" + (text[-4:] if len(text) >= 12 else "")


@cache
def temporary_folder() -> Path:
    """This process's own folder for files that need not outlive it. Only its user can read it."""
    folder = Path(tempfile.mkdtemp(prefix="signals-app-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _env_file(path: Path | None) -> Mapping[str, str | None]:
    if path is None or not path.is_file():
        return {}
    try:
        # No interpolation: a "$" in a secret is a "$".
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise SettingsError([unreadable(path.name, "text in UTF-8")]) from None


def unreadable(name: str, form: str) -> Problem:
    """The problem of a settings file that exists and cannot be read."""
    return Problem(name, f"{name} cannot be read.", f"Check that it is {form}, or remove it.")


def _first_text(key: str, layers: Iterable[Mapping[str, object]]) -> str:
    """The first value of `key` that is not blank. Tables of secrets.toml are not settings."""
    found = (layer.get(key) for layer in layers)
    texts = (str(value).strip() for value in found if isinstance(value, str | int | float))
    return next((text for text in texts if text), "")


def _missing(values: Mapping[str, str]) -> Iterable[Problem]:
    present = [key for key in SNOWPLOW_KEYS if key in values]
    if not present:
        return []
    return [
        Problem(
            key,
            f"{key} is missing, while {present[0]} is set.",
            "Set all of " + ", ".join(SNOWPLOW_KEYS) + " for Snowplow, or none for the sandbox.",
        )
        for key in SNOWPLOW_KEYS
        if key not in values
    ]


def _mistakes(values: Mapping[str, str]) -> Iterable[Problem]:
    for key, value in values.items():
        if PLACEHOLDER.search(value):
            yield Problem(
                key,
                f"{key} still holds a placeholder.",
                f"Put the real value in its place, or remove {key}.",
            )
        elif check := CHECKS.get(key):
            yield from check(key, value)


def _url_mistakes(key: str, value: str) -> Iterable[Problem]:
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
    elif url.path:
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
    for domain in _domains(value):
        if not HOST.fullmatch(domain):
            yield Problem(
                key,
                f"{key} names something that is not a domain ({_shown(domain)}).",
                'List domains with commas between them, like "signals.your-company.com".',
            )


def _domains(value: str) -> list[str]:
    return [domain for each in value.split(",") if (domain := each.strip().lower().strip("."))]


def _file_mistakes(key: str, value: str) -> Iterable[Problem]:
    path = _path(value)
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


def _optional_secret(value: str | None) -> SecretStr | None:
    return SecretStr(value) if value else None


def _optional_path(value: str | None) -> Path | None:
    return _path(value) if value else None


def _path(value: str) -> Path:
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
}
