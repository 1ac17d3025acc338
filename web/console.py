"""The API's own documentation: `/api/openapi.json`, and a console over it at `/api/docs` from vendored assets only."""

from collections import defaultdict
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, SecurityScheme

from agent.errors import CATALOGUE

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Wiretalk API</title></head>
<body><script id="api-reference" data-url="/api/openapi.json" data-configuration='{"withDefaultFonts": false, "telemetry": false, "showDeveloperTools": "never", "hideClientButton": true, "agent": {"disabled": true}, "mcp": {"disabled": true}, "externalUrls": {}}'></script>
<script src="/static/vendor/scalar.js"></script></body></html>"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


_READS, _WRITES = ("400", "401", "403", "404", "422", "429", "503"), ("402", "409", "413")
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457), with a stable code and what to do next.",
    "required": ["type", "title", "status", "code", "detail", "remedy"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "remedy")},
        "status": {"type": "integer"},
        "retry_after": {"type": "integer", "description": "Seconds."},
        "errors": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}}},
    },
}
_OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["message", "type"], "properties": {name: {"type": "string"} for name in ("message", "type")}}},
}


class _WithProblems(JsonRenderPlugin):
    """Litestar knows what a handler returns, not what it raises: every operation gets the problems of the catalogue."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _with_problems(openapi_schema))


def openapi_config(version: str) -> OpenAPIConfig:
    """What the document says of the API as a whole."""
    return OpenAPIConfig(
        title="Wiretalk",
        version=version,
        summary="Capture an API, talk with what was heard, take its documents away.",
        description="Errors are `application/problem+json` with a stable `code`, a sentence in `detail` and the next step in `remedy`. "
        'Lists are `{"items": […], "next": cursor or null}`.',
        contact=Contact(name="Wiretalk"),
        path="/api",
        render_plugins=[_WithProblems(path="/openapi.json")],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer", description="An API token.")}),
        security=[{"token": []}],
    )


@get("/api/docs", include_in_schema=False, exclude_from_auth=True, media_type=MediaType.HTML)
async def console(request: Request[Any, Any, State]) -> Response[str]:
    """The console sets styles of its own, which the policy of every other page forbids."""
    return Response(_PAGE, media_type=MediaType.HTML, headers={"content-security-policy": _POLICY})


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    parts = document["components"]
    parts = {**parts, "schemas": {**parts["schemas"], "Problem": _PROBLEM}, "responses": _problems_by_status()}
    paths = {
        path: {method: operation | {"responses": _outcomes(path, method, operation)} for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return {**document, "components": parts, "paths": paths}


def _outcomes(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """What a handler returns and what it may raise; under `/v1` that has the shape of OpenAI's errors."""
    fine = {status: response for status, response in operation["responses"].items() if status < "400"}
    if path.startswith("/v1/"):
        return {**fine, "default": {"description": "An error as OpenAI's clients know it.", "content": {"application/json": {"schema": _OPENAI_ERROR}}}}
    failing = _READS if method == "get" else (*_READS, *_WRITES)
    return {**fine, **{name: {"$ref": f"#/components/responses/{name}"} for name in (*sorted(failing), "default")}}


def _problems_by_status() -> dict[str, Any]:
    """One response for each status, which names its codes, and `default` for the rare rest."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code, entry in CATALOGUE.items():
        found[str(entry.status) if str(entry.status) in (*_READS, *_WRITES) else "default"].append(f"`{code}`: {entry.title}.")
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": " ".join(sentences), "content": body} for status, sentences in sorted(found.items())}
