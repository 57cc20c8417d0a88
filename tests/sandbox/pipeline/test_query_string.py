"""Query strings: what separates parameters, and which of several of one name counts."""

import pytest

from lib.sandbox.pipeline.query_string import query_parameters


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("", {}),
        ("e=pv&aid=a", {"e": "pv", "aid": "a"}),
        ("e=pv;aid=a", {"e": "pv", "aid": "a"}),
        ("e=pv;aid=a&p=web;", {"e": "pv", "aid": "a", "p": "web"}),
        ("page=a%3Bb%26c", {"page": "a;b&c"}),
        ("page=a+b&aid=%C3%A9", {"page": "a b", "aid": "é"}),
        ("aid=a&aid=b", {"aid": "b"}),
        ("aid=&flag&e=pv", {"e": "pv"}),
        ("url=http://a/?b=c", {"url": "http://a/?b=c"}),
    ],
)
def test_parameters_end_at_an_ampersand_or_a_semicolon(query: str, parameters: dict[str, str]):
    assert query_parameters(query) == parameters
