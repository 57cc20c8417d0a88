"""Credentials and options, read and checked before anything else starts.

Each setting is looked up in `st.secrets`, else in the environment, else in `.env`. If none of the
five settings of a Snowplow account is set, the app uses the sandbox; if all are set, Snowplow. All
mistakes are reported at once, in words, without repeating a secret. Whether the account answers is
checked elsewhere, because that needs the network.

    SettingsError        carries every `Problem` that was found
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import SecretStr

from lib.connection.account import Account, OwnAccount
from lib.connection.chat_model import ChatModel
from lib.connection.setting_checks import DEFAULT_VENDOR, Problem, domains, mistakes, path_of

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
ASSISTANT_KEYS = ("ASSISTANT_URL", "ASSISTANT_KEY", "ASSISTANT_MODEL")
KEYS = SNOWPLOW_KEYS + OPTION_KEYS + ASSISTANT_KEYS
OWN_KEYS = (*SNOWPLOW_KEYS, "OWNER", "VENDOR", "DEFINITIONS_SUFFIX")

DEFAULT_OWNER = "demo@example.com"
SIGNALS_DOMAIN = "signals.snowplowanalytics.com"


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
    assistant: ChatModel | None = None

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
    problems = [*_missing(values), *mistakes(values)]
    if problems:
        raise SettingsError(problems)
    return Settings(
        account=_account(values) if "COLLECTOR_URL" in values else None,
        owner=values.get("OWNER", DEFAULT_OWNER),
        vendor=values.get("VENDOR", DEFAULT_VENDOR),
        definitions_suffix=values.get("DEFINITIONS_SUFFIX", ""),
        signals_hosts=(SIGNALS_DOMAIN, *domains(values.get("SIGNALS_HOSTS", ""))),
        presenter_passphrase=_optional_secret(values.get("PRESENTER_PASSPHRASE")),
        sandbox_db=_optional_path(values.get("SANDBOX_DB")),
        assistant=_assistant(values) if "ASSISTANT_URL" in values else None,
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
    problems = [*missing, *mistakes(values)]
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


def _assistant(values: Mapping[str, str]) -> ChatModel:
    url = values["ASSISTANT_URL"].rstrip("/")
    return ChatModel(url, SecretStr(values["ASSISTANT_KEY"]), values["ASSISTANT_MODEL"])


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
    yield from _missing_of(SNOWPLOW_KEYS, "Snowplow", "the sandbox", values)
    yield from _missing_of(ASSISTANT_KEYS, "a model", "the scripted assistant", values)


def _missing_of(
    keys: tuple[str, ...], all_of: str, none_of: str, values: Mapping[str, str]
) -> Iterable[Problem]:
    """Settings that are needed together, if only some of them are set."""
    present = [key for key in keys if key in values]
    for key in keys if present else ():
        if key not in values:
            yield Problem(
                key,
                f"{key} is missing, while {present[0]} is set.",
                f"Set all of {', '.join(keys)} for {all_of}, or none for {none_of}.",
            )


def _optional_secret(value: str | None) -> SecretStr | None:
    return SecretStr(value) if value else None


def _optional_path(value: str | None) -> Path | None:
    return path_of(value) if value else None
