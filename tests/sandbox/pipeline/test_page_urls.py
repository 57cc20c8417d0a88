"""Page and referrer URLs: their parts, campaigns and links between domains."""

import pytest

from tests.support.enriched import (
    UUID,
    good,
    reason,
)


def test_page_url_gives_parts_campaign_and_cross_domain_link():
    url = (
        "https://Shop.Example/a%20b?utm_source=news&utm_medium=mail&utm_campaign=x%20y"
        f"&gclid=g1&_sp={UUID}.1700000000000#top"
    )
    atomic = good({"e": "pv", "url": url, "refr": "http://search.example:8080/?q=1"}).atomic
    derived = {
        name: value
        for name, value in atomic.items()
        if name.startswith(("page_url", "refr_", "mkt_")) and name != "page_urlquery"
    }
    assert derived == {
        "page_url": url,
        "page_urlscheme": "https",
        "page_urlhost": "shop.example",
        "page_urlport": 443,
        "page_urlpath": "/a%20b",
        "page_urlfragment": "top",
        "mkt_source": "news",
        "mkt_medium": "mail",
        "mkt_campaign": "x y",
        "mkt_clickid": "g1",
        "mkt_network": "Google",
        "refr_domain_userid": UUID,
        "refr_dvce_tstamp": 1700000000000,
        "refr_urlscheme": "http",
        "refr_urlhost": "search.example",
        "refr_urlport": 8080,
        "refr_urlpath": "/",
        "refr_urlquery": "q=1",
    }


@pytest.mark.parametrize("url", ["http://[::1", "http://a:port/", "http://a:99999/"])
def test_url_that_cannot_be_read_fails(url: str):
    path, message = reason(url=url)
    assert path == "$.url"
    assert "is not a URL" in message


def test_malformed_cross_domain_link_is_ignored():
    assert "refr_dvce_tstamp" not in good({"e": "pv", "url": "http://a/?_sp=x.y"}).atomic
