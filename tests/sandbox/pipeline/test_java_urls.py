"""URLs as Enrich reads them. Those in PARTS were tried with `java.net.URI` of Java 17.

What is encoded again follows the cases of ConversionUtils' specification in snowplow/enrich.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.java_urls import java_url

PARTS = {
    "http://www.example.com": ("http", "www.example.com", 80, None, None, None),
    "https://Shop.Example/A?b=c#d": ("https", "Shop.Example", 443, "/A", "b=c", "d"),
    "HTTPS://a/": ("HTTPS", "a", 80, "/", None, None),
    "http://a:8080/": ("http", "a", 8080, "/", None, None),
    "http://a:99999/": ("http", "a", 99999, "/", None, None),
    "http://a:/": ("http", "a", 80, "/", None, None),
    "http://u:p@a.example:1/": ("http", "a.example", 1, "/", None, None),
    "http://[2001:db8::1]:8/": ("http", "[2001:db8::1]", 8, "/", None, None),
    "http://1.2.3.4/": ("http", "1.2.3.4", 80, "/", None, None),
    # No hosts to Java, and no faults either
    "http://my_shop.example/": ("http", None, 80, "/", None, None),
    "https://ü.example/ü?ü#ü": ("https", None, 443, "/ü", "ü", "ü"),
    "http://a:port/": ("http", None, 80, "/", None, None),
    "http://a.1b/": ("http", None, 80, "/", None, None),
    "http://a-/": ("http", None, 80, "/", None, None),
    "http://1.2.3.256/": ("http", None, 80, "/", None, None),
    # Neither have these
    "mailto:ada@example.com": ("mailto", None, 80, None, None, None),
    "about:blank": ("about", None, 80, None, None, None),
    "/foo/bar?x=1": (None, None, 80, "/foo/bar", "x=1", None),
    "foo": (None, None, 80, "foo", None, None),
    "//host/p": (None, "host", 80, "/p", None, None),
    "file:///etc/x": ("file", None, 80, "/etc/x", None, None),
    "http://a/?x=[1]": ("http", "a", 80, "/", "x=[1]", None),
}


@pytest.mark.parametrize("url", PARTS)
def test_url_that_java_takes_has_its_parts_and_is_left_alone(url: str):
    assert java_url(url) == (url, *PARTS[url])


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("http://a/sp a ce?b c#d e", "http://a/sp%20a%20ce?b%20c#d%20e"),
        ("http://a/b|c", "http://a/b%7Cc"),
        ("http://a/b?c=d|e", "http://a/b?c=d%7Ce"),
        ("http://a/${x}", "http://a/%24%7Bx%7D"),
        ("http://a/?b=${a b}", "http://a/?b=%24%7Ba%20b%7D"),
        ("http://a/$[a]", "http://a/%24%5Ba%5D"),
        ("http://a/%a%", "http://a/%25a%25"),
        ("http://a/%%a%%", "http://a/%25%25a%25%25"),
        ("http://a/?b=%%a b%%", "http://a/?b=%25%25a%20b%25%25"),
        ("http://a/#{a}/?b=c&d", "http://a/#%7Ba%7D%2F%3Fb%3Dc%26d"),
        ("http://a/##a##", "http://a/#%23a%23%23"),
        ("http://a/ü|%C3%BC", "http://a/%C3%BC%7C%C3%BC"),
        ('http://a/"<b>\\^`', "http://a/%22%3Cb%3E%5C%5E%60"),
        ("http://a/b+c|d", "http://a/b+c%7Cd"),
    ],
)
def test_url_that_java_refuses_is_percent_encoded(url: str, encoded: str):
    assert java_url(url).text == encoded


@pytest.mark.parametrize(
    "url", ["http://[::1", "http:", "http://", "1a:b", "http://a|b/", "http://a\\b/", ":a", "a b:c"]
)
def test_url_that_cannot_be_read_either_way_is_refused(url: str):
    with pytest.raises(ValueError, match="is not a URL"):
        java_url(url)


@given(st.text(st.sampled_from('ab1:/?#[]@%&;=|{} é\\"<\n'), max_size=20))
def test_any_text_is_read_or_refused_and_what_was_read_is_read_the_same_again(text: str):
    try:
        read = java_url(text)
    except ValueError:
        return
    assert java_url(read.text) == read


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", ["a", "1.", "a-", "a.", "%", "%41", "[", "@", ":", "/", "0", "&="])
def test_long_url_is_read_at_once(part: str):
    for start in ("http://", "http://a/", "http://a/?", ""):
        try:
            java_url(start + part * 50_000 + "|")
        except ValueError:
            continue
