"""The columns that Enrich derives from the URLs of an event: parts, campaign, cross-domain link.

`page_url*` and `refr_url*` from the two URLs; `mkt_*` from the page's `utm_*` parameters and click
ids; `refr_domain_userid` and `refr_dvce_tstamp` from the `_sp` parameter that links two domains.

Differences from Enrich *(ours)*: a malformed `_sp` is ignored; referrers are not looked up
(`refr_medium` and `refr_source` need a database); the `Referer` header never stands in for a
missing page URL.

Sources: https://docs.snowplow.io/docs/pipeline/enrichments/available-enrichments/ (campaign
attribution, cross-navigation) and https://docs.snowplow.io/docs/fundamentals/canonical-event/
"""

from typing import Any

from lib.sandbox.pipeline.java_urls import Url, java_url
from lib.sandbox.pipeline.query_string import query_parameters
from lib.sandbox.pipeline.tracker_fields import Parser, text, tstamp

_PAGE: dict[str, Parser] = {
    "scheme": text(16),
    "host": text(255),
    "path": text(3000),
    "query": text(6000),
    "fragment": text(3000),
}
_REFERRER = _PAGE | {"path": text(6000)}
_page_url = text(10_000)
_CAMPAIGN: dict[str, tuple[str, Parser]] = {
    "utm_medium": ("mkt_medium", text(255)),
    "utm_source": ("mkt_source", text(255)),
    "utm_term": ("mkt_term", text(255)),
    "utm_content": ("mkt_content", text(500)),
    "utm_campaign": ("mkt_campaign", text(255)),
}
_CLICK_IDS = {"gclid": "Google", "msclkid": "Microsoft", "dclid": "DoubleClick"}
_click_id = text(1000)
_domain_userid = text(128)


def page_columns(url: str) -> dict[str, Any]:
    """The columns that the page's URL gives. Raises `ValueError` with a message for people."""
    parts = java_url(url)
    columns = _part_columns("page", _PAGE, parts)
    columns["page_url"] = _parsed("page_url", _page_url, parts.text)
    if parts.query and "=" in parts.query:
        parameters = query_parameters(parts.query)
        columns |= _campaign_columns(parameters)
        columns |= _cross_domain_columns(parameters.get("_sp", ""))
    return columns


def referrer_columns(url: str) -> dict[str, Any]:
    """The columns that the referrer's URL gives. Raises `ValueError` with a message for people."""
    return _part_columns("refr", _REFERRER, java_url(url))


def _part_columns(prefix: str, parsers: dict[str, Parser], parts: Url) -> dict[str, Any]:
    values = (parts.scheme, parts.host, parts.path, parts.query, parts.fragment)
    columns: dict[str, Any] = {f"{prefix}_urlport": parts.port}
    for (name, parse), value in zip(parsers.items(), values, strict=True):
        if value and (parsed := _parsed(f"{prefix}_url{name}", parse, value)) is not None:
            columns[f"{prefix}_url{name}"] = parsed
    return columns


def _campaign_columns(parameters: dict[str, str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for parameter, (column, parse) in _CAMPAIGN.items():
        if parameters.get(parameter):
            columns[column] = _parsed(column, parse, parameters[parameter])
    for parameter, network in _CLICK_IDS.items():
        if parameters.get(parameter):
            columns["mkt_clickid"] = _parsed("mkt_clickid", _click_id, parameters[parameter])
            columns["mkt_network"] = network
            break
    return {column: value for column, value in columns.items() if value is not None}


def _cross_domain_columns(link: str) -> dict[str, Any]:
    """`_sp` is a `domain_userid` and a time in milliseconds, joined by a dot, and maybe more."""
    user, _, rest = link.partition(".")
    time = rest.partition(".")[0]
    try:
        columns = {"refr_domain_userid": _domain_userid(user)}
        if time:
            columns["refr_dvce_tstamp"] = tstamp(time)
    except ValueError:
        return {}
    return {column: value for column, value in columns.items() if value is not None}


def _parsed(column: str, parse: Parser, value: str) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"its {column} {error}") from error
