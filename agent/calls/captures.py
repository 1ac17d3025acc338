"""Captured calls: search them, look into one, import a file, hand them to discovery.

The owner sees real headers; a model and a document see them with secrets masked (`masked=True`).
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor
from agent.calls import bodies, outline
from agent.calls.capture_search import FIELDS, CallSummary, Filter, error_of, search, summary
from agent.config import settings
from agent.crypto import Unsealable, unseal
from agent.errors import Problem
from agent.recorder import TARGET, context_of, expand, meet
from agent.spec.model import Exchange, Frame, Headers
from agent.spec.secrets import redact
from db import engine

_SHOWN_BYTES = 64
_MOST_WAITED = 100
_MOST_READ = 32 * 1024 * 1024
_FIRST = UUID(int=0)


class ShownBody(msgspec.Struct, frozen=True):
    """A decoded body. `text` is None for binary data; `length` counts the bytes on the wire.

    `data` are the bytes where the text is not all of them: those of images, and of anything else where secrets are shown.
    """

    kind: bodies.BodyKind
    media_type: str
    text: str | None
    length: int
    truncated: bool
    sha256: str | None
    data: bytes = b""


class Message(msgspec.Struct, frozen=True):
    """One WebSocket message; `at_ms` since the exchange began. Of binary ones `text` is the beginning in hexadecimal."""

    direction: str
    at_ms: float
    text: str
    is_text: bool = True
    length: int = 0


class CallDetail(msgspec.Struct, frozen=True):
    """`url` is the page of the call; `target` the address that was called, whole where secrets are shown.

    `timings`: milliseconds from the request's head to `connect_ms` (the new connection) and `first_byte_ms` (the answer's head), as far as known.
    """

    summary: CallSummary
    request_headers: list[tuple[str, str]]
    request_body: ShownBody
    response_headers: list[tuple[str, str]]
    response_body: ShownBody
    messages: list[Message]
    url: str
    target: str = ""
    timings: dict[str, float] = {}


async def get(actor: Actor, call: str | UUID, *, masked: bool = False) -> CallDetail:
    """Raises call_not_found."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_DETAIL} WHERE c.id = $1 AND c.user_id = $2", _id(call), actor.user_id)
    if row is None:
        raise Problem("call_not_found", f"There is no captured call `{call}`.")
    await meet([row["endpoint_id"]])
    return _detail(row, masked=masked)


async def latest_failure(actor: Actor, endpoint_id: UUID | None, operation: str | None = None) -> CallSummary:
    """The newest, of an operation such as `GET /orders/{id}`, or a path alone, where one is named. Raises call_not_found."""
    method, _, path = (operation or "").strip().rpartition(" ")
    found = await search(actor, Filter(endpoint_id=endpoint_id, status="error", method=method.strip() or None, pattern=path or None), limit=1)
    if not found.items:
        raise Problem("call_not_found", f"No captured call{f' of `{operation}`' if operation else ''} has failed.", remedy="Name a call to look at it.")
    return found.items[0]


async def last_success(actor: Actor, failing: CallSummary) -> CallDetail | None:
    """The newest success of the same method on the same path, or on one that differs only where ids stand."""
    found = await search(actor, Filter(endpoint_id=failing.endpoint_id, method=failing.method, status="ok"), limit=200)
    alike = [call for call in found.items if shape(call.path) == shape(failing.path)]
    exact = [call for call in alike if call.path == failing.path]
    best = (exact or alike or [None])[0]
    return await get(actor, best.id, masked=True) if best else None


async def wait(actor: Actor, endpoint_id: UUID, count: int, timeout_s: float, *, since: datetime | None = None) -> list[CallSummary]:
    """The calls that arrive from now on, or came since then, oldest first, as soon as there are `count` or the time is over; at most 100."""
    began, deadline = since or datetime.now(UTC), time.monotonic() + timeout_s
    while True:
        found = await search(actor, Filter(endpoint_id=endpoint_id, since=began.isoformat()), limit=_MOST_WAITED)
        if len(found.items) >= count or time.monotonic() >= deadline:
            return found.items[::-1]
        await asyncio.sleep(0.25)


async def exchanges(endpoint_id: UUID, *, after: UUID | None, limit: int) -> list[tuple[UUID, Exchange]]:
    """Captures in the order of their ids, as discovery reads them: `limit` at most, and no more once their bodies are many bytes, which a few kilobytes may be."""
    async with engine.connection() as connection:
        rows = await connection.fetch(_IN_ORDER, endpoint_id, after or _FIRST, limit, _MOST_READ)
    await meet([endpoint_id])
    return await asyncio.to_thread(_opened, rows)


async def exchange(call_id: UUID) -> Exchange | None:
    """One capture whole, for what acts in its owner's name."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_DETAIL} WHERE c.id = $1", call_id)
    if row is None:
        return None
    await meet([row["endpoint_id"]])
    return _exchange(row)


async def raw_body(actor: Actor, call: str | UUID, side: str) -> bytes:
    """The kept bytes of a body with its content encoding undone. Raises call_not_found."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_DETAIL} WHERE c.id = $1 AND c.user_id = $2", _id(call), actor.user_id)
    if row is None:
        raise Problem("call_not_found", f"There is no captured call `{call}`.")
    await meet([row["endpoint_id"]])
    return _body(row, "request" if side == "request" else "response")


async def raw_request(call_id: UUID) -> bytes:
    """The kept bytes of a request's body, as they travelled."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_DETAIL} WHERE c.id = $1", call_id)
    if row is None:
        return b""
    await meet([row["endpoint_id"]])
    return _stored_body(row, "request")


def _opened(rows: list[asyncpg.Record]) -> list[tuple[UUID, Exchange]]:
    found: list[tuple[UUID, Exchange]] = []
    size = 0
    for row in rows:
        one = _exchange(row)
        found.append((row["id"], one))
        size += len(one.request_body) + len(one.response_body)
        if size >= _MOST_READ:
            break
    return found


def shown(detail: CallDetail, most: int) -> dict[str, Any]:
    """A detail as plain data for tools: bodies are cut to `most` characters, and what was cut off is told by the `shape` of the whole."""
    found = msgspec.to_builtins(detail)
    for side in ("request_body", "response_body"):
        found[side].pop("data")
        if found[side]["text"] and len(found[side]["text"]) > most:
            found[side]["shape"] = outline.of(found[side]["text"])
            found[side]["text"] = found[side]["text"][:most]
    return {**found.pop("summary"), **found}


def shape(path: str) -> tuple[str, ...]:
    """The segments of a path, with `*` where an id stands."""
    return tuple("*" if any(c.isdigit() for c in part) else part for part in path.split("/"))


def _detail(row: asyncpg.Record, *, masked: bool) -> CallDetail:
    request, response = (_headers(row, side) for side in ("request_headers", "response_headers"))
    whole = next((value for name, value in _pairs(row, "request_headers") if name == TARGET), row["url"])
    if masked:
        request, response = list(redact.mask_headers(tuple(request))), list(redact.mask_headers(tuple(response)))
    return CallDetail(
        summary=summary(row),
        request_headers=request,
        request_body=_shown_body(row, "request", masked=masked),
        response_headers=response,
        response_body=_shown_body(row, "response", masked=masked),
        messages=[_message(*frame, masked=masked) for frame in _frames(row)],
        url=f"{settings().base_url}/calls/{row['id']}",
        target=row["url"] if masked else whole,
        timings=msgspec.json.decode(row["timings"], type=dict[str, float]) if row["timings"] else {},
    )


def _shown_body(row: asyncpg.Record, side: str, *, masked: bool) -> ShownBody:
    data, media_type = _body(row, side), row[f"{side}_media_type"] or ""
    kind = bodies.kind(data, media_type)
    text = None if kind in {"binary", "image"} else bodies.as_text(data, media_type)
    if text and masked:
        value = bodies.as_json(data) if kind == "json" else None
        text = (
            msgspec.json.encode(redact.mask_json(value)).decode()
            if isinstance(value, dict | list)
            else redact.mask_body(text.encode("utf-8", "replace"), media_type.lower()).decode()
        )
    digest = row[f"{side}_sha256"]
    is_whole = (text is not None and text.encode("utf-8", "replace") == data) or (masked and kind != "image")
    return ShownBody(kind, media_type, text, row[f"{side}_length"], row[f"{side}_truncated"], digest.hex() if digest else None, b"" if is_whole else data)


def _body(row: asyncpg.Record, side: str) -> bytes:
    return bodies.decode(_stored_body(row, side), row[f"{side}_encoding"] or "")


def _stored_body(row: asyncpg.Record, side: str) -> bytes:
    stored = row[f"{side}_body"]
    if not stored:
        return b""
    try:
        packed = unseal(stored, context_of(row["id"])) if row["sealed"] else bytes(stored)
    except Unsealable:
        return b"sealed under a key that is gone"
    return expand(packed) if row["compression"] == "zstd" else packed


def _headers(row: asyncpg.Record, column: str) -> list[tuple[str, str]]:
    return [pair for pair in _pairs(row, column) if pair[0] != TARGET]


def _pairs(row: asyncpg.Record, column: str) -> list[tuple[str, str]]:
    if not row[column]:
        return []
    try:
        plain = unseal(row[column], context_of(row["id"]))
    except Unsealable:
        return [("x-wiretalk-note", "these headers were sealed under a key that is gone")]
    return [(name, value) for name, value in msgspec.json.decode(expand(plain))]


def _frames(row: asyncpg.Record) -> list[tuple[str, float, bool, bytes]]:
    if not row["messages"]:
        return []
    return msgspec.msgpack.decode(expand(unseal(row["messages"], context_of(row["id"]))), type=list[tuple[str, float, bool, bytes]])


def _message(direction: str, at: float, is_text: bool, data: bytes, *, masked: bool) -> Message:
    text = data.decode("utf-8", "replace") if is_text else data[:_SHOWN_BYTES].hex(" ")
    return Message(direction, at, redact.mask_body(data, "application/json").decode("utf-8", "replace") if masked and is_text else text, is_text, len(data))


def _exchange(row: asyncpg.Record) -> Exchange:
    request: Headers = tuple(_headers(row, "request_headers"))
    frames = tuple(Frame("sent" if direction == "sent" else "received", data, at, is_text) for direction, at, is_text, data in _frames(row))
    return Exchange(
        id=str(row["id"]),
        method=row["method"],
        url=row["url"],
        status=row["response_status"],
        request_headers=request,
        request_body=_body(row, "request"),
        response_headers=tuple(_headers(row, "response_headers")),
        response_body=_body(row, "response"),
        request_truncated=row["request_truncated"],
        response_truncated=row["response_truncated"],
        started_at=row["timestamp"].timestamp(),
        duration_ms=row["duration"] or 0.0,
        protocol=row["protocol"],
        frames=frames,
        error=error_of(row),
    )


def _id(call: str | UUID) -> UUID:
    try:
        return call if isinstance(call, UUID) else UUID(call.strip())
    except ValueError as error:
        raise Problem("call_not_found", f"`{str(call)[:60]}` is no id of a captured call.") from error


_BODIES = """c.request_headers, c.request_body, c.request_media_type, c.request_sha256, c.request_truncated, c.request_encoding, c.response_headers, c.response_body,
c.response_sha256, c.response_truncated, c.response_encoding, c.messages, c.compression, c.sealed, c.timings"""
_DETAIL = f"SELECT {FIELDS}, {_BODIES} FROM api_calls c JOIN endpoints e ON e.id = c.endpoint_id"  # noqa: S608  # constants
_IN_ORDER = f"""
WITH next AS (
  SELECT id, coalesce(octet_length(request_body), 0) + coalesce(octet_length(response_body), 0) + coalesce(octet_length(messages), 0) AS size
  FROM api_calls WHERE endpoint_id = $1 AND id > $2 ORDER BY id LIMIT $3
), sized AS (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM next)
{_DETAIL} WHERE c.endpoint_id = $1 AND c.id IN (SELECT id FROM sized WHERE before < $4) ORDER BY c.id
"""  # noqa: S608  # constants
