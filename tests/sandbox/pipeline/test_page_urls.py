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
        "page_urlhost": "Shop.Example",
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


@pytest.mark.parametrize("url", ["http://[::1", "http://", "http://a|b/"])
def test_url_that_cannot_be_read_fails(url: str):
    path, message = reason(url=url)
    assert path == "$.url"
    assert "is not a URL" in message


def test_malformed_cross_domain_link_is_ignored():
    assert "refr_dvce_tstamp" not in good({"e": "pv", "url": "http://a/?_sp=x.y"}).atomic


def test_page_url_is_kept_as_enrich_encodes_it():
    atomic = good({"e": "pv", "url": "http://a.example/b c|d", "refr": "http://b.example/|"}).atomic
    assert (atomic["page_url"], atomic["page_urlpath"]) == (
        "http://a.example/b%20c%7Cd",
        "/b%20c%7Cd",
    )
    assert (atomic["page_referrer"], atomic["refr_urlpath"]) == ("http://b.example/|", "/%7C")


@pytest.mark.parametrize("query", ["utm_source=a;utm_medium=b", "utm_source=a&utm_medium=b;x=y"])
def test_semicolons_separate_parameters_of_a_page(query: str):
    atomic = good({"e": "pv", "url": f"http://a/?{query}"}).atomic
    assert (atomic["mkt_source"], atomic["mkt_medium"]) == ("a", "b")


# The limits of validation.atomicFieldsLimits in reference.conf of snowplow/enrich


@pytest.mark.parametrize(
    ("name", "url", "limit", "column"),
    [
        ("url", "http://a/{}", 3000, "page_urlpath"),
        ("refr", "http://a/{}", 6000, "refr_urlpath"),
        ("url", "http://a/?{}", 6000, "page_urlquery"),
        ("refr", "http://a/?{}", 6000, "refr_urlquery"),
        ("url", "http://a/#{}", 3000, "page_urlfragment"),
        ("refr", "http://a/#{}", 3000, "refr_urlfragment"),
    ],
)
def test_parts_of_urls_have_limits_of_their_own(name: str, url: str, limit: int, column: str):
    slash = "path" in column
    assert len(good({"e": "pv", name: url.format("x" * (limit - slash))}).atomic[column]) == limit
    _, message = reason(**{name: url.format("x" * (limit + 1 - slash))})
    assert message.endswith(f"{column} has {limit + 1:,} characters; the column holds {limit:,}")


def test_limit_of_a_page_url_holds_for_what_it_becomes():
    url = "http://a/?" + "{" * 1500 + "#" + "}" * 900
    _, message = reason(url=url + " " * 1000)
    assert "page_url" in message and "characters; the column holds" in message
