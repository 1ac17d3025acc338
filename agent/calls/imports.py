"""Capture files as captures: HAR, mitmproxy flows and saved captures, read entry by entry, each a row like any heard call.

Rows are stored in batches while the file is read, so the live view shows how far it has come; the report at the end says what
was left out and why, and from which hosts the calls are. A file whose import was cut off is given again: what is there is known.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import endpoints
from agent.accounts import audit
from agent.actor import Actor
from agent.config import settings
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.recorder import Heard, Recording, body_of
from agent.spec.model import Exchange
from agent.spec.readers import inputs
from agent.spec.readers.reading import Reading, Unreadable

_BATCH = 200
_BATCH_BYTES = 32 * 1024 * 1024
_MOST_HOSTS = 20
_MOST_WEIGHED = 5_000
_DATA = re.compile(r"[/+]json|(?:text|application)/(?!xhtml)(?:[\w.-]+\+)?xml|grpc|graphql|protobuf|event-stream")
Told = Callable[[int], None]


class ImportReport(msgspec.Struct, frozen=True):
    """What became of a file. `skipped` has the first reasons for entries that were left out, `left_out` counts them all.

    `hosts` says how many of the imported calls went to which host; `elsewhere` counts those to another than the endpoint's, `known` what an earlier import had stored.
    """

    imported: int
    skipped: list[str]
    left_out: int = 0
    hosts: dict[str, int] = {}
    elsewhere: int = 0
    unwanted: int = 0
    known: int = 0


class Begun(msgspec.Struct, frozen=True):
    """An endpoint that was made for a recording, and what became of the file."""

    endpoint: Endpoint
    report: ImportReport


async def import_file(actor: Actor, endpoint_id: UUID, data: bytes, told: Told | None = None) -> ImportReport:
    """Store every whole entry of a file; `told` hears how many it were so far. A file that is cut off gives what was whole.

    Raises endpoint_not_found, unreadable_capture; calls that were stored before a fault in the file stay.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    if not data:
        raise Problem("unreadable_capture", "The file is empty.")
    try:
        report = await _stored(actor, endpoint, await asyncio.to_thread(inputs.read, data), told)
    except Unreadable as error:
        raise Problem("unreadable_capture", str(error)) from error
    if not (report.imported or report.unwanted or report.known):
        raise Problem("unreadable_capture", f"The file has no calls in it{': ' + report.skipped[0] if report.skipped else '.'}")
    await audit.record("CAPTURE_IMPORTED", actor=actor, resource="ENDPOINT", resource_id=endpoint.id, calls=report.imported, left_out=report.left_out)
    return report


async def begin(actor: Actor, data: bytes, destination_url: str | None = None, *, name: str | None = None, credits_used: int = 0) -> Begun:
    """An endpoint for the API of a recording, with its calls; it need not be reachable from here. Without an address: where most of its data came from.

    Raises unreadable_capture, and what `endpoints.create` raises.
    """
    try:
        url = destination_url or await asyncio.to_thread(_origin, data)
    except Unreadable as error:
        raise Problem("unreadable_capture", str(error)) from error
    made = await endpoints.create(actor, url, name=name, credits_used=credits_used, is_heard=True)
    try:
        report = await import_file(actor, made.id, data)
    except Problem:
        await endpoints.delete(actor, made.id)
        raise
    return Begun(await endpoints.get(actor, made.id), report)


def told(report: ImportReport, endpoint: Endpoint) -> list[str]:
    """What became of the file, in sentences."""
    lines = [f"{report.imported} calls were imported into `{endpoint.slug}`."]
    if report.known:
        lines.append(f"{report.known} were there already.")
    if report.unwanted:
        lines.append(f"{report.unwanted} were left out by its path filter.")
    if report.elsewhere:
        lines.append(f"{report.elsewhere} of the file's calls went to other hosts: {', '.join(f'{host} ({count})' for host, count in report.hosts.items())}.")
    if report.left_out:
        lines += [f"{report.left_out} entries could not be read:", *(f"- {reason}" for reason in report.skipped[:5])]
    return lines


def _origin(data: bytes) -> str:
    """A page's own files and its trackers are in a browser's recording too: what answered with data counts most. Raises Unreadable."""
    hosts = Counter[tuple[str, str]]()
    for exchange in islice(inputs.read(data), _MOST_WEIGHED):
        parts = urlsplit(exchange.url)
        media = next((value for key, value in exchange.response_headers if key.lower() == "content-type"), "")
        hosts[parts.scheme, parts.netloc] += 1 + 1000 * bool(_DATA.search(media) or exchange.frames)
    if not hosts:
        raise Unreadable("The file has no calls in it.")
    scheme, host = hosts.most_common(1)[0][0]
    return f"{scheme.replace('ws', 'http', 1)}://{host}"


async def _stored(actor: Actor, endpoint: Endpoint, reading: Reading, told: Told | None) -> ImportReport:
    own, hosts, recording, imported, read = urlsplit(endpoint.destination_url).hostname, Counter[str](), Recording(), 0, 0
    while batch := await asyncio.to_thread(_batch, reading):
        imported += await recording.store([_heard(exchange, endpoint.id, actor.user_id) for exchange in batch])
        read += len(batch)
        hosts.update(urlsplit(exchange.url).hostname or "" for exchange in batch)
        if told:
            told(imported)
    return ImportReport(
        imported,
        list(reading.skipped[:20]),
        reading.skipped_count,
        dict(hosts.most_common(_MOST_HOSTS)),
        read - hosts[own or ""],
        read - imported - recording.known,
        recording.known,
    )


def _batch(reading: Reading) -> list[Exchange]:
    """Fewer calls where their bodies are large: one that is packed in the file can be a thousand times as long."""
    batch: list[Exchange] = []
    size = 0
    for exchange in islice(reading, _BATCH):
        batch.append(exchange)
        size += len(exchange.request_body) + len(exchange.response_body)
        if size > _BATCH_BYTES:
            break
    return batch


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
