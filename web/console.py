"""The API's own documentation: `/api/openapi.json`, and a console over it at `/api/docs` from vendored assets only."""

from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, SecurityScheme

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Wiretalk API</title></head>
<body><script id="api-reference" data-url="/api/openapi.json" data-configuration='{"withDefaultFonts": false, "telemetry": false, "showDeveloperTools": "never", "hideClientButton": true, "agent": {"disabled": true}, "mcp": {"disabled": true}, "externalUrls": {}}'></script>
<script src="/static/vendor/scalar.js"></script></body></html>"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


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
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer", description="An API token.")}),
        security=[{"token": []}],
    )


@get("/api/docs", include_in_schema=False, exclude_from_auth=True, media_type=MediaType.HTML)
async def console(request: Request[Any, Any, State]) -> Response[str]:
    """The console sets styles of its own, which the policy of every other page forbids."""
    return Response(_PAGE, media_type=MediaType.HTML, headers={"content-security-policy": _POLICY})
