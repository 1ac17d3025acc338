"""Captured calls: search them, look into one, explain a failing one, import a file, hand them to discovery.

The owner sees real headers; a model and a document see them with secrets masked (`masked=True`).
"""

import asyncio
import base64
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import zstandard

from agent import bodies
from agent.actor import Actor
from agent.config import settings
from agent.crypto import Unsealable, unseal
from agent.errors import Problem
from agent.paging import Page, bounded
from agent.recorder import context_of
from agent.relative_time import moment
from agent.spec import redact
from agent.spec.model import Exchange, Frame, Headers
from db import engine


class CallSummary(msgspec.Struct, frozen=True):
    """A line of the calls table. The secrets of the URL's query are masked."""

    id: UUID
    endpoint_id: UUID
    endpoint: str
    method: str
    url: str
    path: str
    status: int | None
    error: str | None
    duration_ms: float
    request_length: int
    response_length: int
    response_media_type: str | None
    protocol: str
    source: str
    truncated: bool
    started_at: datetime


class ShownBody(msgspec.Struct, frozen=True):
    """A decoded body. `text` is None for binary data; `length` counts the bytes on the wire."""

    kind: bodies.BodyKind
    media_type: str
    text: str | None
    length: int
    truncated: bool
    sha256: str | None


class Message(msgspec.Struct, frozen=True):
    """One WebSocket message; `at_ms` since the exchange began."""

    direction: str
    at_ms: float
    text: str


class CallDetail(msgspec.Struct, frozen=True):
    summary: CallSummary
    request_headers: list[tuple[str, str]]
    request_body: ShownBody
    response_headers: list[tuple[str, str]]
    response_body: ShownBody
    messages: list[Message]
    url: str


class Filter(msgspec.Struct, frozen=True):
    """`status` is a code, a class such as 5xx, or `error`; times are RFC 3339 or relative."""

    endpoint_id: UUID | None = None
    method: str | None = None
    status: str | None = None
    path: str | None = None
    query: str | None = None
    since: str | None = None
    until: str | None = None
    min_duration_ms: int | None = None


class Explanation(msgspec.Struct, frozen=True):
    """Why a call failed, as far as comparing it with the last success tells."""

    call: CallSummary
    last_success: CallSummary | None
    differences: list[str]
    likely_cause: str


async def search(actor: Actor, wanted: Filter, *, limit: int | None = None, cursor: str | None = None) -> Page[CallSummary]:
    """Newest first. Raises invalid_arguments for a status or time that cannot be read."""
    size = bounded(limit)
    where, values = _conditions(actor, wanted)
    if cursor:
        at, id_ = _open_cursor(cursor)
        values += [at, id_]
        where.append(f"(c.timestamp, c.id) < (${len(values) - 1}, ${len(values)})")
    sql = f"{_SUMMARY} WHERE {' AND '.join(where)} ORDER BY c.timestamp DESC, c.id DESC LIMIT {size + 1}"
    async with engine.connection() as connection:
        rows = await connection.fetch(sql, *values)
    items = [_summary(row) for row in rows[:size]]
    return Page(items, _cursor(items[-1]) if len(rows) > size else None)


async def get(actor: Actor, call: str | UUID, *, masked: bool = False) -> CallDetail:
    """Raises call_not_found."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_DETAIL} WHERE c.id = $1 AND c.user_id = $2", _id(call), actor.user_id)
    if row is None:
        raise Problem("call_not_found", f"There is no captured call `{call}`.")
    return _detail(row, masked=masked)


async def latest_failure(actor: Actor, endpoint_id: UUID | None) -> CallSummary:
    """Raises call_not_found."""
    found = await search(actor, Filter(endpoint_id=endpoint_id, status="error"), limit=1)
    if not found.items:
        raise Problem("call_not_found", "No captured call has failed.", remedy="Name a call to look at it.")
    return found.items[0]


async def explain(actor: Actor, call: str | UUID | None = None, endpoint_id: UUID | None = None) -> Explanation:
    """Compare a call with the last success of the same operation. Without one, the newest failure. Raises call_not_found."""
    failing = await get(actor, call or (await latest_failure(actor, endpoint_id)).id, masked=True)
    good = await _last_success(actor, failing.summary)
    differences = _differences(failing, good) if good else []
    return Explanation(failing.summary, good.summary if good else None, differences, _likely_cause(failing, differences))


async def wait(actor: Actor, endpoint_id: UUID, count: int, timeout_s: float) -> list[CallSummary]:
    """The calls that arrive from now on, oldest first, as soon as there are `count` or the time is over."""
    since, deadline = datetime.now(UTC), time.monotonic() + timeout_s
    while True:
        found = await search(actor, Filter(endpoint_id=endpoint_id, since=since.isoformat()), limit=count)
        if len(found.items) >= count or time.monotonic() >= deadline:
            return found.items[::-1]
        await asyncio.sleep(0.25)


async def exchanges(endpoint_id: UUID, *, after: UUID | None, limit: int) -> list[tuple[UUID, Exchange]]:
    """Captures in the order of their ids, as discovery reads them."""
    async with engine.connection() as connection:
        rows = await connection.fetch(
            f"{_DETAIL} WHERE c.endpoint_id = $1 AND ($2::uuid IS NULL OR c.id > $2) ORDER BY c.id LIMIT $3", endpoint_id, after, limit
        )
    return [(row["id"], _exchange(row)) for row in rows]


def shown(detail: CallDetail, most: int) -> dict[str, Any]:
    """A detail as plain data with bodies cut to `most` characters, for tools."""
    found = msgspec.to_builtins(detail)
    for side in ("request_body", "response_body"):
        if found[side]["text"] and len(found[side]["text"]) > most:
            found[side]["text"] = found[side]["text"][:most]
    return {**found.pop("summary"), **found}


def _conditions(actor: Actor, wanted: Filter) -> tuple[list[str], list[Any]]:
    where, values = ["c.user_id = $1"], list[Any]([actor.user_id])

    def add(condition: str, value: Any) -> None:
        values.append(value)
        where.append(condition.format(f"${len(values)}"))

    if wanted.endpoint_id:
        add("c.endpoint_id = {}", wanted.endpoint_id)
    if wanted.method:
        add("c.method = {}", wanted.method.upper())
    if wanted.status:
        where.append(_status_condition(wanted.status))
    if wanted.path:
        add("c.path ILIKE {}", f"%{_like(wanted.path)}%")
    if wanted.query:
        add("c.url ILIKE {}", f"%{_like(wanted.query)}%")
    if wanted.since:
        add("c.timestamp >= {}", moment(wanted.since))
    if wanted.until:
        add("c.timestamp <= {}", moment(wanted.until))
    if wanted.min_duration_ms:
        add("c.duration >= {}", float(wanted.min_duration_ms))
    return where, values


def _status_condition(status: str) -> str:
    word = status.strip().lower()
    if word in {"error", "errors", "failed"}:
        return "(c.response_status >= 400 OR c.error IS NOT NULL)"
    if word in {"ok", "success"}:
        return "c.response_status < 400"
    if len(word) == 3 and word[0] in "12345" and word[1:] == "xx":
        return f"c.response_status BETWEEN {word[0]}00 AND {word[0]}99"
    if word.isascii() and word.isdigit() and len(word) == 3:
        return f"c.response_status = {int(word)}"
    raise Problem("invalid_arguments", f"`{status[:40]}` is no status.", remedy="Use a code such as 404, a class such as 5xx, or `error`.", field="status")


async def _last_success(actor: Actor, failing: CallSummary) -> CallDetail | None:
    """The newest success of the same method on the same path, or on one that differs only where ids stand."""
    found = await search(actor, Filter(endpoint_id=failing.endpoint_id, method=failing.method, status="ok"), limit=200)
    alike = [call for call in found.items if _shape(call.path) == _shape(failing.path)]
    exact = [call for call in alike if call.path == failing.path]
    best = (exact or alike or [None])[0]
    return await get(actor, best.id, masked=True) if best else None


def _shape(path: str) -> tuple[str, ...]:
    return tuple("*" if any(c.isdigit() for c in part) else part for part in path.split("/"))


def _differences(failing: CallDetail, good: CallDetail) -> list[str]:
    told: list[str] = []
    bad_names, good_names = ({name.lower() for name, _ in detail.request_headers} for detail in (failing, good))
    told += [f"The header `{name}` was sent in the success and is missing here." for name in sorted(good_names - bad_names)]
    told += [f"The header `{name}` is new here." for name in sorted(bad_names - good_names)]
    bad_query, good_query = failing.summary.url.partition("?")[2], good.summary.url.partition("?")[2]
    if bad_query != good_query:
        told.append(f"The query is `{bad_query or 'empty'}`, it was `{good_query or 'empty'}`.")
    bad_keys, good_keys = _keys(failing.request_body), _keys(good.request_body)
    if bad_keys is not None and good_keys is not None:
        told += [f"The body lacks `{key}`." for key in sorted(good_keys - bad_keys)] + [
            f"The body has `{key}`, which the success had not." for key in sorted(bad_keys - good_keys)
        ]
    if failing.summary.path != good.summary.path:
        told.append(f"The path is `{failing.summary.path}`, the success was `{good.summary.path}`.")
    return told[:20]


def _keys(body: ShownBody) -> set[str] | None:
    value = bodies.as_json(body.text.encode()) if body.text else None
    return set(value) if isinstance(value, dict) else None


_CAUSES = {
    400: "The upstream could not read the request: look at its body and query.",
    401: "The credentials are missing, wrong or expired.",
    403: "The credentials are valid but lack the right for this operation.",
    404: "Nothing exists at this path: check the id and the path.",
    405: "This path does not offer the method.",
    409: "The request clashes with the present state of the resource.",
    415: "The upstream does not take this content type.",
    422: "The body is well-formed but a value in it is not accepted.",
    429: "The rate limit was reached: wait, then try again.",
}


def _likely_cause(failing: CallDetail, differences: list[str]) -> str:
    status = failing.summary.status
    if status is None:
        return f"No answer came: {failing.summary.error or 'the connection failed'}."
    if status < 400:
        return f"This call did not fail: the upstream answered {status}."
    cause = _CAUSES.get(status, "The upstream failed on its side." if status >= 500 else "The upstream refused the request.")
    missing = [line for line in differences if "is missing here" in line or "lacks" in line]
    return f"{status}: {cause}" + (f" Most telling: {missing[0]}" if missing else "")


def _detail(row: asyncpg.Record, *, masked: bool) -> CallDetail:
    request, response = (_headers(row, side) for side in ("request_headers", "response_headers"))
    if masked:
        request, response = list(redact.mask_headers(tuple(request))), list(redact.mask_headers(tuple(response)))
    return CallDetail(
        summary=_summary(row),
        request_headers=request,
        request_body=_shown_body(row, "request", masked=masked),
        response_headers=response,
        response_body=_shown_body(row, "response", masked=masked),
        messages=[Message(direction, at, redact.mask_text(_text(data)) if masked else _text(data)) for direction, at, _, data in _frames(row)],
        url=f"{settings().base_url}/calls/{row['id']}",
    )


def _shown_body(row: asyncpg.Record, side: str, *, masked: bool) -> ShownBody:
    data, media_type = _body(row, side), row[f"{side}_media_type"] or ""
    kind = bodies.kind(data, media_type)
    text = None if kind in {"binary", "image"} else bodies.as_text(data, media_type)
    if text and masked:
        value = bodies.as_json(data) if kind == "json" else None
        text = msgspec.json.encode(redact.mask_json(value)).decode() if isinstance(value, dict | list) else redact.mask_text(text)
    digest = row[f"{side}_sha256"]
    return ShownBody(kind, media_type, text, row[f"{side}_length"], row[f"{side}_truncated"], digest.hex() if digest else None)


def _body(row: asyncpg.Record, side: str) -> bytes:
    stored = row[f"{side}_body"]
    if not stored:
        return b""
    data = zstandard.ZstdDecompressor().stream_reader(stored).read(64 * 1024 * 1024) if row["compression"] == "zstd" else bytes(stored)
    return bodies.decode(data, row[f"{side}_encoding"] or "")


def _headers(row: asyncpg.Record, column: str) -> list[tuple[str, str]]:
    if not row[column]:
        return []
    try:
        plain = unseal(row[column], context_of(row["id"]))
    except Unsealable:
        return [("x-wiretalk-note", "these headers were sealed under a key that is gone")]
    return [(name, value) for name, value in msgspec.json.decode(zstandard.decompress(plain))]


def _frames(row: asyncpg.Record) -> list[tuple[str, float, bool, bytes]]:
    if not row["messages"]:
        return []
    return msgspec.msgpack.decode(zstandard.decompress(unseal(row["messages"], context_of(row["id"]))), type=list[tuple[str, float, bool, bytes]])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


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
        error=_error(row),
    )


def _summary(row: asyncpg.Record) -> CallSummary:
    return CallSummary(
        id=row["id"], endpoint_id=row["endpoint_id"], endpoint=row["slug"], method=row["method"], url=row["url"], path=row["path"], status=row["response_status"],
        error=_error(row), duration_ms=round(row["duration"] or 0.0, 1), request_length=row["request_length"], response_length=row["response_length"],
        response_media_type=row["response_media_type"], protocol=row["protocol"], source=row["source"], truncated=row["truncated"], started_at=row["timestamp"],
    )  # fmt: skip


def _error(row: asyncpg.Record) -> str | None:
    return msgspec.json.decode(row["error"]).get("message") if row["error"] else None


def _id(call: str | UUID) -> UUID:
    try:
        return call if isinstance(call, UUID) else UUID(call.strip())
    except ValueError as error:
        raise Problem("call_not_found", f"`{str(call)[:60]}` is no id of a captured call.") from error


def _cursor(call: CallSummary) -> str:
    return base64.urlsafe_b64encode(f"{call.started_at.isoformat()}|{call.id}".encode()).decode()


def _open_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at), UUID(id_)
    except ValueError as error:
        raise Problem("bad_request", f"`{cursor[:60]}` is not a cursor.", remedy="Use the `next` of the page before, or none.") from error


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")


_FIELDS = """c.id, c.endpoint_id, e.slug, c.method, c.url, c.path, c.response_status, c.error, c.duration, c.request_length, c.response_length, c.response_media_type,
c.protocol, c.source, c.truncated, c.timestamp"""
_BODIES = """c.request_headers, c.request_body, c.request_media_type, c.request_sha256, c.request_truncated, c.request_encoding, c.response_headers, c.response_body,
c.response_sha256, c.response_truncated, c.response_encoding, c.messages, c.compression"""
_SUMMARY = f"SELECT {_FIELDS} FROM api_calls c JOIN endpoints e ON e.id = c.endpoint_id"  # noqa: S608  # constants
_DETAIL = f"SELECT {_FIELDS}, {_BODIES} FROM api_calls c JOIN endpoints e ON e.id = c.endpoint_id"  # noqa: S608  # constants
