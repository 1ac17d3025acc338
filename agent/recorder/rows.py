"""From an exchange to a row of `api_calls`: secrets sealed or masked, bodies compressed, text made fit for PostgreSQL. No I/O."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import msgspec

from agent.crypto import seal
from agent.recorder import dictionaries
from agent.recorder.heard import Heard, RawHeaders
from agent.recorder.rules import USUAL, Rules, obey
from db import jsonb
from db.ids import milliseconds_of, uuid7


class Row(msgspec.Struct, frozen=True):
    """The columns that are written, in the order in which they are copied."""

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
    sealed: bool
    timestamp: datetime
    duration: float
    timings: str | None


_USUAL_CHARSET = re.compile(r""";\s*charset="?utf-?8"?\s*$""", re.IGNORECASE)
COLUMNS = Row.__struct_fields__


def row_of(heard: Heard, call_id: UUID | None = None, rules: Rules = USUAL) -> Row:
    """The row that `store` copies. The same exchange under the same id gives the same key."""
    call_id = call_id or uuid7()
    context, endpoint = context_of(call_id), heard.endpoint_id
    kept = obey(heard, rules.secrets)
    heard, is_sealed = kept.heard, kept.is_sealed
    request, response = _lower(heard.request_headers), _lower(heard.response_headers)
    masked = _clean(heard.url)
    url = _parts(masked)
    cors = {name: value for name, value in response.items() if name.startswith("access-control-")}
    return Row(
        id=call_id,
        endpoint_id=heard.endpoint_id,
        user_id=heard.user_id,
        source=heard.source,
        method=_clean(heard.method)[:32],
        url=masked,
        host=url.host,
        path=url.path,
        protocol=heard.protocol,
        query_params=_query(url.query),
        request_headers=pack(heard.request_headers, context, endpoint),
        request_body=_packed(heard.request.data, context, endpoint, is_sealed=is_sealed),
        request_media_type=_media_type(request),
        request_length=heard.request.length,
        request_sha256=heard.request.sha256,
        request_truncated=heard.request.is_cut,
        request_encoding=request.get("content-encoding"),
        response_status=heard.status if heard.status is None or 100 <= heard.status <= 599 else None,
        response_headers=pack(heard.response_headers, context, endpoint),
        response_body=_packed(heard.response.data, context, endpoint, is_sealed=is_sealed),
        response_media_type=_media_type(response),
        response_length=heard.response.length,
        response_sha256=heard.response.sha256,
        response_truncated=heard.response.is_cut,
        response_encoding=response.get("content-encoding"),
        messages=seal(dictionaries.compress(msgspec.msgpack.encode(heard.messages)), context) if heard.messages else None,
        cors_headers=jsonb.encode(cors) if cors else None,
        error=jsonb.encode({"message": _clean(heard.error)}) if heard.error else None,
        truncated=heard.request.is_cut or heard.response.is_cut,
        sealed=is_sealed,
        timestamp=heard.started_at or datetime.fromtimestamp(milliseconds_of(call_id) / 1000, UTC),  # the same each time: it is part of the key
        duration=max(heard.duration_ms, 0.0),
        timings=_timings(heard),
    )


def _timings(heard: Heard) -> str | None:
    found = {"connect_ms": heard.connect_ms, "first_byte_ms": heard.first_byte_ms}
    known = {name: round(value, 2) for name, value in found.items() if value is not None}
    return jsonb.encode(known) if known else None


def pack(pairs: RawHeaders, context: str, endpoint_id: UUID | None = None) -> bytes:
    """Headers as they are stored: JSON, compressed, sealed to their row."""
    return seal(dictionaries.compress(msgspec.json.encode(pairs), endpoint_id), context)


def context_of(call_id: UUID) -> str:
    """What the secrets of a call are sealed to."""
    return f"api_calls:{call_id}"


class _Url(msgspec.Struct, frozen=True):
    host: str
    path: str
    query: str


def _parts(url: str) -> _Url:
    """The parts of any text that was used as a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _Url("", url, "")
    return _Url(parts.netloc, parts.path or "/", parts.query)


def _query(query: str) -> str:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True) if query else ():
        found.setdefault(_clean(name), []).append(_clean(value))
    return jsonb.encode({name: values[0] if len(values) == 1 else values for name, values in found.items()})


def _packed(data: bytes, context: str, endpoint_id: UUID, *, is_sealed: bool) -> bytes | None:
    if not data:
        return None
    packed = dictionaries.compress(data, endpoint_id)
    return seal(packed, context) if is_sealed else packed


def _lower(headers: RawHeaders) -> dict[str, str]:
    return {name.lower(): _clean(value) for name, value in headers}


def _media_type(headers: dict[str, str]) -> str | None:
    """Without the charset that is taken for granted."""
    found = headers.get("content-type")
    return found and _USUAL_CHARSET.sub("", found).rstrip()


def _clean(text: str) -> str:
    """Text that PostgreSQL takes: without NUL and lone surrogates."""
    return text if text.isascii() and "\0" not in text else text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
