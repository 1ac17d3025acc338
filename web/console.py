"""The API's own documentation: `/api/openapi.json`, and a console over it at `/api/docs` from vendored assets only."""

from collections import defaultdict
from typing import Any, cast

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, SecurityScheme

from agent.config import settings
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
_ABOUT = """**To begin**, create a token under *Settings*, *Security*, or with `wiretalk token create --email you@example.com`, and send it with every request:

```sh
curl {url}/api/v1/endpoints -H "Authorization: Bearer $WIRETALK_TOKEN"
curl {url}/api/v1/endpoints -H "Authorization: Bearer $WIRETALK_TOKEN" \\
     -H 'Content-Type: application/json' -d '{{"destination_url": "https://api.example.com"}}'
```

**Errors** are `application/problem+json` with a stable `code`, a sentence in `detail` and the next step in `remedy`; under `/v1` they have OpenAI's shape.
**Lists** are `{{"items": […], "next": cursor or null}}`, with `?limit=` (1 to 200) and `?cursor=`. **Times** are RFC 3339, UTC.
**Writes** take an `Idempotency-Key`: the same key and request get the same answer, and the work is done once.
**Limits** are in `RateLimit-Limit`, `-Remaining` and `-Reset`; what is over them is `429` with `Retry-After`.
**Streams** are server-sent events; a reader that lost one goes on with `GET /api/v1/runs/{{run_id}}/events` and `Last-Event-ID`.
"""
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_DOCUMENT = {media_type: {"schema": {"type": "object"}} for media_type in ("application/json", "application/yaml")}
_BODIES = {
    **{f"/api/v1/{path}": _FILE for path in ("endpoints/{endpoint_id}/import", "endpoints/from-recording", "attachments", "chats/import")},
    **{f"/api/v1/endpoints/{path}": _DOCUMENT for path in ("from-openapi", "{endpoint_id}/openapi", "{endpoint_id}/drift")},
    "/v1/chat/completions": {"application/json": {"schema": {"type": "object", "required": ["messages"]}}},
    "/v1/responses": {"application/json": {"schema": {"type": "object", "required": ["input"]}}},
}
"""What is read as it comes: the framework does not know of it."""
EXAMPLES: dict[str, dict[str, Any]] = {
    "/api/v1/auth/token": {"email": "ada@example.com", "password": "correct horse battery"},
    "/api/v1/endpoints": {"destination_url": "https://api.example.com", "name": "Example"},
    "/api/v1/chat": {"message": "which calls failed?", "stream": False},
    "/api/v1/tools/{name}": {"query": "shop"},
    "/api/v1/prompts": {"name": "weekly-report", "text": "Which calls of {{api}} failed since {{since|yesterday}}?"},
    "/api/v1/provider-keys": {"provider": "openai", "key": "sk-…", "name": "work"},
    "/v1/chat/completions": {"model": "wiretalk", "messages": [{"role": "user", "content": "list my APIs"}]},
    "/v1/responses": {"model": "wiretalk", "input": "list my APIs"},
}
"""A body for what is sent most, each of them a good one."""
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
        description=_ABOUT.format(url=settings().base_url),
        use_handler_docstrings=True,
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
        path: {method: operation | _body(path, method, operation) | {"responses": _outcomes(path, method, operation)} for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return _plainer({**document, "components": parts, "paths": paths})


def _body(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    if method not in ("post", "put"):
        return {}
    content: dict[str, Any] = operation.get("requestBody", {}).get("content") or _BODIES.get(path, {})
    if method == "post" and path in EXAMPLES:
        content = content | {"application/json": content["application/json"] | {"example": EXAMPLES[path]}}
    return {"requestBody": {"required": True, "content": content}} if content else {}


def _plainer(value: Any) -> Any:
    """`oneOf` a plain type and null, as a list of both types: readers and generators make better of it."""
    if isinstance(value, list):
        return [_plainer(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = {name: _plainer(item) for name, item in cast("dict[str, Any]", value).items()}
    match found:
        case {"oneOf": [{"type": str(kind), **more}, {"type": "null"}]} if "enum" not in more and "const" not in more:
            return {name: item for name, item in found.items() if name != "oneOf"} | more | {"type": [kind, "null"]}
        case _:
            return found


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
