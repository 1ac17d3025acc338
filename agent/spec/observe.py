"""Exchange in, Summary out. Nothing is decided here: what is counted is what the conclusions will ask for.

`observe_all` fills one accumulator in place and gives the same summary as merging single observations.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from agent.spec import echoes, path_syntax
from agent.spec.merge import seal
from agent.spec.model import Exchange, Headers
from agent.spec.protocols import kinds, protobuf
from agent.spec.schemas import bodies
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.places import hide_variables
from agent.spec.secrets.redact import mask_text
from agent.spec.summary import (
    IDS_MAX,
    KEYS_MAX,
    ROUTES_MAX,
    SAMPLE_MAX,
    Content,
    Field,
    Node,
    Outcome,
    Route,
    Sample,
    Seen,
    Summary,
    rank,
    smallest,
)
from agent.spec.values import fold, kind_of, split_affixes

IGNORED_REQUEST_HEADERS = frozenset(
    """
    host user-agent accept accept-encoding accept-language connection content-length content-type content-encoding transfer-encoding cookie authorization
    origin referer cache-control pragma te dnt upgrade upgrade-insecure-requests priority keep-alive expect via forwarded x-forwarded-for
    x-forwarded-proto x-forwarded-host x-real-ip traceparent tracestate sentry-trace baggage x-requested-with if-none-match if-modified-since
    access-control-request-method access-control-request-headers proxy-connection soapaction x-grpc-web grpc-timeout grpc-encoding grpc-accept-encoding
    x-user-agent last-event-id x-amz-date x-amz-content-sha256 x-amz-security-token
    """.split()  # noqa: SIM905 - a list of fifty literals would be a page
)
KEPT_RESPONSE_HEADERS = frozenset(
    "location link retry-after etag deprecation sunset allow www-authenticate api-version x-api-version content-range next-range last-modified".split()  # noqa: SIM905
)
SEGMENTS_MAX = 40
SEGMENT_MAX = 400
_KEPT_PREFIXES = ("ratelimit", "x-ratelimit", "x-rate-limit", "x-total", "x-page", "x-next")
_MOVED = (301, 302, 307, 308)
_BORING_PREFIXES = ("sec-", ":", "cf-", "x-b3-", "x-amzn-trace")


def observe(exchange: Exchange) -> Summary:
    """The summary of one exchange."""
    return observe_all((exchange,))


def observe_all(exchanges: Iterable[Exchange]) -> Summary:
    """The summary of many exchanges, read once."""
    summary = Summary()
    for exchange in exchanges:
        _add_exchange(summary, exchange)
    return seal(summary)


def _add_exchange(summary: Summary, exchange: Exchange) -> None:
    origin, segments, query = _split_url(exchange.url)
    if not origin:
        return
    method = exchange.method.upper()
    folded = "/".join([fold(segment) for segment in segments])
    key = f"{origin} {method} /{folded}"
    route = summary.routes.get(key)
    if route is None:
        route = _new_route(summary, key, origin, method, "/" + folded)
    _see(summary.seen, exchange)
    _see(route.seen, exchange)
    if "<" in folded or path_syntax.HOLE in folded:
        _add_slots(route, segments)
    request, response = (_lowered(exchange.request_headers), _lowered(exchange.response_headers))
    if folded and _ends_in_slash(exchange, segments, response):
        _raise(route.flags, "slash")
    _add_cors(summary, origin, method, request, response)
    if method == "OPTIONS" and "access-control-request-method" in request:
        _raise(route.flags, "preflight")
        return
    _add_fields(route, request, query, exchange)
    sent = _add_request(route, exchange, request.get("content-type", ""))
    received = _add_response(summary, route, exchange, response, segments)
    kinds.count_kind(route, exchange, request, response, query, sent, received)


def _split_url(url: str) -> tuple[str, list[str], str]:
    """Origin, segments of the path (an empty one where there is none) and query. The origin is empty where the URL is none."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "", [], ""
    rest, _, query = rest.partition("#")[0].partition("?")
    host, _, path = rest.partition("/")
    return _origin(scheme, host), _bounded([part for part in path.split("/") if part]) or [""], query


def _ends_in_slash(exchange: Exchange, segments: list[str], response: dict[str, str]) -> bool:
    """Whether the path that serves a call ends in a slash. A server that redirects from one form to the other serves the other."""
    path = _bare(exchange.url)
    if exchange.status in _MOVED and (location := _bare(response.get("location", ""))):
        target = [part for part in location.rpartition("://")[2].split("/") if part]
        path = location if target[-len(segments) :] == segments else path
    return path.endswith("/")


def _bare(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]


@lru_cache(maxsize=1024)
def _origin(scheme: str, host: str) -> str:
    host = host.rpartition("@")[2].lower()
    scheme = {"wss": "https", "ws": "http"}.get(scheme.lower(), scheme.lower())
    default = ":443" if scheme == "https" else ":80"
    return f"{scheme}://{host.removesuffix(default)}"


def _bounded(segments: list[str]) -> list[str]:
    """No API has paths this deep or names this long: what goes beyond stands there as one generated value."""
    if len(segments) > SEGMENTS_MAX:
        segments = [*segments[:SEGMENTS_MAX], "<token>"]
    return ["<token>" if len(segment) > SEGMENT_MAX else segment for segment in segments]


def _new_route(summary: Summary, key: str, origin: str, method: str, path: str) -> Route:
    if len(summary.routes) >= ROUTES_MAX * 2:
        summary.routes, summary.is_partial = smallest(summary.routes, ROUTES_MAX), True
    route = summary.routes[key] = Route(origin=origin, method=method, path=path, seen=Seen())
    return route


def _see(seen: Seen, exchange: Exchange) -> None:
    at = exchange.started_at
    if not seen.count:
        seen.first = seen.last = at
    elif at > seen.last:
        seen.last = at
    elif at < seen.first:
        seen.first = at
    seen.count += 1
    seen.ids[exchange.id] = 1
    if len(seen.ids) >= IDS_MAX * 8:
        seen.ids = smallest(seen.ids, IDS_MAX)


def _add_slots(route: Route, segments: list[str]) -> None:
    for position, segment in enumerate(segments):
        folded = fold(segment)
        if folded == segment:
            continue
        if holed := path_syntax.cut(unquote(segment)):
            for number, (value, name) in enumerate(zip(holed.values, path_syntax.hole_names(holed.text), strict=True)):
                _add_slot(route, f"{position}.{number}", value, name or "id")
        else:
            _add_slot(route, str(position), split_affixes(unquote(segment))[1], "id")


def _add_slot(route: Route, key: str, stem: str, name: str) -> None:
    sample = route.slots.get(key)
    if sample is None:
        sample = route.slots[key] = Sample()
    text = "" if kind_of(stem) == "token" else stem
    if text in sample.values:
        sample.values[text] += 1
    else:
        bodies.admit(sample, text, name, SAMPLE_MAX)


def _lowered(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _add_cors(summary: Summary, origin: str, method: str, request: dict[str, str], response: dict[str, str]) -> None:
    if "access-control-allow-origin" not in response and "origin" not in request:
        return
    samples = summary.cors.setdefault(origin, {})
    found = [(name, value) for name, value in response.items() if name.startswith("access-control-")]
    asking = request.get("origin", "")
    if asking and method != "OPTIONS" and response.get("access-control-allow-origin") in ("*", asking):
        found.append(("method", method))
    for name, value in [*found, ("origin", asking)]:
        sample = samples.setdefault(name, Sample())
        if value in sample.values:
            sample.values[value] += 1
        else:
            bodies.admit(sample, value, "", SAMPLE_MAX)


def _raise(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def _add_fields(route: Route, request: dict[str, str], query: str, exchange: Exchange) -> None:
    if query:
        fields = dict(parse_qsl(query, keep_blank_values=True))
        for name, value in (hide_variables(fields) if "variables" in fields else fields).items():
            _add_field(route, "query:" + name, value, exchange, name)
    for name in _own(tuple(request)):
        _add_field(route, "header:" + name, request[name], exchange, name)
    authorization = request.get("authorization")
    if authorization:
        _add_credential(route, authorization, exchange)
    for pair in request["cookie"].split(";") if "cookie" in request else ():
        name, _, value = pair.strip().partition("=")
        if name:
            _add_field(route, "cookie:" + name, value, exchange, "cookie")


@lru_cache(maxsize=1024)
def _own(names: tuple[str, ...]) -> tuple[str, ...]:
    """The request headers that are of this API, and of no client or proxy."""
    return tuple([name for name in names if name not in IGNORED_REQUEST_HEADERS and not name.startswith(_BORING_PREFIXES)])


def _add_credential(route: Route, authorization: str, exchange: Exchange) -> None:
    scheme, space, value = authorization.partition(" ")
    kind = scheme.lower() if space and re.fullmatch(r"[A-Za-z0-9-]{1,30}", scheme) else "raw"
    _add_field(route, "scheme:" + kind, value or scheme, exchange, "authorization")
    if kind == "bearer" and value.count(".") == 2 and value.startswith("ey"):
        _raise(route.flags, "jwt")


def _add_field(route: Route, key: str, value: str, exchange: Exchange, name: str) -> None:
    field = route.fields.get(key)
    if field is None:
        if len(route.fields) >= KEYS_MAX * 2:
            route.fields = smallest(route.fields, KEYS_MAX)
        is_open = key.startswith(("query:", "header:")) and not is_secret_name(name)
        masked = mask_text(key)
        field = route.fields.setdefault(masked, Field(node=Node() if is_open else None, hashes=Sample(), lengths=Sample()))
    field.total += 1
    bodies.stamp(field, int(exchange.started_at))
    status = exchange.status
    if status is not None and 200 <= status < 400:
        field.granted += 1
    elif status == 401:
        field.denied += 1
    scalar, fingerprint, length, is_random = _facts(value)
    if field.node is not None:
        bodies.count(field.node, scalar, "secret" if is_random else name)
    for sample, text in ((field.hashes, fingerprint), (field.lengths, length)):
        if sample is None:
            continue
        if text in sample.values:
            sample.values[text] += 1
        else:
            bodies.admit(sample, text, "", SAMPLE_MAX)


class _Facts(NamedTuple):
    """What a field's value most likely means, four hexadecimal digits of its hash, how long it is, and whether it looks generated.

    Four digits are enough to tell constants from varying values, and too few to test guesses of a secret.
    """

    scalar: Any
    fingerprint: str
    length: str
    is_random: bool


@lru_cache(maxsize=1024)
def _facts(value: str) -> _Facts:
    """Most fields have few values, and a credential has one."""
    is_random = len(value) >= 16 and kind_of(value) in ("token", "hex", "prefixed", "uuid")
    return _Facts(bodies.scalar_of(value), f"{rank(value) & 0xFFFF:04x}", f"{len(value)} random" if is_random else str(len(value)), is_random)


def _add_request(route: Route, exchange: Exchange, media_type: str) -> Any:
    body = exchange.request_body
    if not body:
        route.bodiless += 1
        return bodies.ABSENT
    content = _content(route.requests, media_type)
    content.total += 1
    value = bodies.ABSENT if exchange.request_truncated else _decode(body, media_type)
    if value is not bodies.ABSENT:
        value = hide_variables(value)
        content.parsed += 1
        node = content.node = content.node or Node()
        bodies.count(node, value, "", at=int(exchange.started_at))
    elif not exchange.request_truncated:
        content.wire = protobuf.counted(content.wire, body, media_type)
    return value


def _decode(body: bytes, media_type: str) -> Any:
    if "urlencoded" in media_type and body[:1] not in b"{[":
        return {name: bodies.scalar_of(value) if isinstance(value, str) else value for name, value in bodies.decode_form(body).items()}
    if media_type.startswith("multipart/"):
        return bodies.decode_multipart(body, media_type)
    if "json" in media_type or body.lstrip()[:1] in (b"{", b"["):
        return bodies.decode(body)
    return bodies.ABSENT


def _content(contents: dict[str, Content], media_type: str) -> Content:
    bare = media_type.partition(";")[0].strip().lower() or "application/octet-stream"
    content = contents.get(bare)
    if content is None:
        content = contents[bare] = Content()
    return content


def _add_response(summary: Summary, route: Route, exchange: Exchange, headers: dict[str, str], segments: list[str]) -> Any:
    if exchange.status is None and not exchange.error:
        return bodies.ABSENT  # a request that was written down, not sent
    status = "error" if exchange.status is None else str(exchange.status)
    outcome = route.outcomes.get(status)
    if outcome is None:
        outcome = route.outcomes[status] = Outcome(seen=Seen())
    _see(outcome.seen, exchange)
    for name in _kept(tuple(headers)):
        node = outcome.headers.get(name)
        if node is None:
            node = outcome.headers[name] = Node()
        value = headers[name]
        bodies.count(node, bodies.scalar_of(mask_text(value) if len(value) > 24 else value), name)
    body = exchange.response_body
    if not body:
        outcome.empty += 1
        return bodies.ABSENT
    media_type = headers.get("content-type", "")
    content = _content(outcome.contents, media_type)
    content.total += 1
    value = bodies.ABSENT if exchange.response_truncated and "json" not in media_type else _decode(body, media_type)
    if value is bodies.ABSENT:
        if not exchange.response_truncated:
            content.wire = protobuf.counted(content.wire, body, media_type)
        return value
    content.parsed += 1
    node = content.node = content.node or Node()
    bodies.count(node, value, "", at=int(exchange.started_at))
    if exchange.status is not None and exchange.status < 300:
        echoes.count_echoes(summary, route, value, segments)
    return value


@lru_cache(maxsize=1024)
def _kept(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([name for name in names if name in KEPT_RESPONSE_HEADERS or name.startswith(_KEPT_PREFIXES)])
