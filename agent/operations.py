"""Operations of captured APIs, callable: searched, described, and sent through egress to the endpoint's own destination, nowhere else.

The request is built from the stored spec and checked against it. Credentials are put in last and are never shown: those that the
owner stored with the endpoint, else those of the owner's own newest successful capture. Every call is a capture with the source `agent`.
"""

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import egress, endpoints
from agent.accounts import audit
from agent.actor import Actor, require_reach, require_scope
from agent.billing import usage
from agent.calls import bodies, captures, outline
from agent.config import settings
from agent.crypto import Unsealable, seal, unseal
from agent.documents import discovery, docs
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.recorder import Body, Heard, store_heard
from agent.spec import calling, encoding, tool_schemas
from agent.spec.calling import Arguments
from agent.spec.decisions import key_of
from agent.spec.encoding import Unfit
from agent.spec.english import singular
from agent.spec.model import Operation, SecurityScheme, Spec
from agent.spec.names import words_of
from agent.spec.secrets import redact
from agent.spec.tool_schemas import TypedTool
from db import engine
from db.ids import uuid7

Pairs = list[tuple[str, str]]
MOST_SHOWN = 20_000
_SECONDS = 60.0
_CLOSED = ("INACTIVE", "ARCHIVED")
_SHOWN_HEADERS = ("content-type", "location", "link", "retry-after", "etag", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-limit", "x-total-count")
_MOST_SEARCHED = 30


class Found(msgspec.Struct, frozen=True):
    """One operation among those of all endpoints. `operation` is what the other two verbs take."""

    endpoint: str
    operation: str
    id: str
    summary: str
    calls: int


class Called(msgspec.Struct, frozen=True):
    """The answer of an API, cut to what a model can read; `call` is the capture that has all of it. Secrets are masked.

    `shape`: the JSON Schema of the whole body, where it was cut.
    """

    endpoint: str
    call: UUID
    method: str
    url: str
    status: int
    headers: Pairs
    media_type: str
    body: str | None
    shape: dict[str, Any] | None
    length: int
    is_cut: bool
    duration_ms: float
    credentials: list[str]
    resource: str


class Target(msgspec.Struct, frozen=True):
    """Where a call would go: the host of the endpoint's destination, and the operation as `GET /orders/{order_id}`."""

    host: str
    operation: str


class _Described(msgspec.Struct, frozen=True):
    """An endpoint's specs put together. What was given goes before what was heard."""

    spec: Spec
    given: frozenset[str]


class _Way(msgspec.Struct, frozen=True):
    """How an endpoint's own calls are sent."""

    parameters: dict[str, Any]
    headers: dict[str, Any]
    stored: Pairs
    allowed_methods: list[str]
    timeout_s: float | None


async def search(actor: Actor, query: str, endpoint: str | None = None, *, limit: int = 20) -> list[Found]:
    """The operations that fit the words best, of one endpoint or of all. Without words: those heard most. Raises endpoint_not_found."""
    if endpoint:
        among = [await endpoints.find(actor, endpoint)]
    else:
        among = [e for e in (await endpoints.list_(actor, limit=_MOST_SEARCHED)).items if e.status not in _CLOSED]
    wanted = _words(query)
    ranked: list[tuple[float, Found]] = []
    for owner in among:
        described = await _spec(owner, is_live=endpoint is not None)
        for operation in described.spec.operations:
            if (score := _score(wanted, owner, operation)) > 0:
                ranked.append((score, Found(owner.slug, _name(operation), operation.id, operation.summary, operation.evidence.count)))
    ranked.sort(key=lambda pair: (-pair[0], -pair[1].calls, pair[1].operation))
    return [found for _, found in ranked[:limit]]


async def describe(actor: Actor, operation: str, endpoint: str | None = None) -> dict[str, Any]:
    """What an operation takes and gives, at most about 4 KB. Raises endpoint_not_found, operation_not_found."""
    owner, match, described = await _find(actor, operation, endpoint)
    return {"endpoint": owner.slug, **tool_schemas.describe(described.spec, match.operation)}


async def call(actor: Actor, operation: str, given: Arguments, endpoint: str | None = None) -> Called:
    """Send it. An answer of the API is a result whatever its status. Raises unfit_arguments, operation_not_found, endpoint_stopped, upstream_*."""
    require_scope(actor, "call")
    owner, match, described = await _find(actor, operation, endpoint)
    if owner.status in _CLOSED:
        raise Problem("endpoint_stopped", f"`{owner.slug}` is {owner.status} and takes no calls.")
    if not owner.is_demo:
        require_reach(actor)
    way = await _way(actor, owner.id)
    if way.allowed_methods and match.operation.method not in way.allowed_methods:
        raise Problem("method_not_allowed", f"`{owner.slug}` does not take {match.operation.method}.", allowed=way.allowed_methods)
    request = _build(described, match, _with_defaults(given, way, match.operation))
    target = egress.parse(owner.destination_url.rstrip("/") or owner.destination_url, "call")
    headers, credentials = await _authorised(actor, owner, described.spec, match.operation, list(request.headers), way)
    return await _send(actor, owner, target, request, headers, credentials, way.timeout_s or _SECONDS)


async def target(actor: Actor, operation: str, endpoint: str | None = None) -> Target:
    """Where a call of it would go, nothing being sent. Raises endpoint_not_found, operation_not_found."""
    owner, match, _ = await _find(actor, operation, endpoint)
    return Target(urlsplit(owner.destination_url).netloc, _name(match.operation))


async def typed(actor: Actor, endpoint: Endpoint) -> tuple[TypedTool, ...]:
    """The operations heard most as tools of their own, at most twenty, in a stable order with stable names."""
    return tool_schemas.typed((await _spec(endpoint, is_live=True)).spec)


async def set_credentials(actor: Actor, endpoint_id: UUID, headers: Pairs) -> list[str]:
    """Keep headers that go with every call and every proxied request of an endpoint; none removes them. Gives their names.

    Raises endpoint_not_found, invalid_arguments.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    for name, value in headers:
        if not encoding.is_header(name, value):
            raise Problem("invalid_arguments", f"`{name[:60]}` cannot be sent as a header.", field="headers")
    sealed = seal(msgspec.json.encode(headers), f"endpoints:{endpoint.id}") if headers else None
    async with engine.connection() as connection:
        await connection.execute("UPDATE endpoints SET inject_headers = $1 WHERE id = $2 AND user_id = $3", sealed, endpoint.id, actor.user_id)
    names = [name for name, _ in headers]
    await audit.record("CREDENTIALS_SET", actor=actor, resource="ENDPOINT", resource_id=endpoint.id, headers=names)
    return names


async def credential_names(actor: Actor, endpoint_id: UUID) -> list[str]:
    """The names of the stored headers, never their values. Raises endpoint_not_found."""
    endpoint = await endpoints.get(actor, endpoint_id)
    return [name for name, _ in (await _way(actor, endpoint.id)).stored]


async def _find(actor: Actor, operation: str, endpoint: str | None) -> tuple[Endpoint, calling.Match, _Described]:
    """The operation of an endpoint; without one, of the only endpoint that has it."""
    if endpoint:
        owner = await endpoints.find(actor, endpoint)
        described = await _spec(owner, is_live=True)
        if match := calling.find(described.spec, operation):
            return owner, match, described
        if alone := calling.raw(operation):
            return owner, calling.Match(alone, {}), described
        known = ", ".join(f"`{_name(o)}`" for o in described.spec.operations[:8]) or "none yet: give it as `GET /path`"
        raise Problem("operation_not_found", f"`{owner.slug}` has no operation `{operation[:100]}`.", remedy=f"Known are {known}.")
    hits: list[tuple[Endpoint, calling.Match, _Described]] = []
    for owner in (await endpoints.list_(actor, limit=_MOST_SEARCHED)).items:
        described = await _spec(owner, is_live=False)
        if match := calling.find(described.spec, operation):
            hits.append((owner, match, described))
    if len(hits) > 1:
        names = [owner.slug for owner, _, _ in hits]
        raise Problem("endpoint_ambiguous", f"Several endpoints have `{operation[:100]}`: {', '.join(f'`{n}`' for n in names[:6])}.", candidates=names)
    if not hits:
        raise Problem("operation_not_found", f"No endpoint has an operation `{operation[:100]}`.")
    return hits[0]


async def _spec(endpoint: Endpoint, *, is_live: bool) -> _Described:
    """What was given and what was heard. `is_live`: also what was heard since the last documents."""
    known = await docs.known(endpoint.id)
    heard = known.heard
    if is_live and endpoint.calls:
        heard = (await discovery.update(endpoint)).spec
    if known.given is None:
        return _Described(heard or Spec(endpoint.name), frozenset())
    mine = known.given
    names = frozenset(_name(o) for o in mine.operations)
    if heard is None:
        return _Described(mine, names)
    counts, shapes = {key_of(o): o.evidence for o in heard.operations}, {key_of(o) for o in mine.operations}
    operations = [msgspec.structs.replace(o, evidence=counts.get(key_of(o), o.evidence)) for o in mine.operations]
    operations += [o for o in heard.operations if key_of(o) not in shapes and not set(heard.schemas) & set(mine.schemas)]
    merged = msgspec.structs.replace(
        mine,
        operations=tuple(operations),
        schemas={**heard.schemas, **mine.schemas},
        security_schemes=mine.security_schemes or heard.security_schemes,
    )
    return _Described(merged, names)


def _build(described: _Described, match: calling.Match, given: Arguments) -> calling.Request:
    try:
        with_path = msgspec.structs.replace(given, path={**match.path, **given.path})
        return calling.build(described.spec, match.operation, with_path, is_strict=_name(match.operation) in described.given)
    except Unfit as error:
        raise Problem("unfit_arguments", f"`{_name(match.operation)}`: {error}", operation=_name(match.operation), field=error.field) from error


def _with_defaults(given: Arguments, way: _Way, operation: Operation) -> Arguments:
    """The endpoint's own default parameters and headers, where the caller says nothing else."""
    said = {name.lower() for name in given.headers}
    headers = {name: value for name, value in way.headers.items() if name.lower() not in said}
    known = {p.name for p in operation.parameters if p.where == "query"}
    query = {name: value for name, value in way.parameters.items() if name not in given.query and (not known or name in known)}
    return msgspec.structs.replace(given, headers={**headers, **given.headers}, query={**query, **given.query})


async def _authorised(actor: Actor, endpoint: Endpoint, spec: Spec, operation: Operation, headers: Pairs, way: _Way) -> tuple[Pairs, list[str]]:
    """The headers with credentials, and what they are called."""
    present = {name.lower() for name, _ in headers}
    added = [(name, value) for name, value in way.stored if name.lower() not in present]
    present |= {name.lower() for name, _ in added}
    told = [f"stored `{name}`" for name, _ in added]
    schemes = {scheme.name: scheme for scheme in spec.security_schemes}
    wanted = [name for names in operation.security[:1] for key in names if (name := _header_of(schemes.get(key))) and name not in present]
    if wanted:
        captured = await _captured(actor, endpoint.id, wanted)
        added += captured
        told += [f"`{name}` of your newest successful call" for name, _ in captured]
    return [*headers, *added], told


def _header_of(scheme: SecurityScheme | None) -> str | None:
    """The header in which a scheme's credentials travel, in lower case."""
    if scheme is None or scheme.kind == "signature":
        return None
    if scheme.kind == "apiKey":
        return {"header": scheme.parameter.lower(), "cookie": "cookie"}.get(scheme.where)
    return "authorization"


async def _captured(actor: Actor, endpoint_id: UUID, names: list[str]) -> Pairs:
    """The newest values with which the owner's own client was let in."""
    found: dict[str, tuple[str, str]] = {}
    newest = await captures.search(actor, captures.Filter(endpoint_id=endpoint_id, status="2xx"), limit=20)
    for summary in newest.items:
        if summary.source == "agent":
            continue
        detail = await captures.get(actor, summary.id)
        for name, value in detail.request_headers:
            if name.lower() in names and encoding.is_header(name, value):
                found.setdefault(name.lower(), (name, value))
        if len(found) == len(names):
            break
    return list(found.values())


async def _send(
    actor: Actor, endpoint: Endpoint, target: egress.Target, request: calling.Request, headers: Pairs, credentials: list[str], seconds: float
) -> Called:
    call_id, started, clock = uuid7(), datetime.now(UTC), time.monotonic()
    base = target.path.rstrip("/")
    limit = settings().body_limit
    heard = Heard(
        endpoint_id=endpoint.id, user_id=actor.user_id, source="agent", method=request.method, url=_origin(endpoint.destination_url) + base + request.target,
        protocol="https" if target.is_secure else "http", request_headers=headers, request=Body(request.body[:limit], len(request.body)), started_at=started,
    )  # fmt: skip
    try:
        sent = await egress.send("call", request.method, target, base + request.target, headers, request.body, limit=limit, seconds=seconds)
    except Problem as problem:
        if problem.code.startswith("upstream_"):
            heard = msgspec.structs.replace(heard, error=problem.detail, duration_ms=(time.monotonic() - clock) * 1000)
            await store_heard([heard], [call_id])
            problem.extra["call"] = str(call_id)
        raise
    elapsed = (time.monotonic() - clock) * 1000
    answer = Body(sent.body, sent.length, sent.sha256, sent.is_cut)
    heard = msgspec.structs.replace(
        heard, request_headers=sent.request_headers, status=sent.status, response_headers=sent.headers, response=answer, duration_ms=elapsed
    )
    await store_heard([heard], [call_id])
    await usage.called(actor)
    return _called(endpoint, call_id, request, heard, sent, elapsed, credentials)


def _called(endpoint: Endpoint, call_id: UUID, request: calling.Request, heard: Heard, sent: egress.Sent, elapsed: float, credentials: list[str]) -> Called:
    lower = {name.lower(): value for name, value in sent.headers}
    media_type = lower.get("content-type", "")
    data = bodies.decode(sent.body, lower.get("content-encoding", ""))
    text = _readable(data, media_type)
    return Called(
        endpoint=endpoint.slug,
        call=call_id,
        method=request.method,
        url=redact.mask_url(heard.url),
        status=sent.status,
        headers=[(name, value) for name, value in redact.mask_headers(tuple(sent.headers)) if name.lower() in _SHOWN_HEADERS],
        media_type=media_type,
        body=text[:MOST_SHOWN] if text is not None else None,
        shape=outline.of(text) if text is not None and len(text) > MOST_SHOWN else None,
        length=sent.length,
        is_cut=sent.is_cut or (text is not None and len(text) > MOST_SHOWN),
        duration_ms=round(elapsed, 1),
        credentials=credentials,
        resource=f"wiretalk://calls/{call_id}",
    )


def _readable(data: bytes, media_type: str) -> str | None:
    """Text with secrets masked; None for what is no text."""
    kind = bodies.kind(data, media_type)
    if kind in ("binary", "image"):
        return None
    value = bodies.as_json(data) if kind == "json" else None
    return msgspec.json.encode(redact.mask_json(value)).decode() if isinstance(value, dict | list) else redact.mask_text(bodies.as_text(data, media_type))


async def _way(actor: Actor, endpoint_id: UUID) -> _Way:
    async with engine.connection() as connection:
        row = await connection.fetchrow(_WAY, endpoint_id, actor.user_id)
    if row is None:
        raise Problem("endpoint_not_found", "The endpoint is gone.")
    try:
        stored = msgspec.json.decode(unseal(row["inject_headers"], f"endpoints:{endpoint_id}"), type=Pairs) if row["inject_headers"] else []
    except Unsealable:
        stored = []
    return _Way(
        msgspec.json.decode(row["parameters"] or "{}"),
        msgspec.json.decode(row["headers"] or "{}"),
        stored,
        list(row["allowed_methods"] or ()),
        row["timeout_s"],
    )


_WAY = "SELECT parameters, headers, inject_headers, allowed_methods, timeout_s FROM endpoints WHERE id = $1 AND user_id = $2"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _name(operation: Operation) -> str:
    return f"{operation.method} {operation.template}"


def _words(text: str) -> list[str]:
    return [singular(word) for word in words_of(text) if word not in ("the", "a", "an", "of", "for", "to", "with", "and", "in", "by", "how", "do", "i", "all")]


def _score(wanted: list[str], endpoint: Endpoint, operation: Operation) -> float:
    """How much of what was asked is in the operation: its path counts most, then its id and summary, then what its owner says."""
    if not wanted:
        return 1.0
    path = set(_words(f"{operation.method} {operation.template}"))
    told = set(_words(f"{operation.id} {operation.summary} {' '.join(operation.tags)} {' '.join(operation.operation_names)}"))
    more = set(_words(f"{operation.description[:500]} {endpoint.name} {endpoint.slug}"))
    verbs = {_VERBS.get(word, "") for word in wanted}
    hits = sum(3.0 if word in path else 2.0 if word in told else 1.0 if word in more else 0.0 for word in wanted)
    return hits + (0.5 if hits and operation.method in verbs else 0.0)


_VERBS = {
    "create": "POST", "add": "POST", "make": "POST", "new": "POST", "place": "POST", "list": "GET", "get": "GET", "show": "GET", "find": "GET", "read": "GET",
    "delete": "DELETE", "remove": "DELETE", "cancel": "DELETE", "update": "PATCH", "change": "PATCH", "replace": "PUT",
}  # fmt: skip
