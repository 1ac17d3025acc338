"""One operation called: built, checked against its document, sent to the endpoint's own destination, and kept as a capture."""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import egress
from agent.actor import Actor, require_reach, require_scope
from agent.billing import usage
from agent.calls import bodies, outline
from agent.config import settings
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.operations.credentials import Pairs, Way, authorised, way_of, with_defaults
from agent.operations.finding import CLOSED, Described, Target, find, name_of
from agent.recorder import Body, Heard, store_heard
from agent.spec import calling
from agent.spec.calling import Arguments
from agent.spec.encoding import Unfit
from agent.spec.model import Operation
from agent.spec.secrets import redact
from agent.spec.writers import samples
from db.ids import uuid7

MOST_SHOWN = 20_000
_SECONDS = 60.0
_LONGEST_EXAMPLE = 400
_SHOWN_HEADERS = ("content-type", "location", "link", "retry-after", "etag", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-limit", "x-total-count")


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


class _Ready(NamedTuple):
    owner: Endpoint
    match: calling.Match
    described: Described
    way: Way
    request: calling.Request


async def target(actor: Actor, operation: str, given: Arguments, endpoint: str | None = None) -> Target:
    """Where a call would go, nothing being sent. Raises what `call` raises before it sends: nobody is asked about a call that cannot be made."""
    ready = await _ready(actor, operation, given, endpoint)
    return Target(urlsplit(ready.owner.destination_url).netloc, name_of(ready.match.operation))


async def call(actor: Actor, operation: str, given: Arguments, endpoint: str | None = None) -> Called:
    """Send it. An answer of the API is a result whatever its status. Raises unfit_arguments, operation_not_found, endpoint_stopped, upstream_*."""
    owner, match, described, way, request = await _ready(actor, operation, given, endpoint)
    target = egress.parse(owner.destination_url.rstrip("/") or owner.destination_url, "call")
    headers, credentials = await authorised(actor, owner, described.spec, match.operation, list(request.headers), way)
    return await _send(actor, owner, target, request, headers, credentials, way.timeout_s or _SECONDS)


async def _ready(actor: Actor, operation: str, given: Arguments, endpoint: str | None) -> _Ready:
    require_scope(actor, "call")
    owner, match, described = await find(actor, operation, endpoint)
    if owner.status in CLOSED:
        raise Problem("endpoint_stopped", f"`{owner.slug}` is {owner.status} and takes no calls.")
    if not owner.is_demo:
        require_reach(actor)
    way = await way_of(actor, owner.id)
    if way.allowed_methods and match.operation.method not in way.allowed_methods:
        raise Problem("method_not_allowed", f"`{owner.slug}` does not take {match.operation.method}.", allowed=way.allowed_methods)
    return _Ready(owner, match, described, way, _build(described, match, with_defaults(given, way, match.operation)))


def _build(described: Described, match: calling.Match, given: Arguments) -> calling.Request:
    try:
        with_path = msgspec.structs.replace(given, path={**match.path, **given.path})
        return calling.build(described.spec, match.operation, with_path, is_strict=name_of(match.operation) in described.given)
    except Unfit as error:
        name, body = name_of(match.operation), _example(described, match.operation) if error.field == "body" else ""
        remedy = f"Give one such as `{body}`." if body else None
        raise Problem("unfit_arguments", f"`{name}`: {error}", remedy=remedy, operation=name, field=error.field) from error


def _example(described: Described, operation: Operation) -> str:
    """A body that would fit, as JSON on one line; empty where it would be long or is none."""
    content = next((one for one in operation.request if one.media_type.endswith("json")), None)
    if content is None:
        return ""
    fits = samples.example(content.schema, described.spec) if content.example is None else content.example
    text = msgspec.json.encode(fits).decode().replace("`", "'")
    return text if len(text) <= _LONGEST_EXAMPLE else ""


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


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
