"""Capture files as captures: HAR, mitmproxy flows and saved captures, read entry by entry, each a row like any heard call."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from agent import endpoints
from agent.accounts import audit
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.recorder import Heard, Recorder, body_of
from agent.spec import inputs
from agent.spec.model import Exchange
from agent.spec.reading import Unreadable


class ImportReport(msgspec.Struct, frozen=True):
    """What became of a file; `skipped` says why entries were left out."""

    imported: int
    skipped: list[str]


async def import_file(actor: Actor, endpoint_id: UUID, data: bytes, recorder: Recorder) -> ImportReport:
    """Record every whole entry of a file. Raises endpoint_not_found, unreadable_capture; a file that is cut off gives what was whole."""
    endpoint = await endpoints.get(actor, endpoint_id)
    if not data:
        raise Problem("unreadable_capture", "The file is empty.")
    try:
        exchanges, skipped = await asyncio.to_thread(_read, data)
    except Unreadable as error:
        raise Problem("unreadable_capture", str(error)) from error
    if not exchanges:
        raise Problem("unreadable_capture", f"The file has no calls in it{': ' + skipped[0] if skipped else '.'}")
    for exchange in exchanges:
        await recorder.record(_heard(exchange, endpoint.id, actor.user_id))
    await audit.record("CAPTURE_IMPORTED", actor=actor, resource="ENDPOINT", resource_id=endpoint.id, calls=len(exchanges))
    return ImportReport(len(exchanges), skipped[:20])


def _read(data: bytes) -> tuple[list[Exchange], list[str]]:
    reading = inputs.read(data)
    exchanges = list(reading)
    return exchanges, [str(reason) for reason in reading.skipped]


def _heard(exchange: Exchange, endpoint_id: UUID, user_id: UUID) -> Heard:
    """Bodies of a file are decoded already, so the header that says otherwise goes."""
    limit = settings().body_limit
    return Heard(
        endpoint_id=endpoint_id,
        user_id=user_id,
        source="import",
        method=exchange.method,
        url=exchange.url,
        protocol=exchange.protocol,
        request_headers=[pair for pair in exchange.request_headers if pair[0].lower() != "content-encoding"],
        request=body_of(exchange.request_body, limit),
        status=exchange.status,
        response_headers=[pair for pair in exchange.response_headers if pair[0].lower() != "content-encoding"],
        response=body_of(exchange.response_body, limit),
        messages=[(frame.direction, frame.at, frame.is_text, frame.data) for frame in exchange.frames],
        error=exchange.error,
        started_at=datetime.fromtimestamp(exchange.started_at, UTC) if exchange.started_at else None,
        duration_ms=exchange.duration_ms,
    )
