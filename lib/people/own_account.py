"""Checking the account that a participant entered, before the app connects to it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as TooLate

from lib.connection.account import OwnAccount
from lib.connection.public_hosts import HostRefused, check_public_url
from lib.connection.setting_checks import Problem
from lib.connection.settings import Settings, SettingsError, load_own_account
from lib.world.background import in_background

PATIENCE_SECONDS = 1.0


def checked_account(given: Mapping[str, str], settings: Settings) -> OwnAccount:
    """The account, if it is well formed and its addresses are public.

    `given` maps the names of the settings. Raises SettingsError with everything that is wrong.
    """
    own = load_own_account(given, settings)
    checking = in_background("own account", lambda: _refusals(own, settings.signals_hosts))
    try:
        problems = checking.result(PATIENCE_SECONDS)
    except TooLate:
        problems = [
            Problem(
                "COLLECTOR_URL",
                "The host names do not resolve in time.",
                "Try again. If this lasts, check them for typing mistakes.",
            )
        ]
    if problems:
        raise SettingsError(problems)
    return own


def _refusals(own: OwnAccount, signals_hosts: Sequence[str]) -> list[Problem]:
    addresses = (
        ("COLLECTOR_URL", own.account.collector_url, ()),
        ("SIGNALS_API_URL", own.account.signals_api_url, signals_hosts),
    )
    problems = []
    for setting, url, suffixes in addresses:
        try:
            check_public_url(url, suffixes)
        except HostRefused as refused:
            message = f"{setting} cannot be used here: {refused.reason}."
            problems.append(Problem(setting, message, "Use the address that Snowplow gave you."))
    return problems
