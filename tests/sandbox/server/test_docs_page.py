"""`/docs` says what there is to call, and loads nothing from anywhere."""

import re

import pytest

from lib.sandbox.server.docs_page import docs_page
from tests.support.sandbox import HTTP


@pytest.fixture(scope="module")
def page(shared_server):
    answer = HTTP.get(f"{shared_server.url}/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


def test_page_loads_nothing(page):
    assert re.findall(r"https?:|//|<script|<link|<img|@import|url\(", page.text) == []
    assert page.headers["content-security-policy"].startswith("default-src 'none';")


def test_page_is_found_with_a_slash_too(shared_server):
    answer = HTTP.get(f"{shared_server.url}/docs/", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/docs")


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
def test_pages_of_fastapi_that_load_from_elsewhere_are_not_served(shared_server, path):
    assert "cdn" not in HTTP.get(shared_server.url + path).text


def test_page_has_every_call(page, shared_server):
    paths = HTTP.get(f"{shared_server.url}/openapi.json").json()["paths"]
    calls = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert re.findall(r"<strong>(\w+)</strong> <code>(.+?)</code>", page.text) == calls
    assert len(calls) > 40


def test_call_is_described_with_what_it_takes_and_answers():
    operation = {
        "description": "Move it.",
        "parameters": [{"name": "how", "required": True}, {"name": "far"}],
        "requestBody": {"content": {"anyOf": [{"$ref": "#/components/schemas/Forward"}]}},
        "responses": {"200": {}, "404": {}},
    }
    page = docs_page({"info": {"title": "API"}, "paths": {"/clock": {"post": operation}}})
    assert re.findall("<dl>(.+)</dl>", page) == [
        "<dt><strong>POST</strong> <code>/clock</code></dt><dd>Move it.</dd>"
        "<dd>Takes <code>how</code>, <code>far</code> (optional)</dd>"
        "<dd>Body: <code>Forward</code></dd><dd>Answers 200, 404</dd>"
    ]


def test_text_is_text():
    described = {"get": {"description": "<b>&", "responses": {"<i>": {}}}}
    page = docs_page({"info": {"title": "<script>"}, "paths": {"/<x>": described}})
    assert re.search("<script|<b>|<i>|<x>", page) is None
