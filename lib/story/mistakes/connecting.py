"""Mistakes in connecting to Signals."""

from snowplow_signals import Signals, SignalsSandbox

from lib.story.mistakes.given import Print
from lib.story.mistakes.mistake import Mistake


def endpoint_argument(api_url: str, api_key: str, api_key_id: str, org_id: str) -> None:
    Signals(endpoint=api_url, api_key=api_key, api_key_id=api_key_id, org_id=org_id)


def positional_arguments(api_url: str, api_key: str, api_key_id: str, org_id: str) -> None:
    Signals(api_url, api_key, api_key_id, org_id)


def no_api_key_id(api_url: str, api_key: str, org_id: str) -> None:
    Signals(api_url=api_url, api_key=api_key, org_id=org_id)


def empty_api_key_id(api_url: str, api_key: str, org_id: str) -> None:
    Signals(api_url=api_url, api_key=api_key, api_key_id="", org_id=org_id)


def four_by_keyword(api_url: str, api_key: str, api_key_id: str, org_id: str, print: Print) -> None:
    Signals(api_url=api_url, api_key=api_key, api_key_id=api_key_id, org_id=org_id)
    print("connected by keyword")


def no_scheme(sandbox_token: str) -> None:
    signals = SignalsSandbox(
        api_url="abc123.signals.snowplowanalytics.com", sandbox_token=sandbox_token
    )
    signals.get_attribute_group("project_engagement")


def placeholder_address(sandbox_token: str) -> None:
    signals = SignalsSandbox(api_url="https://YOUR_ID.signals.invalid", sandbox_token=sandbox_token)
    signals.get_attribute_group("project_engagement")


def empty_address(sandbox_token: str) -> None:
    signals = SignalsSandbox(api_url="", sandbox_token=sandbox_token)
    signals.get_attribute_group("project_engagement")


def whole_address(api_url: str, sandbox_token: str, print: Print) -> None:
    signals = SignalsSandbox(api_url=api_url, sandbox_token=sandbox_token)
    print(signals.get_attribute_group("project_engagement").name)


MISTAKES = (
    Mistake(
        "endpoint= instead of api_url=",
        "The client takes the address of the Signals API as `api_url=`.",
        endpoint_argument,
        four_by_keyword,
        "TypeError: Signals.__init__() got an unexpected keyword argument 'endpoint'",
    ),
    Mistake(
        "Positional arguments",
        "The client takes keyword arguments only.",
        positional_arguments,
        four_by_keyword,
        "TypeError: Signals.__init__() takes 1 positional argument but 5 were given",
    ),
    Mistake(
        "No API key ID",
        "An API key and its ID belong together. Console shows both when you make the key.",
        no_api_key_id,
        four_by_keyword,
        "TypeError: Signals.__init__() missing 1 required keyword-only argument: 'api_key_id'",
    ),
    Mistake(
        "An empty API key ID",
        "This happens when the variable that should hold it is not set.",
        empty_api_key_id,
        four_by_keyword,
        "must be provided",
    ),
    Mistake(
        "An address without https://",
        "Console shows the host. The SDK needs a URL, and notices only at the first request.",
        no_scheme,
        whole_address,
        "httpx.UnsupportedProtocol: Request URL is missing an 'http://' or 'https://' protocol.",
        needs_definitions=True,
    ),
    Mistake(
        "An empty address",
        "The setting exists, but is empty.",
        empty_address,
        whole_address,
        "httpx.UnsupportedProtocol: Request URL is missing an 'http://' or 'https://' protocol.",
        needs_definitions=True,
    ),
    Mistake(
        "The placeholder is still there",
        "The sample's address was not replaced with the one under Signals > Overview in Console.",
        placeholder_address,
        whole_address,
        "httpx.ConnectError",
        "No server has this name. Copy the address under Signals > Overview in Console.",
        needs_definitions=True,
    ),
)
