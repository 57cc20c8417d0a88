"""An account as a participant brings it, and what they type for it."""

from pydantic import SecretStr

from lib.connection.account import Account, OwnAccount
from lib.connection.settings import SIGNALS_DOMAIN

COLLECTOR = "collector.acme.com"
SIGNALS = f"abc.{SIGNALS_DOMAIN}"
SECRETS = {
    "CONSOLE_API_KEY": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0001",
    "CONSOLE_API_KEY_ID": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0002",
    "ORG_ID": "1f0c2f9a-5d0e-4c7c-9a51-3a2b6f1e0003",
}
GIVEN = {
    "COLLECTOR_URL": f"https://{COLLECTOR}",
    "SIGNALS_API_URL": f"https://{SIGNALS}",
    **SECRETS,
}
OWN = OwnAccount(
    Account(
        GIVEN["COLLECTOR_URL"],
        GIVEN["SIGNALS_API_URL"],
        *(SecretStr(secret) for secret in SECRETS.values()),
    ),
    owner="ann@acme.com",
    vendor="com.acme",
    suffix="_ann",
)
