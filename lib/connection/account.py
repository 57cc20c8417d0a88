"""A Snowplow account: where its collector and Signals API are, and the credentials for them."""

import hashlib
from dataclasses import dataclass

from pydantic import SecretStr


@dataclass
class Account:
    """Addresses without a slash at the end, and secrets that do not print themselves.

    Not frozen, so that its secrets can be removed wherever something still refers to it.
    """

    collector_url: str
    signals_api_url: str
    api_key: SecretStr
    api_key_id: SecretStr
    org_id: SecretStr

    @property
    def address_id(self) -> str:
        """Identifies the account by its addresses alone; no secret goes into it."""
        addresses = f"{self.collector_url}\n{self.signals_api_url}"
        return hashlib.sha256(addresses.encode()).hexdigest()[:16]

    @property
    def secrets(self) -> tuple[str, str, str]:
        """The API key, its ID and the organization, in plain text, for the SDK alone."""
        return (
            self.api_key.get_secret_value(),
            self.api_key_id.get_secret_value(),
            self.org_id.get_secret_value(),
        )

    def forget(self) -> None:
        """Empty the secrets."""
        self.api_key = self.api_key_id = self.org_id = SecretStr("")


@dataclass(frozen=True)
class OwnAccount:
    """An account that a participant brought, and what its definitions should say."""

    account: Account
    owner: str
    vendor: str
    suffix: str = ""
