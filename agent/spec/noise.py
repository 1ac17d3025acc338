"""Traffic that is no API: assets, pages, telemetry, preflights, and what scanners ask for. It is listed, so that a user can put it back."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from agent.spec.secrets.finding import is_secret_name
from agent.spec.summary import Route

NoiseKind = Literal["asset", "telemetry", "preflight", "scanner", "other-host", "document"]

_MEDIA = ("image/", "font/", "audio/", "video/")
_ASSET_TYPES = frozenset(
    {"text/css", "application/wasm", "application/manifest+json"}
    | {f"{kind}/{name}" for kind in ("application", "text") for name in ("javascript", "x-javascript")}
)
_ASSET_ENDINGS = frozenset(
    "js mjs css map png jpg jpeg gif svg ico webp avif woff woff2 ttf eot otf mp4 webm wasm webmanifest".split()  # noqa: SIM905 - as below
)
_WELL_KNOWN = frozenset(
    """
    /favicon.ico /robots.txt /manifest.json /site.webmanifest /humans.txt /ads.txt /service-worker.js /sw.js /browserconfig.xml /crossdomain.xml
    """.split()  # noqa: SIM905 - a list of literals would be a page
)
_BROWSERS = ("basic", "digest", "negotiate", "ntlm")
"""The schemes by which a browser signs in by itself."""
_BUILT = ("/apple-touch-icon", "/_next/static/", "/_next/image", "/_nuxt/", "/@vite/", "/@fs/", "/@id/")
"""What a page's own builder serves it."""
_PAGES = ("text/html", "application/xhtml+xml", "text/x-component", "text/vnd.turbo-stream.html")
# The rest are texts, not compiled expressions: most captures are of answers in JSON, which are not asked for them.
_SCANNER = r"(?i:(?:.*/)?(?:\.(?:env|git|aws|svn|ssh|htaccess|DS_Store)[^/]*|wp-[\w.-]+|xmlrpc\.php|phpinfo.*|phpmyadmin|[\w-]+\.(?:php|asp|aspx|cgi|bak|sql))(?:/.*)?)"
_TELEMETRY_HOST = r"(?:^|[./-])(?:analytics|telemetry|metrics|sentry|segment|mixpanel|amplitude|hotjar|datadoghq|newrelic|nr-data|doubleclick|google-analytics|googletagmanager|fullstory|bugsnag|intercom|clarity|browser-intake)[.-]"
_TELEMETRY_PATH = (
    r"/(?:g/collect|collect|beacon|pixel|__?(?:track|metrics)|api/\d+/envelope|rum|csp-report|cdn-cgi/.*|_vercel/(?:speed-)?insights/.*|v1/(?:t|p|i|batch))"
)


_SERVING = 3
"""So many addresses that are read as JSON make an API of a host, whatever its name."""


def noise_kinds(routes: list[Route], asked: str = "") -> dict[int, NoiseKind | None]:
    """Why each route is left out, by its id; None where it belongs to an API. A host that is named after telemetry is an API where it serves as one,
    where it was `asked` for, or where there is no other."""
    telemetry = {origin for origin in {route.origin for route in routes} if _is_of_telemetry(origin)} - {asked}
    for origin in list(telemetry):
        if sum(route.origin == origin and route.method == "GET" and _answers_json(route) for route in routes) >= _SERVING:
            telemetry.remove(origin)
    kinds: dict[int, NoiseKind | None] = {id(route): _noise_kind(route, route.origin in telemetry) for route in routes}
    if telemetry and not any(kinds[id(route)] is None and not is_unserved(route) for route in routes):
        kinds = {id(route): _noise_kind(route, False) for route in routes}
    return kinds


def is_unserved(route: Route) -> bool:
    """Whether nothing but "not found" and "not allowed" ever came back."""
    return bool(route.outcomes) and all(status in ("404", "405", "error") for status in route.outcomes)


def main_origin(routes: list[Route], kinds: Mapping[int, NoiseKind | None]) -> str:
    """The origin that most of the API calls went to. `kinds` by the id of each route."""
    counts: Counter[str] = Counter()
    for route in routes:
        if kinds[id(route)] is None and not is_unserved(route):
            counts[route.origin] += route.seen.count * (10 if _answers_json(route) or route.method not in ("GET", "HEAD") else 1)
    return max(sorted(counts), key=lambda origin: counts[origin], default=min((route.origin for route in routes), default=""))


def _noise_kind(route: Route, is_of_telemetry: bool) -> NoiseKind | None:
    if route.flags.get("preflight") and not route.outcomes:
        return "preflight"
    if route.method in ("OPTIONS", "TRACE", "CONNECT"):
        return "preflight"
    if any(route.kinds.get(kind) for kind in ("GraphQL", "JSON-RPC", "XML-RPC", "SOAP", "gRPC", "WebSocket", "SSE")):
        return None
    path = route.path
    if _is_signed_for(route):
        return None
    if _is_well_known(path.lower()) or (route.method in ("GET", "HEAD") and _is_asset(route)):
        return "asset"
    answers_json = _answers_json(route)
    if is_of_telemetry or (not answers_json and re.fullmatch(_TELEMETRY_PATH, path)):
        return "telemetry"
    if not answers_json and not _is_granted(route) and re.fullmatch(_SCANNER, path):
        return "scanner"
    if route.method in ("GET", "HEAD") and _is_document(route):
        return "document"
    return None


def _is_signed_for(route: Route) -> bool:
    """Whether the calls carry a key or a token in a header: a page asks for none of its parts so, only a program does, and a picture may be an answer."""
    return any(
        key.removeprefix("scheme:") not in _BROWSERS if key.startswith("scheme:") else key.startswith("header:") and is_secret_name(key[7:])
        for key in route.fields
    )


def _media_types(route: Route) -> set[str]:
    """Of what was served, from a browser's cache too."""
    return {media_type for status, outcome in route.outcomes.items() if status[:1] == "2" or status == "304" for media_type in outcome.contents}


def _answers_json(route: Route) -> bool:
    return any("json" in media_type for outcome in route.outcomes.values() for media_type in outcome.contents)


def _is_granted(route: Route) -> bool:
    return any(status[:1] == "2" for status in route.outcomes)


def _is_well_known(path: str) -> bool:
    return path in _WELL_KNOWN or path.startswith(_BUILT) or (path.startswith("/sitemap") and path.endswith(".xml"))


@lru_cache(maxsize=1024)
def _is_of_telemetry(origin: str) -> bool:
    return re.search(_TELEMETRY_HOST, origin) is not None


def _is_asset(route: Route) -> bool:
    types = _media_types(route)
    is_named = "." in route.path and route.path.rpartition(".")[2].lower() in _ASSET_ENDINGS
    if types:
        return all(map(_is_static, types)) and (is_named or not any(media_type.startswith(("image/", "audio/", "video/")) for media_type in types))
    return is_named


def _is_static(media_type: str) -> bool:
    return media_type in _ASSET_TYPES or media_type.startswith((*_MEDIA, "application/font", "application/x-font"))


def _is_document(route: Route) -> bool:
    """A page, or what only ever led to one: the page that asks a person to sign in is a part of the API."""
    types = _media_types(route)
    if not types and "query:response_type" not in route.fields:
        return route.flags.get("page", 0) >= route.seen.count and not _answers_json(route)
    return bool(types) and all(media_type in _PAGES for media_type in types)
