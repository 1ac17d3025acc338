"""One captured call sent again, as it was or edited: to its endpoint's own destination only, once, recorded with the source `replay`.

Whoever asks for what may change something there has to say so. Whole recordings are replayed elsewhere.
"""

import time
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from agent import egress, endpoints
from agent.accounts import audit
from agent.actor import Actor, require_reach, require_scope
from agent.calls import captures
from agent.config import settings
from agent.errors import Problem
from agent.recorder import Body, Heard, body_of, store_heard
from db.ids import uuid7

READS = ("GET", "HEAD", "OPTIONS")
_SECONDS = 60.0
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "proxy-connection", "proxy-authorization"}
)


class Edits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; None leaves it as it was captured. `confirm`: yes, also where it may change something at the API."""

    method: Annotated[str, Meta(pattern=r"^[A-Za-z-]{1,20}$")] | None = None
    url: Annotated[str, Meta(max_length=16000)] | None = None
    headers: Annotated[list[tuple[str, str]], Meta(max_length=200)] | None = None
    body: str | None = None
    confirm: bool = False


class Resent(msgspec.Struct, frozen=True):
    """The new capture and how it went."""

    id: UUID
    status: int | None
    error: str | None


async def send(actor: Actor, call: str | UUID, edits: Edits) -> Resent:
    """Raises call_not_found, endpoint_stopped, approval_needed, invalid_url, egress_refused, invalid_arguments. A failed exchange is a result."""
    require_scope(actor, "call")
    before = await captures.get(actor, call)
    endpoint = await endpoints.get(actor, before.summary.endpoint_id)
    if endpoint.status in ("INACTIVE", "ARCHIVED"):
        raise Problem("endpoint_stopped", f"`{endpoint.slug}` is {endpoint.status} and takes no calls.")
    if not endpoint.is_demo:
        require_reach(actor)
    if before.summary.protocol in ("ws", "wss"):
        raise Problem("invalid_arguments", "A WebSocket cannot be sent again as one request.", field="call")
    method = (edits.method or before.summary.method).upper()
    if method not in READS and not edits.confirm:
        raise Problem("approval_needed", f"{method} may change something at the API.", remedy="Confirm that it should be sent.", method=method)
    target = _target(edits.url or before.target, endpoint.destination_url)
    body = edits.body.encode() if edits.body is not None else await _body(before)
    ours = _OURS if edits.body is None else _OURS | {"content-encoding"}  # an edited body is plain
    headers = [(name, value) for name, value in (before.request_headers if edits.headers is None else edits.headers) if name.lower() not in ours]
    _check(headers)
    await audit.record("CALL_RESENT", actor=actor, resource="CALL", resource_id=before.summary.id, method=method)
    return await _sent(actor, endpoint.id, method, target, headers, body)


def _target(url: str, destination: str) -> egress.Target:
    """An address at the destination; a path alone is meant there. Raises invalid_url."""
    home = egress.parse(destination, "replay")
    whole = f"{home.scheme}://{home.authority}{url}" if url.startswith("/") else url
    target = egress.parse(whole, "replay")
    if target.origin != home.origin:
        raise Problem("invalid_url", f"Only `{home.authority}` is called from here.", remedy="Capture the other API with an endpoint of its own.")
    return target


async def _body(before: captures.CallDetail) -> bytes:
    """As it travelled. Raises invalid_arguments where only a part was kept."""
    if before.request_body.truncated:
        raise Problem(
            "invalid_arguments", "Only the beginning of the body was kept, so it cannot be sent again as it was.", remedy="Give a body.", field="body"
        )
    return await captures.raw_request(before.summary.id)


def _check(headers: list[tuple[str, str]]) -> None:
    for name, value in headers:
        if not name or not name.isascii() or any(ord(c) <= 32 or c in ':()<>@,;\\"/[]?={}' for c in name) or any(ord(c) > 255 or c in "\r\n\0" for c in value):
            raise Problem("invalid_arguments", f"`{name[:60]}` cannot be sent as a header.", field="headers")


async def _sent(actor: Actor, endpoint_id: UUID, method: str, target: egress.Target, headers: list[tuple[str, str]], body: bytes) -> Resent:
    call_id, started, clock, limit = uuid7(), datetime.now(UTC), time.monotonic(), settings().body_limit
    heard = Heard(
        endpoint_id=endpoint_id, user_id=actor.user_id, source="replay", method=method, url=f"{target.scheme}://{target.authority}{target.path}",
        protocol="https" if target.is_secure else "http", request_headers=headers, request=body_of(body, limit) if body else Body(), started_at=started,
    )  # fmt: skip
    try:
        sent = await egress.send("replay", method, target, target.path or "/", headers, body, limit=limit, seconds=_SECONDS)
    except Problem as problem:
        if not problem.code.startswith("upstream_"):
            raise
        heard = msgspec.structs.replace(heard, error=problem.detail)
    else:
        answer = Body(sent.body, sent.length, sent.sha256, sent.is_cut)
        heard = msgspec.structs.replace(heard, request_headers=sent.request_headers, status=sent.status, response_headers=sent.headers, response=answer)
    await store_heard([msgspec.structs.replace(heard, duration_ms=(time.monotonic() - clock) * 1000)], [call_id])
    return Resent(call_id, heard.status, heard.error)
