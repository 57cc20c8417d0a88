"""`/docs`: the calls of the API as one plain page, made from what FastAPI knows about the routes.

FastAPI's own page loads its scripts from a CDN. This one loads nothing, and works without a network
and without scripts. It only describes: to try a call, use an SDK, or give `/openapi.json` to a
tool.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:1.05em}dt{margin-top:1.2em}dd{margin-left:1.5em}"
)
NAME = "#/components/schemas/"


def add_docs_page(app: FastAPI) -> None:
    """Serve the page at `/docs`."""

    async def docs(request: Request) -> Response:
        return HTMLResponse(docs_page(app.openapi()), headers=HEADERS)

    async def without_slash(request: Request) -> Response:
        return RedirectResponse("../docs")

    app.add_route("/docs", docs, methods=["GET"])
    app.add_route("/docs/", without_slash, methods=["GET"])


def docs_page(openapi: Mapping[str, Any]) -> str:
    """The page for a description of an API."""
    title = escape(openapi["info"]["title"])
    calls = "\n".join(
        _call(method, path, operation)
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>"
        f"<p>{escape(openapi['info'].get('description', ''))}</p>"
        '<p>Everything in detail, for tools: <a href="openapi.json">openapi.json</a></p>'
        f"<dl>{calls}</dl></html>"
    )


def _call(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """One call: what it does, what it takes, and what it answers."""
    described = operation.get("description") or operation.get("summary", "")
    details = "".join(f"<dd>{each}</dd>" for each in _details(operation))
    what = f"<strong>{escape(method.upper())}</strong> <code>{escape(path)}</code>"
    return f"<dt>{what}</dt><dd>{escape(described)}</dd>{details}"


def _details(operation: Mapping[str, Any]) -> Iterator[str]:
    parameters = [
        f"<code>{escape(each['name'])}</code>{'' if each.get('required') else ' (optional)'}"
        for each in operation.get("parameters", [])
    ]
    if parameters:
        yield f"Takes {', '.join(parameters)}"
    names = sorted(_names(operation.get("requestBody", {})))
    if names:
        yield f"Body: {' or '.join(f'<code>{escape(each)}</code>' for each in names)}"
    yield f"Answers {', '.join(map(escape, operation.get('responses', {})))}"


def _names(described: Any) -> set[str]:
    """The names of the models that a description refers to."""
    if isinstance(described, Mapping):
        own = {value.removeprefix(NAME) for key, value in described.items() if key == "$ref"}
        return own.union(*map(_names, described.values()))
    return set().union(*map(_names, described)) if isinstance(described, list) else set()
