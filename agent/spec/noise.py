"""Traffic that is no API: assets, pages, telemetry, preflights, and what scanners ask for. It is listed, so that a user can put it back."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from agent.spec.summary import Route

NoiseKind = Literal["asset", "telemetry", "preflight", "scanner", "other-host", "document"]

_ASSET_TYPES = re.compile(
    r"(?:image|font|audio|video)/.*|text/css|(?:application|text)/(?:x-)?javascript|application/wasm|application/(?:x-)?font.*|application/manifest\+json"
)
_ASSET_PATH = re.compile(r".*\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|otf|mp4|webm|wasm|webmanifest)", re.IGNORECASE)
_WELL_KNOWN = re.compile(
    r"/(?:favicon\.ico|robots\.txt|sitemap.*\.xml|manifest\.json|site\.webmanifest|apple-touch-icon.*|humans\.txt|ads\.txt|service-worker\.js|sw\.js|browserconfig\.xml|crossdomain\.xml)",
    re.IGNORECASE,
)
_SCANNER = re.compile(
    r"(?:.*/)?(?:\.(?:env|git|aws|svn|ssh|htaccess|DS_Store)[^/]*|wp-[\w.-]+|xmlrpc\.php|phpinfo.*|phpmyadmin|[\w-]+\.(?:php|asp|aspx|cgi|bak|sql))(?:/.*)?",
    re.IGNORECASE,
)
_TELEMETRY_HOST = re.compile(
    r"(?:^|[./-])(?:analytics|telemetry|metrics|sentry|segment|mixpanel|amplitude|hotjar|datadoghq|newrelic|nr-data|doubleclick|google-analytics|googletagmanager|fullstory|bugsnag|intercom|clarity|browser-intake)[.-]"
)
_TELEMETRY_PATH = re.compile(r"/(?:g/collect|collect|beacon|pixel|__?(?:track|metrics)|api/\d+/envelope|rum|csp-report|cdn-cgi/.*|v1/(?:t|p|i|batch))")


def noise_kind(route: Route) -> NoiseKind | None:
    """Why a route is left out, or None where it belongs to the API."""
    if route.flags.get("preflight") and not route.outcomes:
        return "preflight"
    if route.method in ("OPTIONS", "TRACE", "CONNECT"):
        return "preflight"
    if any(route.kinds.get(kind) for kind in ("GraphQL", "JSON-RPC", "SOAP", "gRPC", "WebSocket", "SSE")):
        return None
    path = route.path
    if _WELL_KNOWN.fullmatch(path) or (route.method in ("GET", "HEAD") and _is_asset(route)):
        return "asset"
    if _TELEMETRY_HOST.search(route.origin) or (_TELEMETRY_PATH.fullmatch(path) and not _answers_json(route)):
        return "telemetry"
    if _SCANNER.fullmatch(path) and not _answers_json(route):
        return "scanner"
    if route.method in ("GET", "HEAD") and _is_document(route):
        return "document"
    return None


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


def _media_types(route: Route) -> set[str]:
    return {media_type for status, outcome in route.outcomes.items() if status[:1] == "2" for media_type in outcome.contents}


def _answers_json(route: Route) -> bool:
    return any("json" in media_type for outcome in route.outcomes.values() for media_type in outcome.contents)


def _is_asset(route: Route) -> bool:
    types = _media_types(route)
    if types:
        is_static = all(_ASSET_TYPES.fullmatch(media_type) for media_type in types)
        return is_static and (bool(_ASSET_PATH.fullmatch(route.path)) or not any(media_type.startswith(("image/", "audio/", "video/")) for media_type in types))
    return bool(_ASSET_PATH.fullmatch(route.path))


def _is_document(route: Route) -> bool:
    types = _media_types(route)
    return bool(types) and all(media_type in ("text/html", "application/xhtml+xml") for media_type in types)
