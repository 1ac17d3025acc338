"""Keeping what was heard: an exchange is appended to a spool file, which acknowledges it, and copied into `api_calls` in batches.

A spool append is one write to the operating system, so an acknowledged call survives a `kill -9` of this process (not a power
cut: there is no fsync). The drainer copies every 50 ms, and deletes a segment of the spool once its rows are committed. While
the database is away the segments wait on disk; segments that a dead process left are taken over at the next start. A row's id is
made before the append and is the primary key, so taking a segment over twice stores nothing twice.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import asyncpg
import msgspec
import structlog
import zstandard

from agent import tasks
from agent.config import settings
from agent.crypto import seal
from agent.spec import redact
from db import engine
from db.ids import uuid7

log = structlog.get_logger()
FLUSH_SECONDS = 0.05
MAX_BATCH = 1000
MAX_WAITING = 20_000
"""Rows in memory before a capture has to wait for the database; on disk there is no such bound."""

Source = Literal["proxy", "import", "agent", "replay"]
RawHeaders = list[tuple[str, str]]


class Body(msgspec.Struct, frozen=True):
    """The kept beginning of a body as it travelled, with the length and hash of the whole."""

    data: bytes = b""
    length: int = 0
    sha256: bytes | None = None
    is_cut: bool = False


class Heard(msgspec.Struct, frozen=True):
    """One exchange as a door heard it. `duration_ms` runs from the request's first byte to the answer's last."""

    endpoint_id: UUID
    user_id: UUID
    method: str
    url: str
    source: Source = "proxy"
    protocol: str = "https"
    request_headers: RawHeaders = []
    request: Body = Body()
    status: int | None = None
    response_headers: RawHeaders = []
    response: Body = Body()
    messages: list[tuple[str, float, bool, bytes]] = []
    error: str | None = None
    started_at: datetime | None = None
    duration_ms: float = 0.0


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A row of `api_calls`, in the order of `_COLUMNS`."""

    id: UUID
    endpoint_id: UUID
    user_id: UUID
    source: str
    method: str
    url: str
    host: str
    path: str
    protocol: str
    query_params: str
    request_headers: bytes
    request_body: bytes | None
    request_media_type: str | None
    request_length: int
    request_sha256: bytes | None
    request_truncated: bool
    request_encoding: str | None
    response_status: int | None
    response_headers: bytes
    response_body: bytes | None
    response_media_type: str | None
    response_length: int
    response_sha256: bytes | None
    response_truncated: bool
    response_encoding: str | None
    messages: bytes | None
    cors_headers: str | None
    error: str | None
    truncated: bool
    timestamp: datetime
    duration: float


_COLUMNS = _Row.__struct_fields__
_ENCODE, _DECODE = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Row)


class _Segment:
    """One spool file. The lock on it says that its process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[_Row] = []
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def append(self, row: _Row) -> None:
        data = _ENCODE.encode(row)
        os.write(self._file, len(data).to_bytes(4, "big") + data)
        self.rows.append(row)

    def discard(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        os.close(self._file)


class Recorder:
    """The spool of this process and the task that drains it."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or settings().data / "spool"
        self._current: _Segment | None = None
        self._waiting: list[_Segment] = []
        self._wake, self._room, self._closing = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._drainer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take over what dead processes left, then begin to drain."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._adopt()
        self._drainer = tasks.spawn(self._drain_forever(), "recorder")

    async def record(self, heard: Heard) -> UUID:
        """Acknowledge one exchange and give its id. Waits while the database is far behind, so that memory stays bounded."""
        await self._room.wait()
        row = row_of(heard)
        if self._current is None:
            self._current = _Segment(self._directory / f"{os.getpid()}-{uuid7()}.spool")
        self._current.append(row)
        self._wake.set()
        if self._in_memory() >= MAX_WAITING:
            self._room.clear()
        return row.id

    async def drain(self) -> None:
        """At shutdown: copy everything; what the database does not take now stays on disk for the next start."""
        self._closing.set()
        self._wake.set()
        if self._drainer is not None:
            await asyncio.wait([self._drainer], timeout=8)

    def _in_memory(self) -> int:
        return sum(len(segment.rows) for segment in self._waiting) + (len(self._current.rows) if self._current else 0)

    async def _drain_forever(self) -> None:
        while not (self._closing.is_set() and not self._waiting and self._current is None):
            await self._wake.wait()
            if not self._closing.is_set():
                await asyncio.sleep(FLUSH_SECONDS)
            self._wake.clear()
            if self._current is not None:
                self._waiting.append(self._current)
                self._current = None
            if not await self._empty() and self._closing.is_set():
                return

    async def _empty(self) -> bool:
        """Copy the waiting segments, oldest first. False where the database is away."""
        while self._waiting:
            segment = self._waiting[0]
            try:
                await store(segment.rows)
            except Exception as error:
                if not engine.is_unavailable(error):
                    log.exception("capture.copy_failed", rows=len(segment.rows))
                else:
                    log.warning("capture.waiting", rows=self._in_memory())
                self._wake.set()
                await asyncio.sleep(0 if self._closing.is_set() else 1)
                return False
            self._waiting.pop(0).discard()
            self._room.set()
        return True

    async def _adopt(self) -> None:
        for path in sorted(self._directory.glob("*.spool")):
            with contextlib.suppress(BlockingIOError, FileNotFoundError):
                segment = _Segment(path)
                segment.rows = _read(path)
                if segment.rows:
                    log.info("capture.adopted", rows=len(segment.rows))
                self._waiting.append(segment)
                self._wake.set()


async def store(rows: list[_Row]) -> None:
    """Copy rows in one transaction, skipping those that are there or whose endpoint is gone, count them and ring."""
    for start in range(0, len(rows), MAX_BATCH):
        batch = rows[start : start + MAX_BATCH]
        async with engine.connection() as connection, connection.transaction():
            await connection.execute("CREATE TEMP TABLE IF NOT EXISTS arriving (LIKE api_calls INCLUDING DEFAULTS) ON COMMIT DELETE ROWS")
            await connection.copy_records_to_table("arriving", records=[msgspec.structs.astuple(row) for row in batch], columns=_COLUMNS)
            stored = await connection.fetch(_MOVE)
            await _count(connection, stored)


async def _count(connection: Any, stored: list[asyncpg.Record]) -> None:
    calls, errors = Counter(row["endpoint_id"] for row in stored), Counter(row["endpoint_id"] for row in stored if row["failed"])
    for endpoint_id in sorted(calls, key=str):
        await connection.execute(
            "UPDATE endpoints SET call_count = call_count + $2, error_count = error_count + $3, last_used_at = now() WHERE id = $1",
            endpoint_id, calls[endpoint_id], errors[endpoint_id],
        )  # fmt: skip
        await connection.execute("SELECT pg_notify('wiretalk', $1)", f"calls:{endpoint_id}")


def pack(pairs: RawHeaders, context: str) -> bytes:
    """Headers as they are stored: JSON, compressed, sealed to their row."""
    return seal(zstandard.compress(msgspec.json.encode(pairs), 3), context)


def context_of(call_id: UUID) -> str:
    return f"api_calls:{call_id}"


def body_of(data: bytes, limit: int) -> Body:
    """A body that is there whole, kept up to `limit`."""
    return Body(data[:limit], len(data), hashlib.sha256(data).digest(), len(data) > limit)


def row_of(heard: Heard) -> _Row:
    """The row that `store` copies."""
    call_id = uuid7()
    context = context_of(call_id)
    request, response = _lower(heard.request_headers), _lower(heard.response_headers)
    masked = redact.mask_url(_clean(heard.url))
    parts = urlsplit(masked)
    cors = {name: value for name, value in response.items() if name.startswith("access-control-")}
    return _Row(
        id=call_id,
        endpoint_id=heard.endpoint_id,
        user_id=heard.user_id,
        source=heard.source,
        method=_clean(heard.method)[:32],
        url=masked,
        host=parts.netloc,
        path=parts.path or "/",
        protocol=heard.protocol,
        query_params=_json(_grouped(parse_qsl(parts.query, keep_blank_values=True))),
        request_headers=pack(heard.request_headers, context),
        request_body=_packed(heard.request.data),
        request_media_type=request.get("content-type"),
        request_length=heard.request.length,
        request_sha256=heard.request.sha256,
        request_truncated=heard.request.is_cut,
        request_encoding=request.get("content-encoding"),
        response_status=heard.status if heard.status is None or 100 <= heard.status <= 599 else None,
        response_headers=pack(heard.response_headers, context),
        response_body=_packed(heard.response.data),
        response_media_type=response.get("content-type"),
        response_length=heard.response.length,
        response_sha256=heard.response.sha256,
        response_truncated=heard.response.is_cut,
        response_encoding=response.get("content-encoding"),
        messages=_messages(heard, context),
        cors_headers=_json(cors) if cors else None,
        error=_json({"message": _clean(heard.error)}) if heard.error else None,
        truncated=heard.request.is_cut or heard.response.is_cut,
        timestamp=heard.started_at or datetime.now(UTC),
        duration=max(heard.duration_ms, 0.0),
    )


def _messages(heard: Heard, context: str) -> bytes | None:
    return seal(zstandard.compress(msgspec.msgpack.encode(heard.messages), 3), context) if heard.messages else None


def _packed(data: bytes) -> bytes | None:
    return zstandard.compress(data, 3) if data else None


def _lower(headers: RawHeaders) -> dict[str, str]:
    return {name.lower(): _clean(value) for name, value in headers}


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(_clean(name), []).append(_clean(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _clean(text: str) -> str:
    """Text that PostgreSQL takes: without NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _read(path: Path) -> list[_Row]:
    """The whole rows of a spool file; a last one that was cut off was never acknowledged."""
    data, rows, at = path.read_bytes(), list[_Row](), 0
    while at + 4 <= len(data) and at + 4 + (size := int.from_bytes(data[at : at + 4], "big")) <= len(data):
        try:
            rows.append(_DECODE.decode(data[at + 4 : at + 4 + size]))
        except msgspec.DecodeError:
            log.warning("capture.unreadable_spool", file=path.name)
            break
        at += 4 + size
    return rows


_MOVE = f"""
INSERT INTO api_calls ({", ".join(_COLUMNS)}) SELECT {", ".join(f"a.{c}" for c in _COLUMNS)} FROM arriving a
WHERE EXISTS (SELECT 1 FROM endpoints e WHERE e.id = a.endpoint_id)
ON CONFLICT DO NOTHING
RETURNING endpoint_id, (response_status >= 400 OR error IS NOT NULL) IS TRUE AS failed
"""  # noqa: S608  # the columns are constants of this module
